"""What an answer does to a call: the rules, one by one. Pure.

A final word stays: what says the same again is a repeat, what says something else contradicts it
and changes nothing. A success counts with the amount that the rail says, asked for or not.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from huoshui.lines.payments.rails.model import CALL, Answer

Effect = Literal["changed", "kept", "repeated", "contradicted", "early"]

_VERBS = {
    "succeeded": "succeed",
    "declined": "decline",
    "pending": "wait",
    "action": "wait",
    "unknown": "lose",
}
FINAL = ("succeeded", "declined", "dropped")
_TEXTS_MOST = {"reference": 200, "code": 100, "action": 4000}


class Standing(msgspec.Struct, frozen=True):
    """Where a call stands: what of it an answer can change. Amounts in minor units."""

    state: str
    amount: int
    reference: str = ""
    code: str = ""
    action: str = ""
    answered: int | None = None
    flag: str = ""

    def after(self, answer: Answer) -> tuple[Standing, Effect]:
        """Where it stands after an answer, and whether that is news."""
        if self.state == "due":
            return self, "early"  # it has not left: nobody can know of it
        if self.state in FINAL:
            return self._final(answer)
        leads = CALL.moves[_VERBS[answer.verdict]].leads
        if leads == "unknown" and self.state != "sent":
            return self._learnt(answer), "kept"  # silence is no news of what the rail has
        if leads == self.state and answer.action in ("", self.action):
            return self._learnt(answer), "kept"
        return self._moved(answer, leads), "changed"

    def _final(self, answer: Answer) -> tuple[Standing, Effect]:
        if answer.verdict not in FINAL:
            return self, "repeated"  # of an earlier time, overtaken on the way
        same = answer.verdict == self.state and (
            answer.verdict == "declined" or answer.amount in (None, self.answered)
        )
        return (self._learnt(answer), "repeated") if same else (self, "contradicted")

    def _learnt(self, answer: Answer) -> Standing:
        return msgspec.structs.replace(self, reference=self.reference or answer.reference)

    def _moved(self, answer: Answer, leads: str) -> Standing:
        if leads != self.state:
            CALL.after(self.state, _VERBS[answer.verdict])
        moved = None
        if leads == "succeeded":
            moved = self.amount if answer.amount is None else answer.amount
        return Standing(
            state=leads,
            amount=self.amount,
            reference=self.reference or answer.reference,
            code=answer.code,
            action=answer.action if leads == "pending" else "",
            answered=moved,
            flag="amount_differs" if moved not in (None, self.amount) else self.flag,
        )


def sane(answer: Answer) -> Answer:
    """The answer, or silence with a code where it cannot be believed: the rail is asked again."""
    too_long = any(len(getattr(answer, name)) > most for name, most in _TEXTS_MOST.items())
    if too_long or (answer.amount is not None and not 0 <= answer.amount < 2**63):
        return Answer(verdict="unknown", code="unreadable_answer")
    return answer
