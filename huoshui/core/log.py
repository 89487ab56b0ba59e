"""Logs: one JSON object a line on standard error, with secrets masked wherever they appear."""

from __future__ import annotations

import json
import logging
import re
import sys
from typing import Any

_MASKS = (
    (re.compile(r"\bhs_([a-z0-9-]+)_[A-Za-z0-9_-]{8,}"), r"hs_\1_••••"),
    (re.compile(r"\b((?:pmt|mdt|ptp)_[0-9a-z]{26})_[A-Za-z0-9._-]{8,}"), r"\1_••••"),
    (re.compile(r"\bwhsec_[A-Za-z0-9+/=_-]{8,}"), "whsec_••••"),
    (re.compile(r"(postgres(?:ql)?://[^:/@\s]+):[^@\s]+@"), r"\1:••••@"),
    (re.compile(r"(?i)(bearer|ticket=)\s*[^\s&\"']{6,}"), r"\1 ••••"),
    (re.compile(r"(?i)(password\\*[\"']?\s*[=:]\s*\\*[\"'])[^\"'\\]+"), r"\1••••"),
    (re.compile(r"(?i)(password\s*[=:]\s*)[^\s&\"'\\,}]+"), r"\1••••"),
)
_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


def masked(text: str) -> str:
    """The text without keys, tickets and passwords."""
    for pattern, replacement in _MASKS:
        text = pattern.sub(replacement, text)
    return text


class JsonLines(logging.Formatter):
    """A log record as one JSON object; extra fields stand beside the message."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as JSON, masked."""
        entry: dict[str, Any] = {
            "at": self.formatTime(record, "%Y-%m-%dT%H:%M:%S%z"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        entry |= {k: v for k, v in vars(record).items() if k not in _STANDARD}
        if record.exc_info:
            entry["trace"] = self.formatException(record.exc_info)
        return masked(json.dumps(entry, default=str, ensure_ascii=False))


def start(level: str = "INFO") -> None:
    """Send every log record through the masking formatter."""
    stream = logging.StreamHandler(sys.stderr)
    stream.setFormatter(JsonLines())
    logging.basicConfig(level=level, handlers=[stream], force=True)
