"""State machines as data: the moves that exist, and no others."""

from __future__ import annotations

import msgspec

from huoshui.core.errors import Problem


class IllegalMove(Problem):
    """The object's state does not allow this verb; the allowed verbs are named."""

    code = "illegal_move"
    status = 409


class Move(msgspec.Struct, frozen=True):
    """A verb: from which states it starts and where it leads."""

    starts: tuple[str, ...]
    leads: str


class Machine(msgspec.Struct, frozen=True):
    """A named set of states and moves. Console buttons and diagrams are drawn from it."""

    name: str
    initial: str
    moves: dict[str, Move]

    @property
    def states(self) -> tuple[str, ...]:
        """Every state, the initial one first, in the order of the moves."""
        found = dict.fromkeys([self.initial])
        for move in self.moves.values():
            found |= dict.fromkeys((*move.starts, move.leads))
        return tuple(found)

    def allowed(self, state: str) -> tuple[str, ...]:
        """The verbs that this state allows."""
        return tuple(verb for verb, move in self.moves.items() if state in move.starts)

    def after(self, state: str, verb: str) -> str:
        """The state after the verb. Raises IllegalMove, which names the allowed verbs."""
        move = self.moves[verb]
        if state not in move.starts:
            raise IllegalMove(
                object=self.name,
                state=state,
                verb=verb,
                allowed=", ".join(self.allowed(state)) or "-",
            )
        return move.leads

    def mermaid(self) -> str:
        """The machine as a Mermaid state diagram."""
        lines = ["stateDiagram-v2", f"    [*] --> {self.initial}"]
        for verb, move in self.moves.items():
            lines += [f"    {start} --> {move.leads}: {verb}" for start in move.starts]
        return "\n".join(lines)
