"""What a closed day finds of the risk of loans: buckets, stages, and what is held against losses. No I/O."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Collection, Mapping
from datetime import date, timedelta
from fractions import Fraction
from typing import Literal, cast
from uuid import UUID

import msgspec

from huoshui.lines.lending.day.facts import Borrowers
from huoshui.lines.lending.day.store import FlowRow, Move, RiskRow, Stood
from huoshui.lines.lending.funding.tables import LossesTable
from huoshui.lines.lending.impairment import (
    BEGUN,
    Facing,
    Known,
    Loss,
    Segment,
    Staging,
    resume_all,
)
from huoshui.lines.lending.impairment import Kept as KeptStage
from huoshui.lines.lending.impairment.allowance import Entry, interest_of_stage_3
from huoshui.lines.lending.impairment.stage import Stage
from huoshui.lines.lending.schedule.terms import round_ratio

BUCKETS = (1, 31, 61, 91)  # where a bucket of days past due begins
LOST, CLOSED = 5, 6  # what is no bucket of days: off the books by a loss, or by being paid
_DAY = timedelta(days=1)
_PLAIN = Staging()
_NO_SCALE: Mapping[str, tuple[int, Fraction]] = {}
NOBODY = Borrowers()
NO_COVERS: Mapping[tuple[str, int], LossesTable] = {}
_Place = tuple[int, str, str]  # part, product, currency


class Seen(msgspec.Struct, frozen=True):
    """A loan on the day that is closed: where it belongs, since when it is late, what is at risk.

    `interest`, `charges` and `penalty` are all that was earned by then; `ended` says how it came off the books.
    """

    part: int
    product: str
    currency: str
    late_since: date | None
    reshaped: date | None
    interest: int
    charges: int
    penalty: int
    ended: str = ""
    facing: Facing | None = None
    covered: int = 0  # the version of its product whose covers lower its loss; 0: none does


class Risks:
    """The risk of a part's loans as it is counted."""

    def __init__(
        self, day: date, segments: Mapping[str, Segment], borrowers: Borrowers = NOBODY,
        pulled: Collection[UUID] = (), covers: Mapping[tuple[str, int], LossesTable] = NO_COVERS,
    ) -> None:  # fmt: skip
        self.day, self.segments, self.borrowers, self.covers = day, segments, borrowers, covers
        self.pulled = frozenset(pulled)
        self.came: list[UUID] = []  # pulled now
        self.went: list[UUID] = []  # pulled no more
        self.stood: list[Stood] = []
        self.moves: list[Move] = []
        self.gone: list[UUID] = []  # nothing more is to be said of them
        self.entries: dict[tuple[str, str], Counter[tuple[str, str]]] = {}
        self._risks: dict[tuple[_Place, int], list[int]] = {}
        self._flows: dict[tuple[_Place, str, int, int], list[int]] = {}

    def late(self, since: date | None) -> int:
        """Days past due."""
        return max(0, (self.day - since).days) if since else 0

    def add(self, seen: Seen, before: Stood) -> Stood:
        """A loan: what stands of it now; moves, flows and entries are counted."""
        after = self._ended(seen, before) if seen.ended else self._measured(seen, before)
        self.stood.append(after)
        if seen.ended in {"closed", "written_off"}:
            self.gone.append(before.loan_id)
        return after

    def _measured(self, seen: Seen, before: Stood) -> Stood:
        segment = self.segments.get(seen.product) or self.segments.get("")
        kept, reason = self._staged(segment, seen, before)
        bucket = bisect_right(BUCKETS, self.late(seen.late_since))
        held = provided = suspended = gross = uncovered = 0
        if segment is not None and seen.facing is not None:
            loss = segment.loss(kept.stage, seen.facing)
            uncovered, gross = loss.drawn, seen.facing.gross
            if seen.covered and segment.integral:
                loss = self._lessened(segment, seen, loss, gross)
            held, provided = loss.drawn, loss.undrawn
            if kept.stage == 3:
                more = self._of_stage_3(seen.interest - before.interest, kept, before)
                _, apart = interest_of_stage_3(more, gross, held)
                suspended = max(0, before.suspended + apart)
        after = Stood(
            before.loan_id, self.day, seen.interest, seen.charges, seen.penalty, bucket, kept.stage, kept.since,
            kept.clean_2, kept.clean_3, before.measured or segment is not None, held, provided, suspended,
        )  # fmt: skip
        if bucket != before.bucket or kept.stage != before.stage:
            self._move(seen, before, bucket, kept.stage, reason)
        if after.measured:
            self._count(seen, after, gross, uncovered)
            self._flow(seen, before, after)
            self._post(seen, before, after)
        return after

    def _staged(self, segment: Segment | None, seen: Seen, before: Stood) -> tuple[KeptStage, str]:
        rules = segment.staging if segment else _PLAIN
        eased = seen.reshaped is not None and before.through < seen.reshaped <= self.day
        told = before.loan_id in self.borrowers.loans
        quiet = not eased and not told and self.late(seen.late_since) < rules.sicr_days
        if before.stage == 1 and quiet:
            return BEGUN, "reopened" if before.bucket >= LOST else ""
        pulled = before.loan_id in self.pulled
        stood = KeptStage(
            cast(Stage, before.stage), before.staged_on, before.clean_2, before.clean_3, pulled
        )
        known = [Known(before.through + _DAY)]
        if told:
            span, scale = (before.through + _DAY, self.day), segment.scale if segment else _NO_SCALE
            pulls = before.stage == 3 and not pulled
            known = self.borrowers.known(before.loan_id, span, rules, scale, pulls=pulls)
        known = [msgspec.structs.replace(each, late_since=seen.late_since) for each in known]
        hold = seen.reshaped + timedelta(days=rules.restructured_days) if seen.reshaped else None
        if eased and seen.reshaped is not None:
            known = _eased(known, seen.reshaped)
        kept, found = resume_all(rules, stood, known, self.day, hold)
        if kept.pulled != pulled:
            (self.came if kept.pulled else self.went).append(before.loan_id)
        return kept, found[-1].reason if found else ""

    def _lessened(self, segment: Segment, seen: Seen, loss: Loss, gross: int) -> Loss:
        """What is expected to be lost after the covers that are integral to the loan's terms.

        Of the loss that a default today would be they bear a part; that part of the expected loss is theirs.
        """
        table = self.covers[seen.product, seen.covered]
        whole = round_ratio(gross * segment.lgd.numerator, segment.lgd.denominator, "half_up")
        if whole <= 0:
            return loss
        borne = table.solved().borne({"principal": whole}, {}).covers
        theirs = sum(sum(borne[name].values()) for name in table.integral)
        return Loss(
            loss.drawn - round_ratio(loss.drawn * theirs, whole, "half_up"),
            loss.undrawn - round_ratio(loss.undrawn * theirs, whole, "half_up"),
        )

    def _of_stage_3(self, interest: int, kept: KeptStage, before: Stood) -> int:
        """The part of what was earned since the last closed day that belongs to days in stage 3."""
        days, since = (self.day - before.through).days, kept.since
        if since is None or before.stage == 3 or since <= before.through + _DAY:
            return interest
        return round_ratio(interest * ((self.day - since).days + 1), days, "half_up")

    def _ended(self, seen: Seen, before: Stood) -> Stood:
        """A loan that came off the books: what is held is used for its loss, or is free."""
        if before.loan_id in self.pulled:
            self.went.append(before.loan_id)
        bucket = CLOSED if seen.ended == "closed" else LOST
        after = msgspec.structs.replace(
            before, through=self.day, interest=seen.interest, charges=seen.charges,
            penalty=seen.penalty, bucket=bucket, held=0, provided=0, suspended=0,
        )  # fmt: skip
        if bucket != before.bucket:
            self._move(seen, before, bucket, before.stage, seen.ended)
        if before.held or before.provided or before.suspended:
            kind = "repaid" if bucket == CLOSED else "used"
            self._add_flow(seen, kind, before.stage, before.stage, -before.held, -before.provided)
            self._post(seen, before, after)
        return after

    def _move(self, seen: Seen, before: Stood, bucket: int, stage: int, reason: str) -> None:
        self.moves.append(
            Move(before.loan_id, self.day, seen.product, before.bucket, bucket, before.stage, stage, reason)
        )  # fmt: skip

    def _count(self, seen: Seen, after: Stood, gross: int, uncovered: int) -> None:
        place = ((seen.part, seen.product, seen.currency), after.stage)
        sums = self._risks.get(place)
        if sums is None:
            sums = self._risks[place] = [0] * 7
        facing = seen.facing
        sums[0] += 1
        sums[1] += gross
        sums[2] += facing.undrawn if facing else 0
        sums[3] += after.held
        sums[4] += after.provided
        sums[5] += after.suspended
        sums[6] += uncovered

    def _flow(self, seen: Seen, before: Stood, after: Stood) -> None:
        stage = after.stage
        if not before.measured or before.bucket >= LOST:
            self._add_flow(seen, "new", stage, stage, after.held, after.provided)
            return
        if before.stage != stage:
            self._add_flow(seen, "transfer", before.stage, stage, before.held, before.provided)
        more, provided = after.held - before.held, after.provided - before.provided
        if more or provided:
            self._add_flow(seen, "remeasured", stage, stage, more, provided)

    def _add_flow(
        self, seen: Seen, kind: str, before: int, stage: int, amount: int, provided: int
    ) -> None:
        place = ((seen.part, seen.product, seen.currency), kind, before, stage)
        sums = self._flows.get(place)
        if sums is None:
            sums = self._flows[place] = [0] * 3
        sums[0] += 1
        sums[1] += amount
        sums[2] += provided

    def _post(self, seen: Seen, before: Stood, after: Stood) -> None:
        place = (seen.product, seen.currency)
        sums = self.entries.get(place)
        if sums is None:
            sums = self.entries[place] = Counter()
        more = after.held - before.held
        if more > 0:
            sums["allowance_raised", "amount"] += more
        elif more:
            sums[_freed("allowance", seen.ended)] -= more
        more = after.provided - before.provided
        if more:
            sums["provision_raised" if more > 0 else "provision_released", "amount"] += abs(more)
        more = after.suspended - before.suspended
        if more > 0:
            sums["interest_suspended", "amount"] += more
        elif more:
            cured = before.stage == 3 != after.stage
            name = ("suspension_cured", "amount") if cured else _freed("suspension", seen.ended)
            sums[name] -= more

    def held_more(self, part: int) -> int:
        """What is held against the loans of a part now, less what was."""
        return sum(
            sums[1] for ((at, _, _), kind, _, _), sums in self._flows.items()
            if at == part and kind != "transfer"
        )  # fmt: skip

    def listed(self) -> list[tuple[tuple[str, str], Entry]]:
        """The entries in order: what is raised before what is released."""
        found = []
        for place, sums in sorted(self.entries.items()):
            for (template, name), amount in sorted(sums.items()):
                amounts = {"amount": amount}
                if template.endswith("_used"):
                    amounts = {"charged_off": 0, "written_off": 0} | {name: amount}
                found.append((place, Entry(template, amounts)))
        return found

    def rows(self) -> tuple[list[RiskRow], list[FlowRow]]:
        """What the loans come to by part, product and stage, and why it is another than before."""
        risks = [
            RiskRow(self.day, *place, stage, *sums)
            for (place, stage), sums in sorted(self._risks.items())
        ]
        flows = [
            FlowRow(self.day, *place, kind, before, stage, *sums)
            for (place, kind, before, stage), sums in sorted(self._flows.items())
        ]
        return risks, flows


def _eased(known: list[Known], day: date) -> list[Known]:
    """What is known, with terms that were eased on a day."""
    at = max((n for n, each in enumerate(known) if each.on <= day), default=0)
    eased = msgspec.structs.replace(known[at], on=max(day, known[at].on), restructured=True)
    before = known[:at] if known[at].on == eased.on else known[: at + 1]
    return [*before, eased, *known[at + 1 :]]


def _freed(what: Literal["allowance", "suspension"], ended: str) -> tuple[str, str]:
    """By which entry an amount is freed: used for a loss, or released."""
    if ended in {"charged_off", "written_off"}:
        return f"{what}_used", ended
    return ("allowance_released" if what == "allowance" else "suspension_lifted"), "amount"
