"""The console's static files: named by their hash, kept gzipped, cached for a year."""

from __future__ import annotations

import gzip
import hashlib
from functools import cache
from importlib import resources

import msgspec

BASE = "/console/-/static/"
_TYPES = {
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
}


class Asset(msgspec.Struct, frozen=True):
    """One static file, plain and gzipped."""

    plain: bytes
    gzipped: bytes
    media_type: str


@cache
def names() -> dict[str, str]:
    """File name to the path it is served under, which carries the hash of its bytes."""
    served = {}
    for folder in ("", "vendor"):
        for file in resources.files(__package__).joinpath("static", folder).iterdir():
            stem, _, ending = file.name.rpartition(".")
            if file.is_file() and ending in _TYPES:
                mark = hashlib.sha256(file.read_bytes()).hexdigest()[:12]
                served[file.name] = f"{stem}.{mark}.{ending}"
    return served


def href(name: str) -> str:
    """The address of a static file. Raises KeyError for a name that is not there."""
    return BASE + names()[name]


def source(name: str) -> str:
    """The text of a static file."""
    static = resources.files(__package__).joinpath("static")
    own = static.joinpath(name)
    return (own if own.is_file() else static.joinpath("vendor", name)).read_text("utf-8")


@cache
def _asset(name: str) -> Asset:
    plain = source(name).encode()
    return Asset(plain, gzip.compress(plain, 9, mtime=0), _TYPES[name.rpartition(".")[2]])


@cache
def _by_path() -> dict[str, str]:
    return {hashed: name for name, hashed in names().items()}


def served(path: str) -> Asset | None:
    """The file served under a hashed path; None where no file has that name and hash."""
    name = _by_path().get(path)
    return _asset(name) if name else None
