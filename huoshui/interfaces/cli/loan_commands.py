"""The commands of `huoshui loan` and their arguments."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Literal

from cyclopts import App, Parameter
from cyclopts.validators import Number

from huoshui.interfaces.cli import loaning
from huoshui.interfaces.cli.loaning import Asked, Flows

Add = Callable[[App, str, Callable[..., None]], None]
Count = Annotated[int, Parameter(validator=Number(gte=0, lte=1200))]
Some = Annotated[int, Parameter(validator=Number(gte=1, lte=1200))]
Unit = Literal["days", "weeks", "months"]
Kind = Literal["equal_instalment", "equal_principal", "interest_only", "single_payment"]


def add_loans(app: App, add: Add) -> None:
    """The group's commands; `add` gives each its help in the reader's language."""

    def schedule(
        amount: str,
        *,
        rate: str,
        instalments: Some = 12,
        start: str = "",
        kind: Kind = "equal_instalment",
        method: Literal["declining", "flat"] = "declining",
        every: Some = 1,
        unit: Unit = "months",
        day_count: str = "30/360",
        month_end: Literal["clamp", "roll", "stay", "skip"] = "clamp",
        grace_principal: Count = 0,
        grace_interest: Count = 0,
        interest_free: Count = 0,
        balloon: str = "0",
        down_payment: str = "0",
        multiple: str = "0",
        fee: str = "0",
        currency: str = "CNY",
        json: bool = False,
    ) -> None:
        asked = Asked(
            amount, rate, instalments, start, kind, method, every, unit, day_count, month_end,
            grace_principal, grace_interest, interest_free, balloon, down_payment, multiple, fee,
            currency,
        )  # fmt: skip
        loaning.run_schedule(asked, json=json)

    def apr(
        amount: str,
        *,
        payment: str,
        count: Some = 12,
        every: Some = 1,
        unit: Unit = "months",
        fee: str = "0",
        currency: str = "CNY",
        json: bool = False,
    ) -> None:
        loaning.run_apr(Flows(amount, payment, count, every, unit, fee, currency), json=json)

    add(app, "loan.schedule", schedule)
    add(app, "loan.apr", apr)
