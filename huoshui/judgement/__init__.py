"""What we decide from what we know: `risk` joins credit and fraud in one decision.

It reads facts and writes decisions; it moves no money and knows no line of business. A line asks it
through a port that `scenarios` wires.
"""
