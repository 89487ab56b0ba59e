"""A file as it came: which form it is, and its lines."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from huoshui.lines.payments.statements.camt_reading import read_camt
from huoshui.lines.payments.statements.model import FILE_MAX, FileTooLarge, Parsed
from huoshui.lines.payments.statements.profile import Profile
from huoshui.lines.payments.statements.table import read_csv

_BOM = b"\xef\xbb\xbf"


def read_file(content: bytes, profile: Profile, currency: str, zone: ZoneInfo) -> Parsed:
    """The lines of a file: XML is camt.053, anything else CSV by the profile.

    Raises FileRefused, FileTooLarge.
    """
    if len(content) > FILE_MAX:
        raise FileTooLarge(limit=f"{FILE_MAX // 1024 // 1024} MiB")
    if content.removeprefix(_BOM).lstrip()[:1] == b"<":
        return read_camt(content, zone)
    return read_csv(content, profile, currency, zone)
