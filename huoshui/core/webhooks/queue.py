"""The statement that queues a delivery for each (event, endpoint that listens to it).

`core.db` runs it where it writes events, so this file stands on nothing. A book without endpoints
pays one look into an empty index for each transaction with events.
"""

from typing import Final, LiteralString

# An endpoint listens to an event by its type, by `noun.*` or by `*`. A listener at a terminal
# counts until its time runs out: one that was killed gathers nothing.
QUEUE: Final[LiteralString] = """
    INSERT INTO webhook_delivery (book, id, endpoint_id, event_id, type, due_at, created_at)
    SELECT p.book, webhook_delivery_id(e.id, p.id), p.id, e.id, e.type, %(now)s, %(now)s
    FROM webhook_endpoint p, (SELECT unnest(%(ids)s) AS id, unnest(%(types)s) AS type) e
    WHERE p.book = %(book)s AND p.state = 'enabled'
      AND (p.listens_until IS NULL OR p.listens_until > clock_timestamp())
      AND p.events && ARRAY['*', e.type, split_part(e.type, '.', 1) || '.*']
    ON CONFLICT DO NOTHING
"""
