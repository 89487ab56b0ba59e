"""Texts: in both languages, with the same places to fill, and none missing for what is raised."""

from __future__ import annotations

import ast
import importlib
import pkgutil
import re
from collections.abc import Iterator
from functools import cache
from string import Formatter
from typing import Any

import pytest

import huoshui
from huoshui.core import i18n
from huoshui.core.access import SCOPES
from huoshui.core.errors import Problem
from huoshui.facts.milestones.model import SOURCE
from huoshui.interfaces.cli.bench import BENCHES
from huoshui.interfaces.cli.claims import CLAIMS
from huoshui.judgement.risk.models.trainings import TRAINING
from huoshui.judgement.risk.suspects import SUSPECT
from huoshui.judgement.risk.versions import VERSION
from huoshui.lines.lending import impairment
from huoshui.lines.lending.day.proposal import PROPOSAL
from huoshui.lines.lending.facility import chart as facility
from huoshui.lines.lending.facility.model import APPEAL, FACILITY
from huoshui.lines.lending.factoring import chart as factoring
from huoshui.lines.lending.factoring.machine import ASSIGNMENT, WITHIN
from huoshui.lines.lending.loan import LOAN
from huoshui.lines.lending.loan.relief import REQUEST
from huoshui.lines.lending.marks import WATCH
from huoshui.lines.lending.partners import CLAIM
from huoshui.lines.lending.partners import chart as partners
from huoshui.lines.lending.postings import CHART as LOAN_CHART
from huoshui.lines.lending.postings import TEMPLATES as LOAN_TEMPLATES
from huoshui.lines.payments.chart import CHART, TEMPLATES
from huoshui.lines.payments.devices import DEVICE
from huoshui.lines.payments.escrow.model import ESCROW
from huoshui.lines.payments.mandates import DEBIT, MANDATE
from huoshui.lines.payments.vouchers import PROGRAMME, VOUCHER
from huoshui.scenarios.disbursing import DISBURSEMENT
from huoshui.scenarios.disbursing.service import TEMPLATES as DISBURSED
from huoshui.scenarios.pay_later.posting import TEMPLATES as PAY_LATER
from tests.tidy.test_style import sources

TEXTS = i18n.catalogue()
MACHINES = (
    SUSPECT,
    APPEAL,
    SOURCE,
    FACILITY,
    ASSIGNMENT,
    ESCROW,
    DEVICE,
    MANDATE,
    DEBIT,
    PROGRAMME,
    VOUCHER,
    LOAN,
    CLAIM,
    REQUEST,
    VERSION,
    WATCH,
    PROPOSAL,
    DISBURSEMENT,
    TRAINING,
)
ENTRIES = {
    *TEMPLATES,
    *factoring.TEMPLATES,
    *facility.TEMPLATES,
    *partners.TEMPLATES,
    *DISBURSED,
    *PAY_LATER,
} | {f"loan.{name}" for name in (*LOAN_TEMPLATES, *impairment.TEMPLATES)}
ACCOUNTS = {
    kind.name
    for chart in (
        CHART,
        factoring.CHART,
        facility.CHART,
        partners.CHART,
        LOAN_CHART,
        impairment.CHART,
    )
    for kind in chart.kinds
}
CHINESE = re.compile(r"[\u4e00-\u9fff]")
# Same in both languages, or names that are not translated.
NOT_TRANSLATED = re.compile(r"console\.(brand|language|export|keys\.(all|esc))|\.csv$|\.json$|hhi")


@cache
def calls_by_name() -> dict[str, list[tuple[str, Any]]]:
    """Every call of the package by the name of what is called, each with its place."""
    found: dict[str, list[tuple[str, Any]]] = {}
    for path, _, tree in sources():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                called = getattr(node.func, "id", getattr(node.func, "attr", ""))
                found.setdefault(called, []).append((f"{path}:{node.lineno}", node))
    return found


def calls(name: str) -> list[tuple[str, Any]]:
    """Every call of a function or method of that name, with its place."""
    return calls_by_name().get(name, [])


def places(template: str) -> set[str]:
    """The names of the places in a text."""
    return {name for _, name, _, _ in Formatter().parse(template) if name is not None}


def problems() -> Iterator[type[Problem]]:
    """Every class of problem in the package."""
    for module in pkgutil.walk_packages(huoshui.__path__, "huoshui."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    waiting: list[type[Problem]] = [Problem]
    while waiting:
        kind = waiting.pop()
        yield kind
        waiting += kind.__subclasses__()


def _code(kind: Any) -> str:
    return str(kind.code)


def test_every_text_stands_in_both_languages_with_the_same_places() -> None:
    bad = []
    for key, text in TEXTS.items():
        if set(text) != set(i18n.LANGUAGES) or not all(text.values()):
            bad.append(f"{key}: languages {sorted(text)}")
        elif places(text["en"]) != places(text["zh"]):
            bad.append(f"{key}: {places(text['en'])} and {places(text['zh'])}")
    assert bad == []


@pytest.mark.parametrize("kind", sorted(problems(), key=_code), ids=_code)
def test_every_problem_has_its_texts_and_its_own_code(kind: type[Problem]) -> None:
    if kind.__module__.startswith("huoshui"):
        for part in ("title", "detail"):
            assert f"problem.{kind.code}.{part}" in TEXTS
        assert 400 <= kind.status < 600
        assert kind is Problem or "code" in vars(kind) or kind.__name__.startswith("_")


def test_no_two_problems_share_a_code() -> None:
    codes: dict[str, set[str]] = {}
    for kind in problems():
        if kind.code != Problem.code and "code" in vars(kind):
            codes.setdefault(kind.code, set()).add(kind.__name__)
    assert {code: names for code, names in codes.items() if len(names) > 1} == {}


def test_every_problem_is_raised_with_the_facts_of_its_text() -> None:
    bad = []
    for kind in problems():
        texts = [TEXTS[f"problem.{kind.code}.{part}"]["en"] for part in ("title", "detail")]
        wanted = {place for text in texts for place in places(text)}
        for place, call in calls(kind.__name__):
            given = {word.arg for word in call.keywords}
            if None not in given and wanted - given:
                bad.append(f"{place} {kind.__name__} lacks {sorted(wanted - given)}")
    assert bad == []


def test_every_code_of_a_field_error_has_its_text() -> None:
    codes = [
        (place, call.args[1].value)
        for place, call in calls("FieldError")
        if len(call.args) > 1 and isinstance(call.args[1], ast.Constant)
    ]
    assert [(place, code) for place, code in codes if f"field.{code}" not in TEXTS] == []
    assert len(codes) > 10


def test_every_name_of_the_product_has_its_text() -> None:
    wanted = [f"scope.{scope}" for scope in SCOPES]
    wanted += [f"state.{each.name}.{state}" for each in MACHINES for state in each.states]
    wanted += [f"verb.{each.name}.{verb}" for each in MACHINES for verb in each.moves]
    wanted += [f"account.{name}" for name in sorted(ACCOUNTS)]
    wanted += [f"template.{name}" for name in sorted(ENTRIES)]
    assert [key for key in wanted if key not in TEXTS] == []


def test_no_text_is_left_of_what_is_gone() -> None:
    codes = {kind.code for kind in problems()}
    known = {
        "problem": {f"{code}.{part}" for code in codes for part in ("title", "detail")},
        "scope": set(SCOPES),
        "account": ACCOUNTS,
        "template": {*ENTRIES, "reversal"},
        "verb": {f"{each.name}.{verb}" for each in MACHINES for verb in each.moves}
        | {f"assignment.{verb}" for verb in ("offer", *WITHIN)}
        | {"cover_claim.draft", "cover_claim.follow"},
    }
    left = []
    for key in TEXTS:
        area, _, rest = key.partition(".")
        if area in known and rest not in known[area]:
            left.append(key)
    assert left == []


def test_every_event_that_is_emitted_has_its_text() -> None:
    told = {
        str(call.args[0].value)
        for _, call in calls("emit")
        if call.args and isinstance(call.args[0], ast.Constant)
    }
    flow = next(text for path, text, _ in sources() if path == "lines/payments/escrow/model.py")
    told |= set(re.findall(r'"((?:order|tender)\.[a-z]+)"', flow))
    assert sorted(kind for kind in told if f"event.{kind}" not in TEXTS) == []
    assert len(told) > 5


def test_chinese_is_chinese_and_english_is_english() -> None:
    odd = [
        key
        for key, text in TEXTS.items()
        if not NOT_TRANSLATED.search(key)
        and (CHINESE.search(text["en"]) and not CHINESE.search(text["zh"]))
    ]
    assert odd == []


def test_every_benchmark_and_claim_is_told() -> None:
    names = {f"cli.bench.{name}" for name in BENCHES}
    told = {f"cli.claim.{c.system}.{part}" for c in CLAIMS for part in ("study", "ours", "words")}
    assert sorted((names | told) - TEXTS.keys()) == []
    assert {claim.bench.partition("-")[0] for claim in CLAIMS} <= BENCHES.keys()
