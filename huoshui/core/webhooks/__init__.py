"""Webhooks out: events told to the endpoints of a book, signed, at least once.

- The delivery row is written in the very commit that wrote the event (`queue`, run by
  `Tx.flush`), one for each endpoint that listens: no event is told that was undone, none is lost.
- A courier (`courier`) claims what is due with a lease, sends it outside any transaction
  (`sending`), and records what came of it. A courier that is killed leaves a lease that runs out.
- `retry` decides, purely, when the next attempt is and when it is over; `guard`, purely, which
  addresses may be called at all; `signing` is Standard Webhooks and stands on nothing of ours.
- Secrets are kept encrypted with a key of the home directory (`vault`), and shown once.

`model` has the words, `store` and `delivery_store` the SQL, `service` the use cases. This file imports nothing:
`core.db` runs the statement of `queue`.
"""
