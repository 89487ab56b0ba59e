"""Communities of the weighted graph, by Leiden."""

from __future__ import annotations

import random
from typing import Any

from huoshui.core.errors import Problem
from huoshui.judgement.risk.rings.links import Links

# Parts must hang together by so much weight a pair on average (Constant Potts Model, Traag 2011):
# unlike modularity it finds small rings in large graphs.
_RESOLUTION = 0.05
_SEED = 20_250_101


class NoCommunities(Problem):
    """The library that finds communities is not installed."""

    code = "no_communities"
    status = 501


def communities(links: Links) -> list[tuple[str, ...]]:
    """Accounts that hang together, two or more, each community sorted, the first name first.

    The same links give the same communities. Traag, Waltman, van Eck (2019): Leiden, on the
    Constant Potts Model. Raises NoCommunities where the extra `ml` is not installed.
    """
    if not links:
        return []
    igraph = _library()
    igraph.set_random_number_generator(random.Random(_SEED))
    names = sorted({name for pair in links for name in pair})
    number = {name: n for n, name in enumerate(names)}
    pairs = sorted(links)
    graph = igraph.Graph(n=len(names), edges=[(number[a], number[b]) for a, b in pairs])
    parts = graph.community_leiden(
        objective_function="CPM", resolution=_RESOLUTION, n_iterations=4,
        weights=[links[pair] for pair in pairs],
    )  # fmt: skip
    found = [tuple(names[n] for n in part) for part in parts if len(part) > 1]
    return sorted(found)


def _library() -> Any:
    try:
        import igraph
    except ImportError as error:
        raise NoCommunities() from error
    return igraph
