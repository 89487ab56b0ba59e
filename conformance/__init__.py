"""Adapters that hold the product against worked cases: `python -m conformance KIND`.

A case comes in as a JSON line and its answer goes out as one, in the same order. An adapter turns
a case into calls of the product's own functions and their outcome back; it reckons nothing itself.
"""
