"""The graph online: who shares a device, network, card, address or phone with whom, two hops away.

Kept as activities come, read in the statement of the features. Invariants: what very many share links nobody (public
Wi-Fi); a link weighs 1/log(1 + degree) and half as much every 90 days; all weights are whole millionths.
"""

from huoshui.judgement.risk.graph.model import DEGREE_MOST, MEASURES, Near

__all__ = ["DEGREE_MOST", "MEASURES", "Near"]
