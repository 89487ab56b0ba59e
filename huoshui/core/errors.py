"""Problems: every refusal has a code, an HTTP status and texts in both languages (RFC 9457)."""

from __future__ import annotations

from typing import Any, ClassVar

import msgspec

from huoshui.core import i18n

# A name, not an address (RFC 9457, section 3.1.1): the codes are listed in docs/*/errors.md.
TYPE = "urn:huoshui:problem:"


class FieldError(msgspec.Struct, frozen=True):
    """One bad field: where it is (JSON pointer or `line 7, price`), which rule it breaks, the facts."""

    pointer: str
    code: str
    facts: dict[str, Any] = {}

    def detail(self, lang: str) -> str:
        """The sentence that names the fault and the mend, in the reader's language."""
        return i18n.text(f"field.{self.code}", lang, **self.facts)


class Problem(Exception):
    """Base of every refusal. Subclasses set `code` and `status`; texts live in the catalogue.

    The catalogue holds `problem.<code>.title` and `problem.<code>.detail`; the detail names the
    field and the mend and may use the keyword facts given here.
    """

    code: ClassVar[str] = "internal"
    status: ClassVar[int] = 400

    def __init__(self, *, errors: tuple[FieldError, ...] = (), **facts: Any) -> None:
        self.facts = facts
        self.errors = errors
        super().__init__(f"{self.code}: {facts}" if facts else self.code)

    def title(self, lang: str) -> str:
        """The short bilingual name of this problem."""
        return i18n.text(f"problem.{self.code}.title", lang)

    def detail(self, lang: str) -> str:
        """What went wrong here and how to mend it."""
        return i18n.text(f"problem.{self.code}.detail", lang, **self.facts)

    def document(self, lang: str, instance: str = "") -> dict[str, Any]:
        """This problem as an `application/problem+json` object (RFC 9457, section 3)."""
        document: dict[str, Any] = {
            "type": TYPE + self.code,
            "title": self.title(lang),
            "status": self.status,
            "detail": self.detail(lang),
            "code": self.code,
        }
        if instance:
            document["instance"] = instance
        if self.errors:
            document["errors"] = [
                {"pointer": e.pointer, "code": e.code, "detail": e.detail(lang)}
                for e in self.errors
            ]
        return document | {"facts": _plain(self.facts)} if self.facts else document


def _plain(facts: dict[str, Any]) -> dict[str, Any]:
    return {k: v if isinstance(v, str | int | bool) else str(v) for k, v in facts.items()}


class Malformed(Problem):
    """The request or file cannot be read as what it should be."""

    code = "malformed"
    status = 400


class NotFound(Problem):
    """No such object here, or not yours: the two are told apart by nobody."""

    code = "not_found"
    status = 404


class Conflict(Problem):
    """Another writer was first; the same call can be made again."""

    code = "conflict"
    status = 409
