"""What every floor stands on and what knows no finance: money, ids, time, storage, work, access, words.

A shut list of files. Invariants: one rounding function, one clock per world, one door to the
database (`db.Tx`), one catalogue of texts.
"""
