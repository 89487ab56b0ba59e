"""Lives of loans: `terms`, `allocation`, `steps` → `{"steps": […]}`, each `expect_*` filled in."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from conformance import loan_words as words
from huoshui.lines.lending.life import (
    Due,
    Life,
    Moved,
    Rules,
    UnknownEvent,
    dues,
    movements,
    standing,
)
from huoshui.lines.lending.life import events as e
from huoshui.lines.lending.life.accrue import Accrual
from huoshui.lines.lending.life.view import payoff
from huoshui.lines.lending.waterfall import COMPONENTS, FutureRule, Waterfall, table

Words = dict[str, Any]
FUTURE: dict[str, FutureRule] = {
    "next_installment": "next_instalment",
    "last_installment": "last_instalment",
    "reamortization": "spread",
    "next_last": "next_then_last",
    "next_last_installment": "next_then_last",
}
STATUS = {
    "active": "active",
    "closed": "closed_obligations_met",
    "overpaid": "overpaid",
    "written_off": "closed_written_off",
}
KINDS = {
    "re_amortise": "re_amortize",
    "waive_charge": "waive_loan_charges",
    "write_off": "close_as_written_off",
}
NOT_PAID = {"disbursement", "re_age", "re_amortise", "charge_off", "write_off", "waive_charge"}
DAY = date.fromisoformat


class Story:
    """A case while its steps are told to a life."""

    def __init__(self, case: Words) -> None:
        self.terms = words.terms(case["terms"])
        self.told = case["terms"]
        self.allocation = case.get("allocation") or {}
        self.future = dict(self.allocation.get("future_rule") or {})
        self.today = self.terms.start
        self.count = 0
        self._life: Life | None = None

    @property
    def life(self) -> Life:
        """The life; its rules are those that stand when the first money is drawn."""
        if self._life is None:
            self._life = Life(self.terms, self._rules())
        return self._life

    def _rules(self) -> Rules:
        order: Any = self.allocation.get("order_within") or COMPONENTS
        future: dict[str, FutureRule] = {"default": "next_instalment"}
        future |= {kind: FUTURE[rule] for kind, rule in self.future.items()}
        behaviour = self.told.get("charge_off_behaviour", "regular")
        return Rules(
            waterfall=Waterfall(
                lines={"default": table(tuple(order))},
                direction=self.allocation.get("direction", "horizontal"),
                future=future,
            ),
            recalculate=bool(self.told.get("recalculate_interest")),
            rest="day" if self.told.get("recalc_rest", "daily") == "daily" else "period",
            preclose="rest" if "rest" in self.told.get("preclose_interest", "") else "day",
            charge_off={"zero_interest": "zero_interest", "accelerate_maturity": "accelerate"}.get(
                behaviour, "regular"
            ),  # type: ignore[arg-type]
            chargeback=tuple(
                self.allocation.get("chargeback") or self.told.get("chargeback_order") or ()
            ),
            interest_refund=tuple(self.told.get("interest_refund") or ()),
            accrual_summaries=bool(self.told.get("accrual_activity")),
        )

    def mark(self, on: Any = None) -> Words:
        """What every event says: an id, its day, and today."""
        self.count += 1
        day = DAY(on) if on else self.today
        return {"id": f"e{self.count}", "on": day, "recorded": self.today}


def answer(case: Words) -> Words:
    """The steps, what is expected filled in."""
    story = Story(case)
    return {"steps": [_step(story, step) for step in case["steps"]]}


def _step(story: Story, step: Words) -> Words:
    name = step["op"]
    if name in ASKED:
        return {"op": name, **ASKED[name](story, step)}
    if name == "set_business_date":
        story.today = DAY(step["date"])
    elif name == "set_future_rule":
        story.future[step["kind"]] = step["rule"]
    else:
        story.life.record(TOLD[name](story, step))
    return {"op": name}


def _amount(step: Words) -> int:
    return words.minor(step["amount"])


def _reversed(story: Story, step: Words) -> e.Reversed:
    there = [
        m
        for m in story.life.state.movements
        if m.on == DAY(step["date"]) and m.kind not in NOT_PAID
    ]
    paid = [m for m in there if m.kind != "down_payment"] or there
    nth = int(step.get("nth_on_date", 1))
    if not 0 < nth <= len(paid):
        raise UnknownEvent(id=f"payment {nth} of {step['date']}")
    return e.Reversed(of=paid[nth - 1].event, **story.mark())


def _payment(story: Story, step: Words) -> str:
    """The event of the payment that is meant: by its number, or the last."""
    told = step.get("of_payment")
    paid = [event.id for event in story.life.events if isinstance(event, e.Paid)]
    return paid[int(told) - 1] if told and str(told).isdigit() and paid else ""


def _charge_off_undone(story: Story, step: Words) -> e.Reversed:
    made = [m for m in story.life.state.movements if m.kind == "charge_off"]
    if not made:
        raise UnknownEvent(id="charge_off")
    return e.Reversed(of=made[-1].event, **story.mark())


def _paid_off(story: Story, step: Words) -> e.Paid:
    mark = story.mark(step.get("date"))
    return e.Paid(amount=payoff(story.life.state, mark["on"]), **mark)


def _rescheduled(story: Story, step: Words) -> e.AnyEvent:
    """New terms; a rate alone counts from the day on a progressive loan, else from the period."""
    told = step["params"]
    moved, percent = told.get("adjusted_due_date"), told.get("new_rate")
    if percent is not None and story.told.get("schedule_type") == "progressive":
        return e.RateChanged(rate_annual=words.rate(percent), **story.mark(told["from"]))
    return e.Rescheduled(
        due=DAY(told["from"]),
        moved_to=DAY(moved) if moved else None,
        more=int(told.get("extra_instalments") or 0),
        grace_principal=int(told.get("grace_principal") or 0),
        grace_interest=int(told.get("grace_interest") or 0),
        rate_annual=words.rate(percent) if percent is not None else None,
        **story.mark(told.get("submitted")),
    )


def _re_aged(story: Story, step: Words) -> e.ReAged:
    told = step["params"]
    return e.ReAged(
        first_due=DAY(told["start"]),
        instalments=int(told["instalments"]),
        every=int(told["every"]),
        unit=told["unit"],
        **story.mark(step.get("date")),
    )


TOLD: dict[str, Callable[[Story, Words], e.AnyEvent]] = {
    "disburse": lambda s, w: e.Drawn(amount=_amount(w), **s.mark(w["date"])),
    "pay": lambda s, w: e.Paid(amount=_amount(w), kind=w["kind"], **s.mark(w["date"])),
    "add_charge": lambda s, w: e.Charged(
        amount=_amount(w), due=DAY(w["due"]), kind=w["kind"], **s.mark()
    ),
    "waive_charge": lambda s, w: e.Waived(**s.mark(w.get("date"))),
    "reverse_payment": _reversed,
    "change_rate": lambda s, w: e.RateChanged(
        rate_annual=words.rate(w["annual_rate_pct"]), **s.mark(w["date"])
    ),
    "pause_interest": lambda s, w: e.InterestPaused(until=DAY(w["to"]), **s.mark(w["from"])),
    "end_of_day": lambda s, w: e.DayClosed(**s.mark()),
    "pay_off": _paid_off,
    "charge_off": lambda s, w: e.ChargedOff(**s.mark(w.get("date"))),
    "undo_charge_off": _charge_off_undone,
    "chargeback": lambda s, w: e.ChargedBack(
        amount=_amount(w), of=_payment(s, w), **s.mark(w.get("date"))
    ),
    "refund_credit_balance": lambda s, w: e.CreditRefunded(
        amount=_amount(w), **s.mark(w.get("date"))
    ),
    "write_off": lambda s, w: e.WrittenOff(**s.mark(w.get("date"))),
    "re_age": _re_aged,
    "re_amortise": lambda s, w: e.ReAmortised(**s.mark(w.get("date"))),
    "reschedule": _rescheduled,
}


def _schedule(story: Story, step: Words) -> Words:
    return {"rows": [_row(row) for row in dues(story.life.state)]}


def _row(row: Due) -> Words:
    amounts = {
        "principal": row.principal,
        "interest": row.interest,
        "fees": row.fees,
        "penalties": row.penalties,
        "total": row.total,
        "balance_after": row.balance,
        "paid": row.paid,
        "in_advance": row.in_advance,
        "late": row.late,
        "outstanding": row.outstanding,
    }
    told = {name: words.major(amount) for name, amount in amounts.items()}
    met = {"paid_on": row.met_on.isoformat()} if row.met_on else {}
    return {"n": row.n, "due": row.due.isoformat(), **told, **met}


def _transactions(story: Story, step: Words) -> Words:
    return {"rows": [_moved(each) for each in movements(story.life)]}


def _moved(each: Moved | Accrual) -> Words:
    nothing = words.major(0)
    if isinstance(each, Accrual):
        return {
            "type": each.kind if each.amount >= 0 else "accrual_adjustment",
            "date": each.on.isoformat(),
            "amount": words.major(abs(each.amount)),
            "principal": nothing,
            "interest": words.major(abs(each.interest)),
            "fees": words.major(abs(each.fees)),
            "penalties": words.major(abs(each.penalties)),
            "balance": nothing,
            "reversed": False,
        }
    return {
        "type": KINDS.get(each.kind, each.kind),
        "date": each.on.isoformat(),
        "amount": words.major(each.amount),
        "principal": words.major(each.principal),
        "interest": words.major(each.interest),
        "fees": words.major(each.fees),
        "penalties": words.major(each.penalties),
        "balance": words.major(each.balance),
        "reversed": each.undone,
    }


ASKED: dict[str, Callable[[Story, Words], Words]] = {
    "expect_schedule": _schedule,
    "expect_transactions": _transactions,
    "expect_status": lambda s, w: {"status": STATUS[standing(s.life.state, s.today).status]},
    "expect_outstanding": lambda s, w: {
        "amount": words.major(standing(s.life.state, s.today).outstanding)
    },
    "expect_overpaid": lambda s, w: {"amount": words.major(s.life.state.overpaid)},
}


def expected(case: Words) -> Words:
    """The steps of the case, of each `expect_*` what it says."""
    return {
        "steps": [
            step if step["op"].startswith("expect_") else {"op": step["op"]}
            for step in case["steps"]
        ]
    }


def agrees(case: Words, found: Words) -> bool:
    """Whether each step that expects something found it; accruals count where they are listed."""
    steps = found.get("steps", [])
    wanted = case["steps"]
    return len(steps) == len(wanted) and all(
        same(want, have) for want, have in zip(wanted, steps, strict=True)
    )


def same(want: Words, have: Words) -> bool:
    """Whether one step found what it expects."""
    if not want["op"].startswith("expect_"):
        return True
    if "rows" not in want:
        return all(have.get(name) == value for name, value in want.items())
    listed = {row.get("type") for row in want["rows"]} & {row.get("type") for row in have["rows"]}
    told, rows = (
        [r for r in each if "accrual" not in r.get("type", "") or r["type"] in listed]
        for each in (want["rows"], have["rows"])
    )
    return len(rows) == len(told) and all(
        all(row.get(name) == value for name, value in each.items())
        for each, row in zip(told, rows, strict=True)
    )
