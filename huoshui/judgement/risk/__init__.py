"""Credit and fraud in one decision: features, graph, models, rules, the sealed record.

Invariants: a feature reads only what was recorded when it was asked for; a decision is a record
that a fresh process makes again to the same bytes; a model is its text and the hash of that text.
"""
