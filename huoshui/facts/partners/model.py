"""The name of a partner. No I/O."""

from __future__ import annotations

import re
from datetime import datetime

import msgspec

from huoshui.core.errors import Problem

_WORD = re.compile(r"[a-z][a-z0-9_]{0,59}")
_NAME_MOST = 80


class BadPartnerName(Problem):
    """The partner cannot be named so; the problem names the field."""

    code = "bad_partner_name"
    status = 422


class PartnerName(msgspec.Struct, frozen=True, kw_only=True):
    """What a partner is called from a day on, in both languages."""

    party: str
    number: int
    en: str
    zh: str
    made_at: datetime
    made_by: str

    def say(self, lang: str) -> str:
        """The name in the reader's language."""
        return self.zh if lang == "zh" else self.en


def fault(party: str, en: str, zh: str) -> str:
    """The field that no partner can have so, or nothing."""
    if not _WORD.fullmatch(party):
        return "party"
    told = {"en": en, "zh": zh}
    return next((name for name, text in told.items() if not _fits(text)), "")


def _fits(text: str) -> bool:
    return 0 < len(text) <= _NAME_MOST and text == text.strip() and text.isprintable()
