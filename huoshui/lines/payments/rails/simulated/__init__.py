"""The outside rails that ship with the product: each speaks to its simulator over HTTP.

A simulator is a program of its own, with faults that users choose; a rail of a real provider is
written the same way (docs: rails).
"""
