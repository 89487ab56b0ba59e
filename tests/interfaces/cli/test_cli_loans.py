"""The loan calculators as processes: documents, tables and a refusal."""

from __future__ import annotations

from tests.interfaces.cli.conftest import Shell


def test_a_schedule_as_a_document(shell: Shell) -> None:
    told = shell.done(
        "loan", "schedule", "12000", "--rate", "12", "--start", "2026-01-15", "--json"
    ).json
    assert len(told["rows"]) == 12
    assert told["sums"]["principal"] == "12000.00"
    assert told["rates"] == {
        "cn_irr_pct": "12.68",
        "cn_simple_pct": "12.00",
        "eu_aprc_pct": "12.74",
        "us_apr_pct": "12.00",
    }


def test_a_fee_a_month_is_told_as_what_it_costs_a_year(shell: Shell) -> None:
    told = shell.done("loan", "apr", "6000", "--payment", "1045", "--count", "6", "--json").json
    assert told == {"cn_irr_pct": "16.38", "cn_simple_pct": "15.27"}


def test_terms_that_do_not_work_are_named(shell: Shell) -> None:
    said = shell.run("loan", "schedule", "12000", "--rate", "twelve", "--json")
    assert said.code != 0
    assert "bad_loan_terms" in said.out + said.err
    assert "rate" in said.out + said.err
