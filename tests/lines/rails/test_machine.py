"""What answers do to a call, whatever comes in whatever order."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from huoshui.lines.payments.rails import CALL, Answer
from huoshui.lines.payments.rails.pace import LEASE, PROBE_EVERY, SILENCES_MOST, Breaker, next_ask
from huoshui.lines.payments.rails.tally import EDGES_MS, Count, class_of, health
from huoshui.lines.payments.rails.verdict import FINAL, Standing, sane
from tests.ground import examples

ANSWERS = st.builds(
    Answer,
    verdict=st.sampled_from(["succeeded", "declined", "action", "pending", "unknown"]),
    reference=st.sampled_from(["", "a", "b"]),
    amount=st.sampled_from([None, 0, 99, 100]),
    code=st.sampled_from(["", "x"]),
    action=st.sampled_from(["", "scan"]),
)
NOW = datetime(2026, 1, 1, tzinfo=UTC)


@settings(max_examples=examples(300))
@given(st.lists(ANSWERS, max_size=12))
def test_the_first_final_word_stays_and_is_handed_on_once(answers: list[Answer]) -> None:
    call, changes = Standing(state="sent", amount=100), []
    for answer in answers:
        before = call
        call, effect = call.after(answer)
        assert effect != "early"
        if effect == "changed":
            changes.append(call)
            assert (before.state, call.state) == ("pending", "pending") or call.state in {
                move.leads for move in CALL.moves.values() if before.state in move.starts
            }
        else:
            assert call.state == before.state and call.answered == before.answered
        if before.state in FINAL:
            assert effect in ("repeated", "contradicted") and call.state == before.state
        if before.reference:
            assert call.reference == before.reference, "an id that is known stays"
    finals = [a for a in answers if a.verdict in FINAL]
    assert call.state == finals[0].verdict if finals else call.state not in FINAL
    assert sum(1 for change in changes if change.state in FINAL) == bool(finals)
    assert sum(1 for change in changes if change.state == "unknown") <= 1
    if call.state == "succeeded":
        assert call.answered == (100 if finals[0].amount is None else finals[0].amount)
        assert (call.flag == "amount_differs") == (call.answered != 100)
    else:
        assert call.answered is None


@given(ANSWERS)
def test_what_has_not_left_cannot_be_answered_and_what_was_dropped_stays(answer: Answer) -> None:
    due = Standing(state="due", amount=1)
    assert due.after(answer) == (due, "early")
    assert Standing(state="dropped", amount=1).after(answer)[0].state == "dropped"


def test_what_cannot_be_believed_is_silence_with_a_code() -> None:
    for odd in (
        Answer(verdict="succeeded", amount=-1),
        Answer(verdict="succeeded", amount=2**63),
        Answer(verdict="declined", code="x" * 101),
        Answer(verdict="succeeded", reference="x" * 201),
    ):
        assert sane(odd) == Answer(verdict="unknown", code="unreadable_answer")
    assert sane(Answer(verdict="succeeded", amount=5)).amount == 5


@given(st.lists(st.booleans(), max_size=40))
def test_a_breaker_opens_after_silences_in_a_row_and_one_answer_closes_it(
    heard: list[bool],
) -> None:
    breaker, in_a_row = Breaker(), 0
    for spoke in heard:
        breaker = breaker.heard(int(spoke), int(not spoke), NOW)
        in_a_row = 0 if spoke else in_a_row + 1
        assert (breaker.opened_at is not None) == (in_a_row >= SILENCES_MOST)
        assert breaker.room(NOW, 8) == (0 if breaker.opened_at else 8)
        assert breaker.room(NOW + PROBE_EVERY, 8) == (1 if breaker.opened_at else 8)
        assert (
            breaker.probing(NOW).room(NOW, 8) == (0 if breaker.opened_at else 8)
            or not breaker.opened_at
        )


def test_a_rail_is_asked_ever_more_rarely_and_never_left() -> None:
    waits = [next_ask(n) for n in range(1, 10)]
    assert waits == sorted(waits) and waits[0] == timedelta(seconds=5)
    assert waits[5:] == [timedelta(hours=6)] * 4 and timedelta(seconds=30) < LEASE


@given(st.lists(st.integers(0, 700_000), min_size=1, max_size=60))
def test_a_percentile_is_at_most_a_quarter_high(times: list[int]) -> None:
    counts = [Count("card", NOW, "capture", "succeeded", "", class_of(t), 1) for t in times]
    found = health("card", counts)
    exact = sorted(times)[-(-len(times) * 95 // 100) - 1]
    assert found.p95_ms is not None
    assert min(exact, EDGES_MS[-1]) <= found.p95_ms <= max(exact * 5 // 4 + 1, 1)
    assert found.success == 1
