"""How papers write amounts, days and shares. No I/O."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from functools import partial
from typing import Any

from huoshui.core import money
from huoshui.core.i18n import catalogue, text


class Words:
    """The words of one paper: its language and its currency."""

    def __init__(self, lang: str, currency: str) -> None:
        self.lang, self.currency = lang, currency

    def say(self, key: str, **facts: Any) -> str:
        """A text of the papers."""
        return text(f"paper.{key}", self.lang, **facts)

    def said(self, key: str, plain: str) -> str:
        """A text of the papers; what it is of in plain where there is none."""
        return self.say(key) if f"paper.{key}" in catalogue() else plain

    def bare(self, minor: int) -> str:
        """An amount without its currency, as a table has it."""
        digits = money.digits(self.currency)
        return f"{money.major(minor, self.currency):,.{digits}f}"

    def amount(self, minor: int) -> str:
        """An amount with its currency."""
        return f"{self.bare(minor)} {self.currency}"

    def day(self, value: date | str) -> str:
        """A day."""
        on = date.fromisoformat(value) if isinstance(value, str) else value
        if self.lang == "zh":
            return f"{on.year}年{on.month}月{on.day}日"
        return f"{on.day} {on:%B %Y}"

    def moment(self, value: str) -> str:
        """A moment, by its own clock."""
        at = datetime.fromisoformat(value)
        return f"{self.day(at.date())} {at:%H:%M}"

    def share(self, value: str) -> str:
        """A part of one as a percentage, without trailing zeros."""
        try:
            return f"{(Decimal(value) * 100).normalize():f}%"
        except InvalidOperation:
            return value

    def listed(self, names: list[str], of: str) -> str:
        """Words of a list, each by its text."""
        joint = "、" if self.lang == "zh" else ", "
        return joint.join(map(partial(self._one, of), names))

    def _one(self, of: str, name: str) -> str:
        return self.say(f"{of}.{name}")
