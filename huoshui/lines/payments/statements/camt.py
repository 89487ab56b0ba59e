"""Statements as camt.053.001.08, bank to customer statement (ISO 20022)."""

from __future__ import annotations

from datetime import UTC, datetime

from lxml import etree

from huoshui.core.money import major
from huoshui.lines.payments.statements.model import Entry, Statement

NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"
_TAKEN = ("PMNT", "RCDT", "BOOK")
# Bank transaction codes (domain, family, sub-family) of our journal entries, as they come in.
_CODES = {
    "seller_paid_out": ("PMNT", "ICDT", "DMCT"),
    "payout_returned": ("PMNT", "RCDT", "RRTN"),
    "reversal": ("PMNT", "RCDT", "RRTN"),
    "order_released": _TAKEN,
    "payment_captured": _TAKEN,
}
_ID_MAX = 35


def write_camt(statement: Statement) -> bytes:
    """A statement as XML in UTF-8, its elements in the order of the schema."""
    root = etree.Element(f"{{{NAMESPACE}}}Document", nsmap={None: NAMESPACE})
    top = _add(root, "BkToCstmrStmt")
    head = _add(top, "GrpHdr")
    _add(head, "MsgId", statement.id[:_ID_MAX])
    _add(head, "CreDtTm", _time(statement.made_at))
    body = _add(top, "Stmt")
    _add(body, "Id", statement.id[:_ID_MAX])
    _add(body, "CreDtTm", _time(statement.made_at))
    span = _add(body, "FrToDt")
    _add(span, "FrDtTm", _time(statement.since))
    _add(span, "ToDtTm", _time(statement.until))
    account = _add(body, "Acct")
    _add(_add(_add(account, "Id"), "Othr"), "Id", statement.account[:34])
    _add(account, "Ccy", statement.currency)
    _add(_add(account, "Ownr"), "Nm", statement.owner[:140])
    _balance(body, "OPBD", statement.opening, statement.currency, statement.since)
    _balance(body, "CLBD", statement.closing, statement.currency, statement.until)
    _summary(body, statement)
    for entry in statement.entries:
        _entry(body, entry)
    return bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True))


def _add(parent: etree._Element, name: str, text: str = "") -> etree._Element:
    made = etree.SubElement(parent, f"{{{NAMESPACE}}}{name}")
    if text:
        made.text = text
    return made


def _amount(parent: etree._Element, amount: int, currency: str) -> None:
    _add(parent, "Amt", str(abs(major(amount, currency)))).set("Ccy", currency)
    _add(parent, "CdtDbtInd", "CRDT" if amount >= 0 else "DBIT")


def _time(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f") + "Z"


def _balance(parent: etree._Element, code: str, amount: int, currency: str, at: datetime) -> None:
    made = _add(parent, "Bal")
    _add(_add(_add(made, "Tp"), "CdOrPrtry"), "Cd", code)
    _amount(made, amount, currency)
    _add(_add(made, "Dt"), "DtTm", _time(at))


def _summary(parent: etree._Element, statement: Statement) -> None:
    made, currency = _add(parent, "TxsSummry"), statement.currency
    nets = [entry.net for entry in statement.entries]
    total = _add(made, "TtlNtries")
    _add(total, "NbOfNtries", str(len(nets)))
    _add(total, "Sum", str(major(sum(abs(net) for net in nets), currency)))
    for name, found in (
        ("TtlCdtNtries", [net for net in nets if net >= 0]),
        ("TtlDbtNtries", [-net for net in nets if net < 0]),
    ):
        side = _add(made, name)
        _add(side, "NbOfNtries", str(len(found)))
        _add(side, "Sum", str(major(sum(found), currency)))


def _entry(parent: etree._Element, entry: Entry) -> None:
    made = _add(parent, "Ntry")
    _add(made, "NtryRef", str(entry.number))
    _amount(made, entry.net, entry.currency)
    _add(_add(made, "Sts"), "Cd", "BOOK")
    for name in ("BookgDt", "ValDt"):
        _add(_add(made, name), "DtTm", _time(entry.at))
    if entry.key:
        _add(made, "AcctSvcrRef", entry.key[:_ID_MAX])
    _code(made, entry)
    if entry.fee:
        record = _add(_add(made, "Chrgs"), "Rcrd")
        _amount(record, -entry.fee, entry.currency)
        _add(record, "ChrgInclInd", "true")
    details = _add(_add(made, "NtryDtls"), "TxDtls")
    if entry.reference or entry.batch:
        _references(details, entry)
    if entry.note:
        _add(_add(details, "RmtInf"), "Ustrd", entry.note[:140])


def _references(details: etree._Element, entry: Entry) -> None:
    made = _add(details, "Refs")
    if entry.batch:
        _add(made, "PmtInfId", entry.batch[:_ID_MAX])
    _add(made, "EndToEndId", entry.reference[:_ID_MAX] or "NOTPROVIDED")


def _code(parent: etree._Element, entry: Entry) -> None:
    other = ("PMNT", "RCDT" if entry.net >= 0 else "ICDT", "BOOK")
    domain, family, sub = _CODES.get(entry.kind, other)
    made = _add(parent, "BkTxCd")
    code = _add(made, "Domn")
    _add(code, "Cd", domain)
    inner = _add(code, "Fmly")
    _add(inner, "Cd", family)
    _add(inner, "SubFmlyCd", sub)
    if entry.kind:
        own = _add(made, "Prtry")
        _add(own, "Cd", entry.kind[:_ID_MAX])
        _add(own, "Issr", "huoshui")
