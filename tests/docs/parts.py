"""The parts of the documentation that are made from the code, so that they cannot go stale.

A page holds `<!-- made: NAME -->` … `<!-- end -->`; what stands between is written by
`python -m tests.docs.parts` and compared by the tests.
"""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, get_args

from cyclopts import App

import huoshui
from huoshui.catalog import check, read_product
from huoshui.core import access, i18n, money
from huoshui.core.errors import Problem
from huoshui.core.expr import Schema
from huoshui.core.settings import Settings
from huoshui.facts import activity
from huoshui.interfaces.api import HANDLERS
from huoshui.interfaces.api.contract import contract_of
from huoshui.interfaces.cli.commands import build
from huoshui.judgement.risk import features
from huoshui.ledger.model import TRANSIENT, Code
from huoshui.ledger.template import Entry
from huoshui.lines.lending import lint
from huoshui.lines.lending.factoring import ASSIGNMENT, FACTORING
from huoshui.lines.lending.factoring import chart as factoring
from huoshui.lines.lending.factoring.product import quote
from huoshui.lines.lending.partners import CLAIM
from huoshui.lines.lending.partners import chart as partners
from huoshui.lines.lending.product import Asked, quote_checked
from huoshui.lines.payments.chart import CHART, TEMPLATES
from huoshui.lines.payments.escrow.model import ESCROW
from huoshui.lines.payments.escrow.terms import Terms
from huoshui.scenarios.products import LINES, checked, golden

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
_PART = re.compile(r"(<!-- made: ([a-z]+) -->\n).*?(<!-- end -->)", re.DOTALL)
_WORDS = {
    "en": {
        "command": "Command", "does": "What it does", "options": "Arguments and options",
        "code": "Code", "status": "Status", "title": "Title", "detail": "Detail",
        "scope": "Scope", "may": "May", "posting": "Posting", "debit": "Debit",
        "credit": "Credit", "amount": "Amount", "kind": "Kind", "path": "Path", "class": "Class", "floor": "Floor",
        "setting": "Setting", "default": "Default", "meaning": "Meaning",
        "chart": "Chart", "how": "How it is reckoned", "call": "Call", "query": "Query",
        "key": "Idempotency-Key", "dry": "dry_run", "required": "required",
        "optional": "optional", "": "", "yes": "yes", "burns": "Uses the id up",
        "no": "no", "must": "must", "about": "Must name", "attributes": "Attributes",
        "feature": "Feature", "owner": "Owner", "sensitivity": "Sensitivity", "where": "Condition",
        "ordinary": "ordinary", "personal": "personal", "secret": "secret", "protected": "protected",
    },
    "zh": {
        "command": "命令", "does": "作用", "options": "参数与选项",
        "code": "代码", "status": "状态码", "title": "标题", "detail": "说明",
        "scope": "权限", "may": "可以", "posting": "分录", "debit": "借",
        "credit": "贷", "amount": "金额", "kind": "种类", "path": "路径", "class": "类别", "floor": "下限",
        "setting": "设置", "default": "默认", "meaning": "含义",
        "chart": "图", "how": "算法", "call": "调用", "query": "查询参数",
        "key": "Idempotency-Key", "dry": "dry_run", "required": "必需",
        "optional": "可选", "": "", "yes": "可", "burns": "编号作废",
        "no": "无", "must": "必有", "about": "必须指明", "attributes": "属性",
        "feature": "特征", "owner": "负责方", "sensitivity": "敏感度", "where": "条件",
        "ordinary": "一般", "personal": "个人", "secret": "保密", "protected": "受保护",
    },
}  # fmt: skip


def pages() -> list[Path]:
    """Every page of both languages."""
    return sorted(DOCS.glob("en/*.md")) + sorted(DOCS.glob("zh/*.md"))


def filled(page: Path) -> str:
    """A page's text with its made parts as the code has them now."""
    lang = page.parent.name

    def part(match: re.Match[str]) -> str:
        return f"{match[1]}{PARTS[match[2]](lang)}\n{match[3]}"

    return _PART.sub(part, page.read_text(encoding="utf-8"))


@cache
def problems() -> dict[str, type[Problem]]:
    """Every problem of the package by its code."""
    for module in pkgutil.walk_packages(huoshui.__path__, "huoshui."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    return {kind.code: kind for kind in _below(Problem)} | {Problem.code: Problem}


@cache
def commands() -> dict[str, App]:
    """Every command of the command line by its name."""
    app = build(lambda *_: None, Settings())
    return {name: app[name] for name in sorted(app) if not name.startswith("-")}


def _below(kind: type[Problem]) -> Iterator[type[Problem]]:
    for below in kind.__subclasses__():
        if below.__module__.startswith("huoshui."):
            yield below
        yield from _below(below)


def _table(lang: str, heads: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    lines = [
        "| " + " | ".join(_WORDS[lang][head] for head in heads) + " |",
        "|" + "---|" * len(heads),
    ]
    lines += ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows]
    return "\n".join(lines)


def _errors(lang: str) -> str:
    rows = [
        (
            f"`{code}`",
            str(kind.status),
            i18n.text(f"problem.{code}.title", lang),
            i18n.text(f"problem.{code}.detail", lang),
        )
        for code, kind in sorted(problems().items())
    ]
    return _table(lang, ("code", "status", "title", "detail"), rows)


def _commands(lang: str) -> str:
    rows = []
    for name, app in commands().items():
        below = {f"{name} {each}": app[each] for each in sorted(app) if not each.startswith("-")}
        for said, command in (below or {name: app}).items():
            told = i18n.text(f"cli.help.{said.replace(' ', '.')}", lang)
            rows.append((f"`huoshui {said}`", told, _options(command)))
    return _table(lang, ("command", "does", "options"), rows)


def _options(app: App) -> str:
    found = []
    for argument in app.assemble_argument_collection():
        names = [n for n in argument.names if not n.startswith(("--no-", "--empty-"))]
        name = argument.field_info.name if argument.field_info.is_positional else names[0]
        default = argument.field_info.default
        shown = str(name).upper() if argument.field_info.is_positional else str(name)
        plain = default in (argument.field_info.empty, None, "", False)
        found.append(f"`{shown}`" if plain else f"`{shown}` ({default})")
    return ", ".join(found)


def _scopes(lang: str) -> str:
    texts = i18n.catalogue()
    rows = [
        (f"`{scope}`", texts.get(f"scope.{scope}", {}).get(lang, meaning))
        for scope, meaning in access.SCOPES.items()
    ]
    return _table(lang, ("scope", "may"), rows)


def _escrow(_: str) -> str:
    return f"```mermaid\n{ESCROW.mermaid()}\n```"


def _postings(lang: str) -> str:
    rows = [
        (f"`{name}`", _side(template.debit), _side(template.credit))
        for name, template in TEMPLATES.items()
    ]
    return _table(lang, ("posting", "debit", "credit"), rows)


def _side(entries: tuple[Entry, ...]) -> str:
    return "<br>".join(f"`{entry.account}` {entry.amount}" for entry in entries)


def _chart(lang: str) -> str:
    rows = [
        (f"`{k.name}`", f"`{k.pattern}`", k.class_, "" if k.floor is None else str(k.floor))
        for k in CHART.kinds
    ]
    return _table(lang, ("kind", "path", "class", "floor"), rows)


def _terms(lang: str) -> str:
    defaults = Terms()
    rows = [
        (f"`{name}`", f"`{_toml(getattr(defaults, name))}`", i18n.text(f"report.term.{name}", lang))
        for name in Terms.__struct_fields__
    ]
    return _table(lang, ("setting", "default", "meaning"), rows)


def _toml(value: object) -> str:
    if value is None:
        return "—"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return f"[{', '.join(_toml(each) for each in value)}]"
    return f'"{value}"' if isinstance(value, str) else str(value)


def _endpoints(lang: str) -> str:
    words = _WORDS[lang]
    rows = []
    for handler in HANDLERS:
        contract = contract_of(handler)
        path = re.sub(r"\{\w+:\w+\}", "{id}", min(handler.paths))
        query = ", ".join(f"`{name}`" for name in sorted(contract.parameters))
        rows.append(
            (
                f"`{min(handler.http_methods - {'HEAD'})} /v1{path}`",
                f"`{contract.scope}`" if contract.scope else "",
                words[contract.idempotency],
                words["yes"] if contract.dry_run else "",
                query,
            )
        )
    return _table(lang, ("call", "scope", "key", "dry", "query"), rows)


def _codes(lang: str) -> str:
    rows = [
        (
            f"`{code}`",
            _WORDS[lang]["yes"] if code in TRANSIENT else "",
            i18n.text(f"field.{code}", lang) if code != "created" else "",
        )
        for code in get_args(Code)
    ]
    return _table(lang, ("code", "burns", "detail"), rows)


def _charts(lang: str) -> str:
    texts = i18n.catalogue()
    keys = [k[: -len(".how")] for k in texts if re.fullmatch(r"report\.chart\.\w+\.how", k)]
    rows = [(texts[key][lang], texts[f"{key}.how"][lang]) for key in keys]
    return _table(lang, ("chart", "how"), rows)


def _assignment(_: str) -> str:
    return f"```mermaid\n{ASSIGNMENT.mermaid()}\n```"


def _factoring_postings(lang: str) -> str:
    rows = [
        (f"`{name}`", _side(template.debit), _side(template.credit))
        for name, template in factoring.TEMPLATES.items()
    ]
    return _table(lang, ("posting", "debit", "credit"), rows)


def _cover_claim(_: str) -> str:
    return f"```mermaid\n{CLAIM.mermaid()}\n```"


def _partner_postings(lang: str) -> str:
    rows = [
        (f"`{name}`", _side(template.debit), _side(template.credit))
        for name, template in partners.TEMPLATES.items()
    ]
    return _table(lang, ("posting", "debit", "credit"), rows)


def _factoring_products(lang: str) -> str:
    """What the golden files say, with a quote of 10,000.00 over 30 days."""
    parts = []
    for file in sorted((Path(factoring.__file__).parent / "golden").glob("*.toml")):
        product = read_product(file.read_bytes(), {FACTORING.name: FACTORING})
        found = quote(check(product, FACTORING, Schema(()), ()), 1_000_000, 30)
        told = [f"- {said.say(lang)}" for said in found.disclosures]
        tables = [
            f"`[{name}]` " + ", ".join(f"`{key} = {_toml(value)}`" for key, value in each.items())
            for name, each in product.tables.items()
        ]
        prices = ", ".join(f"`{name} = {source}`" for name, source in product.price.items())
        head = f"### {product.name.say(lang)}\n\n{product.about.say(lang)}\n"
        body = [f"`[price]` {prices}", *tables]
        parts.append("\n".join([head, "\n\n".join(body), "", *told]))
    return "\n\n".join(parts)


def _loan_products(lang: str) -> str:
    """What the golden files of loans say, with a loan of each and the entries of its life."""
    parts = []
    for name, text in sorted(golden()):
        product = read_product(text.encode(), LINES)
        if product.line != "lending":
            continue
        own = checked(product)
        count = min(product.tables["terms"]["instalments"])
        asked = Asked(product.amount.max, count, date(2026, 12, 1))
        found = quote_checked(own, asked, {})
        told = [f"- {said.say(lang)}" for said in found.disclosures]
        who = [f"- {rule.say(lang)}" for rule in product.eligibility]
        prices = ", ".join(f"`{key} = {source}`" for key, source in product.price.items())
        tables = [_told_table(key, each) for key, each in product.tables.items()]
        rows = [
            (f"`{e.template.removeprefix('loan.')}`", f"`{e.debit.replace(':' + name, '')}`",
             f"`{e.credit.replace(':' + name, '')}`", f"{money.major(e.amount, product.currency):,}")
            for e in lint.entries(own, asked)
        ]  # fmt: skip
        entries = _table(lang, ("posting", "debit", "credit", "amount"), rows)
        head = f"## {product.name.say(lang)}\n\n{product.about.say(lang)} (`{name}.toml`)\n"
        parts.append("\n\n".join([head.rstrip(), f"`[price]` {prices}", *tables,
                                  "\n".join([*who, *told]), entries]))  # fmt: skip
    return "\n\n".join(parts)


def _told_table(name: str, value: Any) -> str:
    """A table of a product's file as one paragraph."""
    if isinstance(value, list):
        return "\n\n".join(_told_table(f"[{name}]", each) for each in value)
    plain = {key: each for key, each in value.items() if not _holds_tables(each)}
    below = {key: each for key, each in value.items() if _holds_tables(each)}
    pairs = ", ".join(f"`{key} = {_toml(each)}`" for key, each in plain.items())
    told = [f"`[{name}]` {pairs}"] if plain else []
    return "\n\n".join(
        [*told, *(_told_table(f"{name}.{key}", each) for key, each in below.items())]
    )


def _holds_tables(value: Any) -> bool:
    return isinstance(value, dict) or (
        isinstance(value, list) and any(isinstance(each, dict) for each in value)
    )


def _activity_kinds(lang: str) -> str:
    words = _WORDS[lang]
    heads = ("kind", "meaning", "about", "amount", "attributes")
    rows = [
        (
            f"`{kind.name}`", getattr(kind, lang), ", ".join(kind.about), words[kind.amount],
            "; ".join(f"`{f.name}` {f.type}: {getattr(f, lang)}" for f in kind.fields),
        )
        for kind in activity.KINDS.values()
    ]  # fmt: skip
    return _table(lang, heads, rows)


def _features(lang: str) -> str:
    rows = [
        (f"`{f.name}`", f.words(lang), f.owner, _WORDS[lang][f.sensitivity], f"`{f.where}`" if f.where else "")
        for f in features.catalogue().values()
    ]  # fmt: skip
    return _table(lang, ("feature", "meaning", "owner", "sensitivity", "where"), rows)


PARTS: dict[str, Callable[[str], str]] = {
    "features": _features,
    "activitykinds": _activity_kinds,
    "errors": _errors,
    "commands": _commands,
    "scopes": _scopes,
    "escrow": _escrow,
    "postings": _postings,
    "chart": _chart,
    "terms": _terms,
    "charts": _charts,
    "codes": _codes,
    "endpoints": _endpoints,
    "assignment": _assignment,
    "factoringpostings": _factoring_postings,
    "factoringproducts": _factoring_products,
    "loanproducts": _loan_products,
    "coverclaim": _cover_claim,
    "partnerpostings": _partner_postings,
}


if __name__ == "__main__":
    for page in pages():
        page.write_text(filled(page), encoding="utf-8")
