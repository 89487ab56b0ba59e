"""`python -m edge wallet|till|source`: the reference wallet, till and source of milestones."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from edge import line
from edge.clock import now_ms
from edge.line import Server, Unreachable
from edge.protocol import Refused
from edge.source import Reached, Source
from edge.till import Till
from edge.wallet import Wallet

Do = Callable[[argparse.Namespace], str]
REFUSED, UNREACHABLE = 2, 3


def main(words: Sequence[str] | None = None) -> None:
    """Run one command; ends with 2 where it is refused, with 3 where nobody answers."""
    asked = _parser().parse_args(words)
    try:
        print(asked.do(asked))
    except Refused as refused:
        print(json.dumps({"refused": refused.code, **refused.facts}), file=sys.stderr)
        raise SystemExit(REFUSED) from None
    except Unreachable as error:
        print(json.dumps({"unreachable": str(error)}), file=sys.stderr)
        raise SystemExit(UNREACHABLE) from None


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="edge", description=__doc__)
    devices = parser.add_subparsers(required=True, metavar="wallet|till|source")
    wallet = devices.add_parser("wallet", help="a payer's device")
    till = devices.add_parser("till", help="a merchant's device")
    source = devices.add_parser("source", help="who certifies milestones: a school, a registry")
    for device in (wallet, till, source):
        device.add_argument("--home", type=Path, required=True, help="folder of its state")
    _wallet(wallet)
    _till(till)
    _source(source)
    return parser


def _wallet(parser: argparse.ArgumentParser) -> None:
    verbs = parser.add_subparsers(required=True, metavar="VERB")
    _verb(verbs, "enrol", _enrol_wallet, "the text that makes it known to the server", "party")
    _verb(verbs, "load", _load_wallet, "keep a certificate: the server's answer, as a file", "file")
    pay = _verb(verbs, "pay", _pay, "sign a voucher for an invoice, a text or - for standard input")
    pay.add_argument("invoice", nargs="?", default="-")
    pay.add_argument("--socket", type=Path, help="of a till on this machine")
    pay.add_argument("--online", action="store_true", help="a network is there")
    _verb(verbs, "statement", _statement, "how far it has come, for the server")
    _verb(verbs, "history", _history, "what it paid")


def _till(parser: argparse.ArgumentParser) -> None:
    verbs = parser.add_subparsers(required=True, metavar="VERB")
    _verb(verbs, "enrol", _enrol_till, "the text that makes it known to the server", "party")
    _verb(verbs, "load", _load_till, "keep a certificate: the server's answer, as a file", "file")
    invoice = _verb(verbs, "invoice", _invoice, "ask for an amount")
    accept = _verb(verbs, "accept", _accept, "take a voucher, a text or - for standard input")
    accept.add_argument("voucher", nargs="?", default="-")
    serve = _verb(verbs, "serve", _serve, "ask the next wallet that comes to a local socket")
    serve.add_argument("--socket", type=Path, required=True)
    for verb in (invoice, serve):
        verb.add_argument("--amount", type=int, required=True, help="minor units")
    deposit = _verb(verbs, "deposit", _deposit, "take what waits to the server")
    deposit.add_argument("--server", required=True, help="https://…")
    deposit.add_argument("--key", required=True, help="an API key with vouchers:write")
    _verb(verbs, "outbox", _outbox, "what waits to be deposited")
    _verb(verbs, "receipts", _receipts, "what the server said of what was deposited")


def _source(parser: argparse.ArgumentParser) -> None:
    verbs = parser.add_subparsers(required=True, metavar="VERB")
    _verb(verbs, "key", _source_key, "its public key, to be registered")
    _verb(
        verbs, "named", _source_named, "keep the id under which it was registered", "id", "market"
    )
    certify = _verb(verbs, "certify", _certify, "sign that a party reached something", "subject")
    certify.add_argument("kind", help="e.g. course_completed")
    certify.add_argument("reference", help="what exactly: a course, a licence")
    certify.add_argument("--days", type=int, default=90, help="until it runs out")
    certify.add_argument("--server", help="https://…: send it there")
    certify.add_argument("--key", default="", help="an API key with facts:write")


def _verb(verbs: object, name: str, do: Do, says: str, *words: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = verbs.add_parser(name, help=says)  # type: ignore[attr-defined]
    parser.set_defaults(do=do)
    for word in words:
        parser.add_argument(word)
    return parser


def _enrol_wallet(asked: argparse.Namespace) -> str:
    return Wallet(asked.home).enrol(asked.party, at=now_ms())


def _load_wallet(asked: argparse.Namespace) -> str:
    answer = json.loads(_given(asked.file))
    return Wallet(asked.home).load(answer["text"], answer["issuer"]).serial


def _pay(asked: argparse.Namespace) -> str:
    wallet = Wallet(asked.home)
    if asked.socket:
        return line.pay(wallet, asked.socket, now_ms)
    return wallet.pay(_text(asked.invoice), at=now_ms(), online=asked.online)


def _statement(asked: argparse.Namespace) -> str:
    return Wallet(asked.home).statement(at=now_ms())


def _history(asked: argparse.Namespace) -> str:
    names = ("counter", "merchant", "amount", "total", "at")
    return _lines(names, Wallet(asked.home).history())


def _enrol_till(asked: argparse.Namespace) -> str:
    return Till(asked.home).enrol(asked.party, at=now_ms())


def _load_till(asked: argparse.Namespace) -> str:
    answer = json.loads(_given(asked.file))
    blocked = answer.get("blocked", [])
    return Till(asked.home).load(answer["text"], answer["issuer"], blocked).serial


def _invoice(asked: argparse.Namespace) -> str:
    return Till(asked.home).invoice(asked.amount, at=now_ms())


def _accept(asked: argparse.Namespace) -> str:
    return Till(asked.home).accept(_text(asked.voucher), at=now_ms())


def _serve(asked: argparse.Namespace) -> str:
    return line.serve(Till(asked.home), asked.socket, asked.amount, now_ms)


def _deposit(asked: argparse.Namespace) -> str:
    done = Till(asked.home).deposit(Server(asked.server, asked.key).carry)
    names = ("voucher", "outcome", "reason", "amount", "paid")
    return _lines(names, [(r.about, r.outcome, r.reason, r.amount, r.paid) for r in done])


def _outbox(asked: argparse.Namespace) -> str:
    return _lines(("voucher", "device", "counter", "amount"), Till(asked.home).waiting())


def _receipts(asked: argparse.Namespace) -> str:
    names = ("voucher", "outcome", "reason", "amount", "paid")
    found = Till(asked.home).receipts()
    return _lines(names, [(r.about, r.outcome, r.reason, r.amount, r.paid) for r in found])


def _source_key(asked: argparse.Namespace) -> str:
    return Source(asked.home).public()


def _source_named(asked: argparse.Namespace) -> str:
    Source(asked.home).named(asked.id, asked.market)
    return str(asked.id)


def _certify(asked: argparse.Namespace) -> str:
    wanted = Reached(asked.subject, asked.kind, asked.reference)
    text = Source(asked.home).certify(wanted, days=asked.days, at=now_ms())
    if not asked.server:
        return text
    return json.dumps(Server(asked.server, asked.key).ask("POST", "/v1/milestones", {"fact": text}))


def _lines(names: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    return "\n".join(json.dumps(dict(zip(names, row, strict=True))) for row in rows)


def _text(given: str) -> str:
    return sys.stdin.read().strip() if given == "-" else given


def _given(file: str) -> str:
    return sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8")


if __name__ == "__main__":
    main()
