"""Reading camt.053: any version of the message, strictly, and nothing from outside the file."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from lxml import etree

from huoshui.core.errors import FieldError, Problem
from huoshui.core.money import is_currency, parse_amount
from huoshui.lines.payments.statements.model import (
    ERRORS_MAX,
    LINES_MAX,
    TEXT_MAX,
    Entry,
    FileRefused,
    FileTooLarge,
    Parsed,
)

_PREFIX = "urn:iso:std:iso:20022:tech:xsd:camt.053.001."
_NONE = "NOTPROVIDED"


class _Wrong(Exception):
    """An element that is missing or cannot be read."""

    def __init__(self, name: str, code: str, **facts: object) -> None:
        self.name, self.code, self.facts = name, code, facts
        super().__init__(name)


def read_camt(content: bytes, zone: ZoneInfo) -> Parsed:
    """The booked entries of a statement; all of them, or FileRefused.

    A document type is refused whole: entities are how a file reaches outside itself. Balances and
    entries must agree. `zone` is that of dates without a time.
    """
    root = _parsed(content)
    space = etree.QName(root).namespace or ""
    if not space.startswith(_PREFIX):
        raise _refused(FieldError("line 1", "not_camt", {"found": space[:80] or "-"}))
    statements = root.findall(f"{{{space}}}BkToCstmrStmt/{{{space}}}Stmt")
    if len(statements) != 1:
        raise _refused(FieldError("Stmt", "one_statement", {"found": len(statements)}))
    return _Reading(space, zone).statement(statements[0])


def _refused(*errors: FieldError) -> FileRefused:
    return FileRefused(count=len(errors), errors=errors)


def _parsed(content: bytes) -> etree._Element:
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, dtd_validation=False,
        attribute_defaults=False, huge_tree=False, remove_comments=True, remove_pis=True,
    )  # fmt: skip
    try:
        root = etree.fromstring(content, parser)
    except etree.XMLSyntaxError as error:
        place = f"line {error.lineno or 1}, column {error.offset or 1}"
        raise _refused(FieldError(place, "xml", {"reason": str(error.msg)[:160]})) from error
    if root.getroottree().docinfo.doctype:
        raise _refused(FieldError("line 1", "xml_doctype"))
    return root


class _Reading:
    """Reads the elements of one statement."""

    def __init__(self, space: str, zone: ZoneInfo) -> None:
        self._space, self._zone = space, zone

    def statement(self, element: etree._Element) -> Parsed:
        """The statement's balances and entries, which must agree."""
        errors = list[FieldError]()
        try:
            opening = self._balance(element, ("OPBD", "PRCD"))
            closing = self._balance(element, ("CLBD",))
        except _Wrong as wrong:
            raise _refused(_fault(element, wrong)) from wrong
        found = element.findall(self._name("Ntry"))
        if len(found) > LINES_MAX:
            raise FileTooLarge(limit=f"{LINES_MAX:,}")
        entries = []
        for number, each in enumerate(found, 1):
            try:
                entry = self._entry(number, each)
            except _Wrong as wrong:
                errors.append(_fault(each, wrong))
                continue
            entries += [entry] if entry else []
        self._agree(entries, opening, closing, errors)
        if errors:
            raise _refused(*errors[:ERRORS_MAX])
        account = self._text(element, "Acct", "Id", "IBAN") or self._text(
            element, "Acct", "Id", "Othr", "Id"
        )
        return Parsed(
            format="camt.053", currency=closing[1], entries=tuple(entries), account=account,
            opening=opening[0], closing=closing[0],
        )  # fmt: skip

    @staticmethod
    def _agree(
        entries: list[Entry],
        opening: tuple[int, str],
        closing: tuple[int, str],
        errors: list[FieldError],
    ) -> None:
        currencies = sorted({opening[1], closing[1], *(entry.currency for entry in entries)})
        if len(currencies) > 1:
            errors.append(FieldError("Ccy", "currency_mix", {"found": ", ".join(currencies)}))
        counted = opening[0] + sum(entry.net for entry in entries)
        if not errors and counted != closing[0]:
            facts = {"counted": counted, "found": closing[0]}
            errors.append(FieldError("Bal/CLBD", "balance_differs", facts))
        if not entries and not errors:
            errors.append(FieldError("Ntry", "no_lines"))

    def _balance(self, statement: etree._Element, codes: tuple[str, ...]) -> tuple[int, str]:
        for each in statement.findall(self._name("Bal")):
            if self._text(each, "Tp", "CdOrPrtry", "Cd") in codes:
                return self._signed(each)
        raise _Wrong(f"Bal/{codes[0]}", "element_missing", element=f"Bal {codes[0]}")

    def _entry(self, number: int, element: etree._Element) -> Entry | None:
        status = self._text(element, "Sts", "Cd") or self._text(element, "Sts")
        if status and status != "BOOK":
            return None
        net, currency = self._signed(element)
        fee = sum(
            -self._signed(record)[0]
            for record in element.findall(self._path("Chrgs", "Rcrd"))
            if self._text(record, "ChrgInclInd") == "true"
        )
        details = element.findall(self._path("NtryDtls", "TxDtls"))
        only = details[0] if len(details) == 1 else None
        reference = self._text(only, "Refs", "EndToEndId") if only is not None else ""
        notes = [self._text(each, "RmtInf", "Ustrd") for each in details]
        service = self._text(element, "AcctSvcrRef")
        return Entry(
            number=number,
            kind=self._text(element, "BkTxCd", "Prtry", "Cd") or self._code(element),
            gross=net + fee,
            fee=fee,
            net=net,
            currency=currency,
            at=self._at(element),
            reference="" if reference == _NONE else reference,
            key=service,
            batch=self._text(only, "Refs", "PmtInfId") if only is not None else "",
            note="; ".join(note for note in notes if note)[:TEXT_MAX],
        )

    def _code(self, element: etree._Element) -> str:
        parts = (
            self._text(element, "BkTxCd", "Domn", "Cd"),
            self._text(element, "BkTxCd", "Domn", "Fmly", "Cd"),
            self._text(element, "BkTxCd", "Domn", "Fmly", "SubFmlyCd"),
        )
        return "/".join(part for part in parts if part)

    def _signed(self, element: etree._Element) -> tuple[int, str]:
        amount = element.find(self._name("Amt"))
        if amount is None:
            raise _Wrong("Amt", "element_missing", element="Amt")
        currency = amount.get("Ccy") or ""
        if not is_currency(currency):
            raise _Wrong("Amt", "currency", currency=currency[:12])
        text = (amount.text or "").strip()
        try:
            minor = parse_amount(text, currency)
        except Problem as problem:
            raise _Wrong("Amt", "amount", value=text[:40], currency=currency) from problem
        side = self._text(element, "CdtDbtInd")
        if side not in ("CRDT", "DBIT") or minor < 0:
            raise _Wrong("CdtDbtInd", "choice", value=side[:20])
        return (minor if side == "CRDT" else -minor), currency

    def _at(self, element: etree._Element) -> datetime:
        text = ""
        for name in ("BookgDt", "ValDt"):
            text = text or self._text(element, name, "DtTm") or self._text(element, name, "Dt")
        try:
            at = datetime.fromisoformat(text)
        except ValueError as error:
            raise _Wrong("BookgDt", "line_time", value=text[:40]) from error
        return at if at.tzinfo else at.replace(tzinfo=self._zone)

    def _name(self, name: str) -> str:
        return f"{{{self._space}}}{name}"

    def _path(self, *names: str) -> str:
        return "/".join(self._name(name) for name in names)

    def _text(self, element: etree._Element, *names: str) -> str:
        found = element.find(self._path(*names))
        return (found.text or "").strip()[:TEXT_MAX] if found is not None else ""


def _fault(element: etree._Element, wrong: _Wrong) -> FieldError:
    return FieldError(f"line {element.sourceline}, {wrong.name}", wrong.code, dict(wrong.facts))
