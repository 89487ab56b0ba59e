"""Products as files: read strictly, checked as a whole, published as versions that never change."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest

from huoshui.catalog import BadProduct, check, read_product, service
from huoshui.core.db import Database, Tx
from huoshui.core.expr import INTEGER, Fact, Schema
from huoshui.lines.lending.product import LENDING

LINES = {"lending": LENDING}
NONE = Schema(())
AGE = Schema((Fact("buyer.age", INTEGER, "Age", "年龄"),))
GOLDEN = Path(service.__file__).parents[1] / "lines" / "lending" / "product" / "golden"
FILE = (GOLDEN / "pay-in-instalments.toml").read_text()


def changed(old: str, new: str) -> bytes:
    """The file with one piece of it in another form."""
    assert FILE.count(old) == 1, old
    return FILE.replace(old, new).encode()


def faults(content: bytes, others: Schema = NONE) -> dict[str, str]:
    """The faults of a file: their codes by their places; each has a text in both languages."""
    with pytest.raises(BadProduct) as refused:
        product = read_product(content, LINES)
        check(product, LENDING, others, ())
    for fault in refused.value.errors:
        assert fault.detail("en") and fault.detail("zh") != fault.detail("en")
    return {fault.pointer: fault.code for fault in refused.value.errors}


@pytest.mark.parametrize(
    ("old", "new", "place", "code"),
    [
        ('line = "lending"', 'line = "gambling"', "/line", "product_line"),
        ('currency = "CNY"', 'currency = "CNX"', "/currency", "product_currency"),
        ("max = 2_000_000", "max = 9_999", "/amount/max", "bounds"),
        ("max = 2_000_000", "max = 1.5", "/amount/max", "type"),
        ('zh = "分期付款"', "", "/name/zh", "missing"),
        ("[terms]", "[surprise]\nx = 1\n[terms]", "/surprise", "unknown"),
        ("instalments = [3, 6, 12]", "instalments = [0]", "/terms/instalments/0", "bounds"),
        ("year_days = 360", 'year_days = 360\nkind = "lottery"', "/terms/kind", "choice"),
        ("year_days = 360", "year_days = 360\ngrace_principal = 3", "/terms/instalments/0", "product_loan"),
        ("cap_annual", "cap_yearly", "/law/cap_yearly", "unknown"),
        ("{irr_compound} (compound)", "{luck} (compound)", "/disclosures/1/en", "product_figure"),
        ("rate_annual = ", "rate_daily = ", "/price/rate_annual", "missing"),
        ("else 0.12", "else", "/price/rate_annual: line 1, column 36", "expr_expected_value"),
        ("asked.amount >= 600 CNY", "asked.amount >= 600 USD", "", ""),
        ("asked.amount >= 600 CNY", "asked.weather", "/eligibility/0/test: line 1, column 27", "expr_name"),
        ("[amount]", "[amount", "", "product_toml"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_by_field(old: str, new: str, place: str, code: str) -> None:
    if not code:
        check(
            read_product(changed(old, new), LINES), LENDING, NONE, ()
        )  # a refusal when it is asked
        return
    assert faults(changed(old, new)).get(place) == code, faults(changed(old, new))


def test_a_fact_that_nothing_provides_cannot_be_read() -> None:
    content = changed("asked.amount >= 600 CNY", "buyer.age >= 18")
    assert faults(content, AGE) == {"": "product_fact"}
    checked = check(read_product(content, LINES), LENDING, AGE, {"buyer.age"})
    assert checked.facts == ("asked.instalments", "buyer.age")
    young = checked.schema.read({"asked.amount": {"amount": 1, "currency": "CNY"},
                                 "asked.instalments": 12, "asked.on": "2026-11-30", "buyer.age": 17})  # fmt: skip
    [refusal] = checked.refusals(young)
    assert (refusal.rule.name, refusal.unknown) == ("large_enough_for_a_year", False)
    [refusal] = checked.refusals({**young, "buyer.age": None})
    assert refusal.unknown


def test_versions_are_numbered_kept_and_never_changed(tx: Tx) -> None:
    first = service.publish(tx, FILE.encode(), LINES, NONE, ())
    assert (first.product, first.number) == ("pay-in-instalments", 1)
    # Neither layout nor comments make another version.
    again = service.publish(tx, b"# another comment\n" + FILE.encode(), LINES, NONE, ())
    assert again == first
    second = service.publish(tx, changed("else 0.12", "else 0.13"), LINES, NONE, ())
    assert second.number == 2 and second.digest != first.digest
    [difference] = service.changed(service.product_of(first), service.product_of(second))
    assert (difference.pointer, difference.before[-4:], difference.after[-4:]) == (
        "/price/rate_annual", "0.12", "0.13",
    )  # fmt: skip
    assert service.version(tx, first.product, 1) == first
    with pytest.raises(service.UnknownProduct):
        service.version(tx, first.product, 3)


def test_the_database_keeps_a_version_as_it_is(book: int, sandbox: Database) -> None:
    with sandbox.begin(book=book) as tx:
        service.publish(tx, FILE.encode(), LINES, NONE, ())
    for change in ("UPDATE catalog_version SET source = ''", "DELETE FROM catalog_version"):
        with pytest.raises(psycopg.errors.IntegrityError), sandbox.begin(book=book) as tx:
            tx.run(f"{change} WHERE book = %(book)s")  # type: ignore[arg-type]


def test_what_is_said_last_in_one_moment_of_a_clock_holds(tx: Tx) -> None:
    row = service.publish(tx, FILE.encode(), LINES, NONE, ())
    for _ in range(3):
        service.offer(tx, row.product, row.number)
        assert service.offered_number(tx, row.product) == row.number
        service.withdraw(tx, row.product)
        assert service.offered_number(tx, row.product) is None


def test_one_version_is_offered_until_another_or_none_is(tx: Tx) -> None:
    name = "pay-in-instalments"
    service.publish(tx, FILE.encode(), LINES, NONE, ())
    service.publish(tx, changed("else 0.12", "else 0.13"), LINES, NONE, ())
    with pytest.raises(service.NotOffered):
        service.offered(tx, name)
    for number in (1, 2, 1):
        service.offer(tx, name, number)
        assert service.offered(tx, name).number == number
    service.offer(tx, name, 1)  # as it is
    service.withdraw(tx, name)
    with pytest.raises(service.NotOffered):
        service.withdraw(tx, name)
    with pytest.raises(service.UnknownProduct):
        service.offer(tx, name, 3)
    [row] = service.products(tx)
    assert (row.product, row.latest, row.offered) == (name, 2, None)
