"""Milestones: signed by their source, believed once, and what they lift."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from edge.protocol import Milestone, new_key, public_text, sealed
from huoshui.core.access import this_book
from huoshui.core.errors import Conflict
from huoshui.core.machine import IllegalMove
from huoshui.facts.milestones import BadMilestone, service, store
from huoshui.facts.milestones.model import BadSource, Source
from huoshui.lines.lending.facility.way import stands
from huoshui.lines.lending.product.limit import SeasonTable, ppm
from huoshui.scenarios import credit_lines
from huoshui.scenarios.products import golden
from tests.ground import DAY, START, Ground
from tests.lines.lending.loan import ground

KEY = new_key()
AT = int(START.timestamp() * 1000)
DAY_MS = 86_400_000
COURSE = dict(golden())["course-instalments"].encode()


class School:
    """A source that is registered, a student with a line, and certificates for it."""

    def __init__(self, market: Ground) -> None:
        self.market = market
        with market.database.begin() as tx:
            self.student = ground.borrower(tx)
            ground.publish(tx, COURSE)
            self.line = credit_lines.open_line(tx, "course-instalments", self.student)
            self.source: Source = service.register(
                tx, "School", public_text(KEY), ["course_completed"]
            )
            self.slug = this_book(tx).slug

    def said(self, **changed: Any) -> Milestone:
        """A certificate that is right in everything but what is changed."""
        right = Milestone(
            source=self.source.shown, number="1", kind="course_completed", subject=self.student,
            reference="python-101", market=self.slug, at=AT, ends=AT + 90 * DAY_MS,
        )  # fmt: skip
        return replace(right, **changed)

    def present(self, text: str, days: int = 0) -> credit_lines.Presented:
        """Present a text so many days later."""
        with self.market.database.begin(now=START + days * DAY) as tx:
            return credit_lines.present(tx, text)

    def limit(self, days: int) -> int:
        """The limit of the student's line so many days later."""
        with self.market.database.begin(now=START + days * DAY) as tx:
            return stands(tx, [self.line])[0].limit


def test_a_completed_course_lifts_the_limit_once_and_for_its_days(market: Ground) -> None:
    school = School(market)
    text = sealed(school.said(), KEY)
    assert school.limit(0) == 2_000_000
    done = school.present(text)
    assert not done.again
    assert [each.change.evidence for each in done.turned] == [done.milestone.shown]
    assert done.milestone.text == text
    again = school.present(text)
    assert again.again and again.turned == ()
    assert school.limit(1) == 3_000_000
    assert school.limit(364) == 3_000_000
    assert school.limit(365) == 2_000_000


REFUSED: tuple[tuple[dict[str, Any], str], ...] = (
    ({"source": "msr_00000000000000000000000000"}, "source"),
    ({"source": "x"}, "source"),
    ({"kind": "degree"}, "kind"),
    ({"market": "elsewhere"}, "market"),
    ({"at": AT + DAY_MS, "ends": AT + 2 * DAY_MS}, "early"),
    ({"at": AT - 3 * DAY_MS, "ends": AT - DAY_MS}, "expired"),
    ({"ends": AT + 900 * DAY_MS}, "lasting"),
    ({"subject": "byr_00000000000000000000000000"}, "subject"),
    ({"subject": "nobody"}, "subject"),
    ({"number": ""}, "number"),
    ({"reference": ""}, "reference"),
    ({"at": 2**52, "ends": 2**53 - 1}, "malformed"),
)


def test_what_is_forged_replayed_run_out_or_for_others_is_refused(market: Ground) -> None:
    school = School(market)
    good = sealed(school.said(), KEY)
    for changed, reason in REFUSED:
        with pytest.raises(BadMilestone) as refused:
            school.present(sealed(school.said(**changed), KEY))
        assert refused.value.facts["reason"] == reason, changed
    other = sealed(school.said(), new_key())
    body, signature = good.rsplit(".", 1)
    turned = ("A" if signature[0] != "A" else "B") + signature[1:]
    for forged, reason in (
        (other, "bad_signature"),
        (f"{body}.{turned}", "bad_signature"),
        (good[:-2], "bad_signature"),
        ("", "malformed"),
        (good.replace("milestone1", "voucher1"), "malformed"),
    ):
        with pytest.raises(BadMilestone) as refused:
            school.present(forged)
        assert refused.value.facts["reason"] == reason
    school.present(good)
    for replayed in ({"reference": "python-102"}, {"number": "2"}):
        with pytest.raises(BadMilestone) as refused:
            school.present(sealed(school.said(**replayed), KEY))
        assert refused.value.facts["reason"] == "replayed"
    with market.database.begin() as tx:
        assert len(store.milestones(tx)) == 1
        assert stands(tx, [school.line])[0].limit == 3_000_000


def test_a_source_that_is_revoked_is_believed_no_more_and_what_it_said_stands(
    market: Ground,
) -> None:
    school = School(market)
    school.present(sealed(school.said(), KEY))
    with market.database.begin() as tx:
        assert service.revoke(tx, school.source.id, "closed").reason == "closed"
        assert service.revoke(tx, school.source.id, "again").reason == "closed"
        with pytest.raises(Conflict):
            service.register(tx, "School", public_text(KEY), ["course_completed"])
    with pytest.raises(BadMilestone) as refused:
        school.present(sealed(school.said(number="2", reference="x"), KEY))
    assert refused.value.facts["reason"] == "revoked"
    assert school.present(sealed(school.said(), KEY)).again
    assert school.limit(2) == 3_000_000


def test_a_suspended_source_is_believed_again_once_it_is_resumed(market: Ground) -> None:
    school = School(market)
    school.present(sealed(school.said(), KEY))
    second = sealed(school.said(number="2", reference="python-102"), KEY)
    with market.database.begin() as tx:
        assert service.suspend(tx, school.source.id, "audit").reason == "audit"
        assert service.suspend(tx, school.source.id, "again").reason == "audit"
    assert refusal(school, second) == "suspended"
    with market.database.begin() as tx:
        assert service.resume(tx, school.source.id).state == "trusted"
        assert service.resume(tx, school.source.id).reason == ""
    assert not school.present(second).again
    with market.database.begin() as tx:
        service.revoke(tx, school.source.id, "closed")
        with pytest.raises(IllegalMove):
            service.resume(tx, school.source.id)
        with pytest.raises(IllegalMove):
            service.rotate(tx, school.source.id, public_text(new_key()))


def refusal(school: School, text: str) -> object:
    """The word for why a text is not believed."""
    with pytest.raises(BadMilestone) as refused:
        school.present(text)
    return refused.value.facts["reason"]


def test_a_new_key_signs_from_now_on_and_the_old_one_no_more(market: Ground) -> None:
    school, key = School(market), new_key()
    first = sealed(school.said(), KEY)
    school.present(first)
    with market.database.begin() as tx:
        turned = service.rotate(tx, school.source.id, public_text(key))
        assert service.rotate(tx, school.source.id, public_text(key)) == turned
        keys = store.keys(tx, school.source.id)
        for used in (KEY, key):
            with pytest.raises(Conflict):
                service.register(tx, "Other", public_text(used), ["course_completed"])
        with pytest.raises(Conflict):
            service.rotate(tx, school.source.id, public_text(KEY))
        with pytest.raises(BadSource):
            service.rotate(tx, school.source.id, "x")
    assert [each.public for each in keys] == [public_text(key), public_text(KEY)]
    said = school.said(number="2", reference="python-102")
    assert refusal(school, sealed(said, KEY)) == "bad_signature"
    assert not school.present(sealed(said, key)).again
    assert school.present(first).again  # what stands is answered, whatever became of its key
    with market.database.begin() as tx:
        found = store.milestones(tx, source_id=school.source.id)
        assert {each.number for each in found} == {"1", "2"}
        assert store.milestones(tx, source_id=school.line.id) == []
        with pytest.raises(Exception, match="append-only"):
            tx.count("UPDATE milestone_key SET public = 'x' WHERE book = %(book)s")


def test_a_source_without_a_key_or_a_kind_is_refused(market: Ground) -> None:
    with market.database.begin() as tx:
        for key, kinds in (("x", ["a"]), (public_text(KEY), []), (public_text(KEY), ["A b"])):
            with pytest.raises(BadSource):
                service.register(tx, "x", key, kinds)
        with pytest.raises(credit_lines.NoLine):
            ground.product(tx)
            credit_lines.open_line(tx, "term", ground.borrower(tx))


def test_the_reference_source_signs_what_is_believed(market: Ground, tmp_path: Path) -> None:
    school = School(market)
    root = Path(__file__).parents[3]

    def source(*words: str) -> str:
        command = [sys.executable, "-m", "edge", "source", "--home", str(tmp_path), *words]
        done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
        return done.stdout.strip() or done.stderr.strip()

    assert json.loads(source("certify", "x", "y", "z")) == {
        "refused": "not_set_up",
        "missing": "source",
    }
    with market.database.begin() as tx:
        made = service.register(tx, "Other school", source("key"), ["course_completed"])
    source("named", made.shown, school.slug)
    text = source("certify", school.student, "course_completed", "welding-1", "--days", "400")
    with pytest.raises(BadMilestone) as refused:  # the world's clock stands in the past
        school.present(text)
    assert refused.value.facts["reason"] == "early"


def test_a_season_may_end_in_the_next_year_and_a_day_that_is_not_is_the_one_before() -> None:
    spring = SeasonTable("a", "b", "12-20", "02-10", "0.5")
    assert spring.days(2026) == (date(2026, 12, 20), date(2027, 2, 10))
    leap = SeasonTable("a", "b", "02-29", "04-31", "1.25")
    assert leap.days(2027) == (date(2027, 2, 28), date(2027, 4, 30))
    assert (ppm("0.5"), ppm("1.25"), ppm("2")) == (500_000, 1_250_000, 2_000_000)


def test_a_line_is_higher_in_its_seasons(market: Ground) -> None:
    with market.database.begin() as tx:
        party = ground.borrower(tx)
        ground.publish(tx, dict(golden())["seasonal-line"].encode())
        line = credit_lines.open_line(tx, "seasonal-line", party)
        with pytest.raises(credit_lines.LineStands):
            credit_lines.open_line(tx, "seasonal-line", party)
    for day, limit in ((date(2025, 3, 10), 20), (date(2025, 5, 15), 30), (date(2025, 6, 26), 20), (date(2026, 1, 5), 30)):  # fmt: skip
        now = START + (day - START.date()) * 1 + timedelta(minutes=1)
        with market.database.begin(now=now) as tx:
            assert stands(tx, [line])[0].limit == limit * 1_000_000, day
