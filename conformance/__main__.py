"""`python -m conformance KIND [--store]`, `--list`, `--all [--store]`."""

from __future__ import annotations

import argparse
import sys
from collections import Counter

from conformance import given
from conformance.kinds import KINDS, Unanswered, kind_of
from conformance.lines import answers


def main() -> int:
    """Answer lines of one kind, list the kinds, or hold all given cases against the product."""
    asked = _arguments()
    if asked.list:
        print("\n".join(KINDS))
        return 0
    if asked.all:
        return _all(stored=asked.store)
    try:
        _answer(asked.kind, stored=asked.store)
    except Unanswered as wrong:
        print(f"conformance: {wrong}", file=sys.stderr)
        return 2
    return 0


def _answer(name: str, *, stored: bool) -> None:
    """Answer what comes in on stdin, line by line."""
    for stream in (sys.stdin, sys.stdout):
        stream.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
    with kind_of(name).answerer(stored=stored) as answer:
        for line in answers(sys.stdin, answer):
            print(line, flush=True)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m conformance", description=__doc__)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("kind", nargs="?", metavar="KIND", help="answer JSON lines of this kind")
    what.add_argument("--list", action="store_true", help="name the kinds")
    what.add_argument("--all", action="store_true", help="run all given cases, print a table")
    parser.add_argument("--store", action="store_true", help="through PostgreSQL")
    return parser.parse_args()


def _all(*, stored: bool) -> int:
    """A table of kind, cases, equal, differ; each difference below it. 1 where there is one."""
    cases = given.folder()
    if not cases.is_dir():
        print(f"conformance: skipped, no worked cases at {cases} (HUOSHUI_SHARED names the folder)")
        return 0
    found = list(given.outcomes(cases, stored=stored))
    equal = Counter(o.kind for o in found if o.equal)
    differ = Counter(o.kind for o in found if not o.equal)
    width = max(len(name) for name in ("kind", *KINDS))
    print(f"{'kind':{width}} | cases | equal | differ")
    for name in dict.fromkeys(o.kind for o in found):
        total = equal[name] + differ[name]
        print(f"{name:{width}} | {total:5} | {equal[name]:5} | {differ[name]:6}")
    for outcome in found:
        if not outcome.equal:
            print(f"{outcome.kind} {outcome.case.get('id', '')}: {outcome.case.get('title', '')}")
            print(f"  expected {outcome.expected}\n  found    {outcome.found}")
    return 1 if differ else 0


if __name__ == "__main__":
    sys.exit(main())
