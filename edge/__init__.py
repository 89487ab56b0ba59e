"""Huoshui at the edge: what devices and the server say to each other, a wallet and a till.

Standard library and `cryptography` only. `edge.protocol` is all that the server imports.
"""
