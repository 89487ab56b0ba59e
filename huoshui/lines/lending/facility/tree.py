"""Facilities below facilities, and the room that is left along the way up. No I/O."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from uuid import UUID

import msgspec

from huoshui.core.errors import Problem
from huoshui.lines.lending.facility.limit import Limit

DEPTH_MOST = 8


class BadTree(Problem):
    """A facility whose way up ends nowhere, goes round or is too long; the problem names it."""

    code = "bad_facility_tree"
    status = 422


class Node(msgspec.Struct, frozen=True):
    """A facility's limit, below another one where `parent` names it."""

    id: UUID
    parent: UUID | None
    limit: Limit


class Used(msgspec.Struct, frozen=True):
    """What is drawn under a facility itself, and held for drawdowns on their way; minor units."""

    drawn: int = 0
    held: int = 0


class Room(msgspec.Struct, frozen=True):
    """What may be drawn now, and the facility along the way up that lets no more through."""

    available: int
    narrowest: UUID


class Tree:
    """Facilities of one group with what is used of each. Raises BadTree."""

    def __init__(self, facilities: Iterable[Node], used: Mapping[UUID, Used]) -> None:
        self._by_id = {each.id: each for each in facilities}
        self._in_all: dict[UUID, Used] = {}
        for id_ in self._by_id:
            for up in self.way_up(id_):
                before, own = self._in_all.get(up.id, Used()), used.get(id_, Used())
                self._in_all[up.id] = Used(before.drawn + own.drawn, before.held + own.held)

    def way_up(self, id_: UUID) -> Iterator[Node]:
        """A facility and all above it."""
        at: UUID | None = id_
        for _ in range(DEPTH_MOST):
            if at is None:
                return
            found = self._by_id.get(at)
            if found is None:
                raise BadTree(id=str(at))
            yield found
            at = found.parent
        if at is not None:
            raise BadTree(id=str(id_))

    def used(self, id_: UUID) -> Used:
        """What is used of a facility and of all below it."""
        return self._in_all[id_]

    def room(self, id_: UUID, day: date) -> Room:
        """What may be drawn under a facility on a day; on a tie the lowest is the narrowest."""
        rooms = [Room(self._own(each, day), each.id) for each in self.way_up(id_)]
        return min(rooms, key=lambda room: room.available)

    def _own(self, facility: Node, day: date) -> int:
        used = self._in_all[facility.id]
        undrawn = max(0, facility.limit.at(day) - used.drawn)
        return max(0, facility.limit.thawed(undrawn, day) - used.held)

    def over(self, id_: UUID, day: date) -> int:
        """By how much more is drawn than the limit of a day allows: to be brought down by a plan."""
        return max(0, self._in_all[id_].drawn - self._by_id[id_].limit.at(day))
