"""Templates balance for any amounts, or are refused with what is left over."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huoshui.ledger.template import Template, UnbalancedTemplate, read_templates
from huoshui.lines.payments.chart import CHART, TEMPLATES


def test_a_balanced_template_makes_legs_that_pair_debits_with_credits() -> None:
    template = read_templates("""
        [sale]
        debit = ["cash total"]
        credit = ["sales net", "tax vat"]
        where = { total = ["net", "vat"] }
    """)["sale"]
    legs = template.legs({}, {"net": 100, "vat": 19})
    assert [(leg.source, leg.target, leg.amount) for leg in legs] == [
        ("cash", "sales", 100),
        ("cash", "tax", 19),
    ]


@pytest.mark.parametrize(
    ("body", "left"),
    [
        ('debit = ["a x"]\ncredit = ["b y"]', "+1·x -1·y"),
        ('debit = ["a x", "a x"]\ncredit = ["b x"]', "+1·x"),
        ('debit = ["a t"]\ncredit = ["b x"]\nwhere = { t = ["x", "y"] }', "+1·y"),
        ("debit = []\ncredit = []", "∅"),
    ],
)
def test_an_unbalanced_template_is_refused_and_says_what_is_left(body: str, left: str) -> None:
    with pytest.raises(UnbalancedTemplate) as caught:
        read_templates(f"[odd]\n{body}")
    assert caught.value.facts == {"template": "odd", "difference": left}
    assert "odd" in caught.value.detail("en") and left in caught.value.detail("zh")


@given(st.lists(st.integers(0, 10**9), min_size=4, max_size=4))
def test_legs_carry_every_amount_and_leave_out_zeros(values: list[int]) -> None:
    amounts = dict(zip(("seller", "commission", "tax", "freight"), values, strict=True))
    legs = TEMPLATES["order_released"].legs({"seller": "slr_1"}, amounts)
    gained = Counter[str]()
    for leg in legs:
        assert leg.amount > 0
        gained[leg.target] += leg.amount
        gained[leg.source] -= leg.amount
    assert sum(gained.values()) == 0
    assert gained["merchant:slr_1:settlement"] == amounts["seller"]
    assert -gained["escrow"] == sum(values)


# A place of a path, or a whole path that its line chooses.
PLACES = {
    "rail": "card", "seller": "slr_1", "party": "byr_1", "payer": "byr_1", "cause": "unmatched",
    "source": "wallet:byr_1", "part": "merchant:slr_1:settlement", "target": "bank:main",
    "to": "bank:main", "of": "rail:card:clearing", "missing": "rail:card:differences",
}  # fmt: skip


@pytest.mark.parametrize("template", TEMPLATES.values(), ids=lambda t: t.name)
def test_every_account_of_the_payment_line_is_of_a_kind_in_its_chart(template: Template) -> None:
    for entry in (*template.debit, *template.credit):
        path = entry.account.format(**PLACES)
        assert CHART.kind_of(path) is not None, path
