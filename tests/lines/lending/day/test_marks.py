"""What is known of a borrower beside its payments moves stages: the watch list, grades, other loans."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from uuid import UUID

import msgspec
import pytest

from huoshui.core import access
from huoshui.core.db import Tx
from huoshui.core.machine import IllegalMove
from huoshui.lines.lending import marks
from huoshui.lines.lending.day import losses
from huoshui.lines.lending.impairment import GradeOf, Outlook, Rules, StagingTable
from huoshui.lines.lending.life import events as e
from huoshui.lines.lending.loan import service
from huoshui.lines.lending.loan.service import Repayment
from huoshui.lines.lending.marks.model import BadMark, MarkLate
from huoshui.scenarios.products import golden
from tests.ground import Ground
from tests.lines.lending.day.test_day import DAY
from tests.lines.lending.day.test_day_risk import Days, agrees
from tests.lines.lending.loan import ground

SCALE = [GradeOf("A", "0.01"), GradeOf("B", "0.02"), GradeOf("C", "0.05"), GradeOf("D", "0.2")]
RULES = Rules(
    [Outlook("base", "1", "0.5", ["0.04"])],
    staging=StagingTable(
        cure_days=10, watch_days=5, restructured_days=30, grades=SCALE, grades_down=2,
        pd_times="4", pull_share="0.2",
    ),
)  # fmt: skip


class Book(Days):
    """A replay world with loans of one borrower, whose first day is closed."""

    def __init__(
        self, market: Ground, rules: Rules = RULES, count: int = 1, more: str = ""
    ) -> None:
        super().__init__(market)

        def begin(tx: Tx) -> tuple[str, list[UUID]]:
            losses.say(tx, "", rules, "of a test")
            ground.product(tx, "term", terms=more)
            party = ground.borrower(tx)
            return party, [ground.signed(tx, party, instalments=12).id for _ in range(count)]

        self.party, self.loans = self.do(begin)
        self.at += DAY
        self.do(lambda tx: [service.draw(tx, id_, 1_200_000, "draw") for id_ in self.loans])
        self.close()

    def stage(self, n: int = 0) -> tuple[int, date | None]:
        """The stage of a loan, and since when."""
        query = "SELECT stage, staged_on FROM loan_accrued WHERE loan_id = %(id)s"
        return self.one(query, id=self.loans[n])

    def reasons(self, n: int = 0) -> list[str]:
        """Why a loan went to another stage, in order."""
        query = """SELECT coalesce(array_agg(reason ORDER BY day), '{}') FROM loan_move
            WHERE loan_id = %(id)s AND stage <> stage_before"""
        return self.one(query, id=self.loans[n])[0]

    def today(self) -> date:
        """The day that runs."""
        return self.do(access.today)

    def pay(self, n: int, amount: int) -> None:
        """A payment today."""
        key = f"p{n}{self.at}"
        asked = Repayment(loan_id=self.loans[n], amount=amount, key=key)
        self.do(lambda tx: service.repay(tx, [asked]))


def test_who_is_watched_is_in_stage_2_until_the_watch_is_over(
    replay_world: Callable[..., Ground],
) -> None:
    book = Book(replay_world())
    put = book.do(lambda tx: marks.put(tx, book.party, "watched", "its main buyer failed"))
    began = book.today()
    book.close()
    assert book.stage() == (2, began)
    book.close()
    removed = book.do(lambda tx: marks.remove(tx, put.id, "it has another"))
    again = book.do(lambda tx: marks.restore(tx, put.id))
    assert again == put and removed.state == "removed"
    with pytest.raises(IllegalMove):
        book.do(lambda tx: marks.restore(tx, put.id))
    book.do(lambda tx: marks.remove(tx, put.id, "it has another"))
    book.close(5)
    with pytest.raises(MarkLate):
        book.do(lambda tx: marks.restore(tx, put.id))
    assert book.stage()[0] == 2
    book.close()
    assert book.stage()[0] == 1 and book.reasons() == ["watched", "cured"]
    book.do(agrees)


def test_a_mark_that_ends_and_one_of_default_are_told_on_their_days(
    replay_world: Callable[..., Ground],
) -> None:
    """Closed after a lag, the stages begin on the days that were said."""
    book = Book(replay_world())
    day = book.today()
    ahead = [day + n * DAY for n in range(30)]
    book.do(
        lambda tx: marks.put(tx, book.party, "watched", "rumours", since=ahead[3], until=ahead[4])
    )
    book.do(lambda tx: marks.put(tx, book.party, "unlikely_to_pay", "insolvent", since=ahead[6]))
    book.close(8)
    assert book.stage() == (3, ahead[6]) and book.reasons() == ["impaired"]
    with pytest.raises(MarkLate):
        book.do(lambda tx: marks.put(tx, book.party, "watched", "too late", since=day))
    with pytest.raises(BadMark):
        book.do(lambda tx: marks.put(tx, book.party, "watched", " "))
    with pytest.raises(BadMark):
        book.do(lambda tx: marks.put(tx, book.party, "watched", "x", until=day - DAY))
    with pytest.raises(BadMark):
        book.do(lambda tx: marks.put(tx, "slr_nobody", "watched", "x"))


def test_a_fall_of_grades_since_the_beginning_is_a_rise_of_risk(
    replay_world: Callable[..., Ground],
) -> None:
    book = Book(replay_world())
    book.do(lambda tx: marks.grade(tx, book.party, "B", source="model"))
    book.close()
    book.do(lambda tx: marks.grade(tx, book.party, "C"))  # 2.5 times B, and one grade
    book.close()
    assert book.stage()[0] == 1
    book.do(lambda tx: marks.grade(tx, book.party, "D"))
    began = book.today()
    book.close()
    assert book.stage() == (2, began) and book.reasons() == ["grades_down"]
    book.do(lambda tx: marks.grade(tx, book.party, "B"))
    book.close(6)
    assert book.stage()[0] == 1
    staging = msgspec.structs.replace(RULES.staging, grades_down=None)
    book.do(lambda tx: losses.say(tx, "", msgspec.structs.replace(RULES, staging=staging), "times"))
    book.do(lambda tx: marks.grade(tx, book.party, "D"))
    book.close()
    assert book.stage()[0] == 2 and book.reasons()[-1] == "default_likelier"


def test_a_loan_in_default_pulls_the_others_of_its_borrower_and_lets_them_go(
    replay_world: Callable[..., Ground],
) -> None:
    book = Book(replay_world(), count=3)
    for _ in range(4):  # two are paid each month, the third is not
        book.close(31)
        for n in (0, 1):
            book.pay(n, 110_000)
    assert [book.stage(n)[0] for n in range(3)] == [1, 1, 3]
    book.close()
    assert [book.stage(n)[0] for n in range(3)] == [3, 3, 3]
    assert book.reasons(0) == ["contagion"]
    book.do(agrees)
    book.pay(2, 470_000)
    book.close(11)
    assert [book.stage(n)[0] for n in range(3)] == [3, 3, 2]  # its cure is over
    book.close(), book.close(10)
    assert [book.stage(n)[0] for n in range(3)] == [2, 2, 2 if book.stage(2)[0] == 2 else 1]
    assert book.one("SELECT count(*) FROM loan_pulled")[0] == 0
    book.do(agrees)


def test_a_small_loan_in_default_pulls_none(replay_world: Callable[..., Ground]) -> None:
    staging = msgspec.structs.replace(RULES.staging, pull_share="0.7")
    book = Book(replay_world(), msgspec.structs.replace(RULES, staging=staging), count=2)
    for _ in range(4):
        book.close(31)
        book.pay(0, 110_000)
    book.close()
    book.close()
    assert [book.stage(n)[0] for n in range(2)] == [1, 3]


def test_eased_terms_are_watched_for_their_time(replay_world: Callable[..., Ground]) -> None:
    book = Book(replay_world())
    day = book.today()
    more = book.do(lambda tx: service.read(tx, book.loans[0]).state.regular()[1].due)
    event = e.Rescheduled(id="", on=day, recorded=day, due=more, more=1)
    book.do(lambda tx: service.record(tx, book.loans[0], event, "r"))
    book.close()
    assert book.stage() == (2, day)
    book.close(29)
    assert book.stage()[0] == 2
    book.close()
    assert book.stage()[0] == 1 and book.reasons() == ["restructured", "cured"]


def test_covers_that_are_integral_lower_what_is_held(replay_world: Callable[..., Ground]) -> None:
    """By their order and basis: 80 % of the net loss, then 10 % of the gross principal; both shown."""
    covers = dict(golden())["joint-insured-loan"].replace("order = 2", "integral = true\norder = 2")
    held: dict[str, tuple[int, int]] = {}
    for mode in ("ignored", "integral"):
        book = Book(replay_world(), msgspec.structs.replace(RULES, covers=mode))
        loan = book.do(
            lambda tx: ground.signed(
                tx, book.party, ground.publish(tx, covers.encode()), 6_000_000, 6
            )
        )
        book.at += timedelta(minutes=1)
        book.do(lambda tx: service.draw(tx, loan.id, 6_000_000, "d"))
        book.close()
        query = "SELECT sum(held)::int, sum(uncovered)::int FROM loan_risk WHERE product = %(p)s"
        held[mode] = book.one(query, p=loan.product)
        book.do(agrees)
    assert held["ignored"][0] == held["ignored"][1] == held["integral"][1] > 0
    kept, whole = held["integral"]
    assert abs(kept - whole * 10 // 100) <= 1  # 80 of 100, and 10 of 100: a tenth is left
