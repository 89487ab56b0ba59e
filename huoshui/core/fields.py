"""What a decoder found wrong, as a field error: where it is, which rule it breaks, what was there."""

from __future__ import annotations

import re

from huoshui.core.errors import FieldError

_AT = re.compile(r" - at `\$(?P<path>[^`]*)`$")
_STEP = re.compile(r"\.([^.\[\]]+)|\[(\d+)\]")

# How the decoder says it, and how we do: the field's code with the facts of its text.
_RULES = tuple(
    (re.compile(pattern), code)
    for pattern, code in (
        (r"Object missing required field `(?P<field>[^`]+)`", "missing"),
        (r"Object contains unknown field `(?P<field>.+)`", "unknown"),
        (r"Missing required (?:query )?parameter '(?P<field>[^']+)'.*", "missing"),
        (r"Expected `\w+` of length (?P<sign>[<>=]+) (?P<limit>\d+)", "length"),
        (r"Expected `\w+` matching regex '(?P<pattern>.*)'", "pattern"),
        (r"Expected `\w+` (?P<sign>[<>=]+) (?P<limit>-?\d+)", "bounds"),
        (r"Expected `(?P<expected>[^`]+)`, got `(?P<found>[^`]+)`", "type"),
        (r"Invalid RFC3339 encoded datetime", "time"),
        (r"Invalid (?:enum )?value '?(?P<value>.*?)'?", "choice"),
    )
)


def field_error(message: str, pointer: str = "") -> FieldError:
    """A decoder's message as a field error."""
    at = _AT.search(message)
    if at:
        message = message[: at.start()]
        pointer += _pointer(at["path"])
    for pattern, code in _RULES:
        match = pattern.fullmatch(message)
        if match:
            facts = {name: found[:100] for name, found in match.groupdict().items() if found}
            if code in ("missing", "unknown"):
                pointer += "/" + facts["field"]
            return FieldError(pointer, code, facts)
    return FieldError(pointer, "value", {"reason": message[:200]})


def _pointer(path: str) -> str:
    return "".join(f"/{name or index}" for name, index in _STEP.findall(path))
