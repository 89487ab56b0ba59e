"""The loan contract as a paper, drawn from its facts alone. No I/O."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from huoshui.interfaces.papers.model import Block, Fields, Heading, Paper, Table, Text
from huoshui.interfaces.papers.words import Words
from huoshui.lines.lending.loan.paper import Contract

_LAWS = ("cn_simple", "cn_irr", "eu_aprc", "us_apr")


def agreement(contract: Contract, lang: str) -> Paper:
    """The contract in a language."""
    words = Words(lang, contract.currency)
    parts = [
        _parties,
        _loan,
        _cost,
        _disclosed,
        _schedule,
        _paying,
        _late,
        _leaving,
        _others,
        _proof,
    ]
    if not _others(contract, words):
        parts.remove(_others)
    blocks: list[Block] = []
    for number, part in enumerate(parts, 1):
        name = part.__name__.removeprefix("_")
        heading = words.say("heading", n=_numeral(number, lang), title=words.say(f"part.{name}"))
        blocks += [Heading(heading), *part(contract, words)]
    return Paper(
        lang=lang,
        title=words.say("contract"),
        subtitle=words.say("contract.of", product=contract.name.say(lang), loan=contract.loan),
        author=contract.parties.lender,
        foot=words.say("foot", loan=contract.loan, digest=contract.digest),
        page=words.say("page", n="{n}", of="{of}"),
        blocks=tuple(blocks),
    )


def _numeral(n: int, lang: str) -> str:
    return "一二三四五六七八九十"[n - 1] if lang == "zh" else str(n)


def _parties(contract: Contract, words: Words) -> list[Block]:
    of = contract.parties
    name = words.say("named", name=of.borrower_name, id=of.borrower)
    return [Fields(((words.say("lender"), of.lender), (words.say("borrower"), name)))]


def _loan(contract: Contract, words: Words) -> list[Block]:
    say, terms = words.say, contract.terms
    version = say("version", name=contract.name.say(words.lang), n=contract.version)
    rows = [
        (say("product"), version),
        (say("amount"), words.amount(contract.amount)),
        (say("instalments"), say("instalments.of", n=contract.instalments, every=_every(terms, words))),
        (say("kind"), say(f"kind.{terms['kind']}")),
        (say("rate"), say("rate.of", rate=words.share(contract.rate_annual), method=say(f"method.{terms['method']}"))),
        (say("applied"), words.day(contract.applied_on)),
        (say("until"), words.moment(contract.offered_until)),
    ]  # fmt: skip
    first = ("grace_principal", "grace_interest", "interest_free")
    parts = ("down_payment", "balloon")
    rows += [(say(name), say("periods", n=terms[name])) for name in first if terms[name]]
    rows += [(say(name), words.share(terms[name])) for name in parts if terms[name] != "0"]
    return [Text(contract.about.say(words.lang)), Fields(tuple(rows)), *_account(contract, words)]


def _account(contract: Contract, words: Words) -> list[Block]:
    """How a line or an advance asks for what is owed, where it is no loan of fixed instalments."""
    say, share = words.say, words.share
    told = []
    if contract.statement:
        of = contract.statement
        floor, days = words.amount(of["minimum_floor"]), of["due_days"]
        least, whole = share(of["minimum_share"]), say(f"minimum.{of['minimum_of']}")
        told.append(say("revolving", least=least, whole=whole, floor=floor, days=days))
        told.append(say(f"bears.{of['bears_from']}"))
    if contract.sales:
        of = contract.sales
        told.append(say("sales", share=share(of["share"]), n=of["longest"]))
        if of["least"] != "0":
            told.append(say("sales.least", least=share(of["least"])))
        if of["fee"] != "0":
            told.append(say("sales.fee", fee=share(of["fee"])))
    return [Text(each) for each in told]


def _every(terms: dict[str, Any], words: Words) -> str:
    unit, every = terms["unit"], terms["every"]
    return words.say(f"every.{unit}" if every == 1 else f"every.{unit}.n", n=every)


def _cost(contract: Contract, words: Words) -> list[Block]:
    say, told = words.say, contract.disclosure
    sums, rates, fee = told["sums"], told["rates"], told["fee"]
    received = contract.amount - fee
    rows = [
        (say("received"), words.amount(received)),
        (say("fee"), words.amount(fee) if fee else say("none")),
        (say("interest"), words.amount(sums["interest"])),
        (say("repaid"), words.amount(sums["total"])),
        (say("credit_cost"), words.amount(sums["total"] - received)),
    ]
    laws = [(say(f"law.{law}"), f"{rates[f'{law}_pct']}%") for law in _LAWS]
    cap = say("cap", cap=words.share(contract.cap_annual))
    return [Fields(tuple(rows)), Fields(tuple(laws)), Text(cap, small=True)]


def _disclosed(contract: Contract, words: Words) -> list[Block]:
    return [Text(said[words.lang]) for said in contract.disclosure["texts"]]


def _schedule(contract: Contract, words: Words) -> list[Block]:
    say, bare = words.say, words.bare
    heads = ("n", "due", "principal", "interest", "total", "balance")
    told = contract.disclosure["instalments"]
    rows = tuple(
        (str(r["n"]), words.day(r["due"]), bare(r["principal"]), bare(r["interest"]),
         bare(r["total"]), bare(r["balance"]))
        for r in told
    )  # fmt: skip
    sums = {name: sum(row[name] for row in told) for name in ("principal", "interest", "total")}
    total = ("", say("sum"), *(bare(each) for each in sums.values()), "")
    table = Table(
        tuple(say(f"head.{head}") for head in heads),
        ("left", "left", "right", "right", "right", "right"), (6, 20, 18, 16, 18, 20),
        rows, total,
    )  # fmt: skip
    return [Text(say("schedule.from"), small=True), table]


def _paying(contract: Contract, words: Words) -> list[Block]:
    flow = contract.waterfall
    order = words.listed(flow["order"], "component")
    told = [
        words.say(f"direction.{flow['direction']}", order=order),
        words.say("early", spared=words.say(f"preclose.{contract.life['preclose']}")),
    ]
    return [Text(each) for each in told]


def _late(contract: Contract, words: Words) -> list[Block]:
    told = _earns(contract, words)
    told.append(_charges(contract, words))
    told.append(words.say("late.relief"))
    return [Text(each) for each in told]


def _earns(contract: Contract, words: Words) -> list[str]:
    """What overdue principal earns: by the contract's rate, at a penalty rate, or nothing."""
    of = contract.penalty
    if of is None:
        earn = "earn" if contract.life["earn_on_overdue"] else "earn_not"
        return [words.say(f"late.{earn}", rate=words.share(contract.rate_annual))]
    account = contract.statement is not None or contract.sales is not None
    rate = Decimal(contract.rate_annual) * Decimal(of["times"]) + Decimal(of["plus"])
    if of["cap"] is not None:
        rate = min(rate, Decimal(of["cap"]))
    told = [
        words.say(
            "penalty.beside" if account else "penalty", rate=words.share(str(rate)),
            what=words.say("penalty.both" if of["compound"] else "penalty.principal"),
            days=of["day_count"],
        )
    ]  # fmt: skip
    if of["grace_days"]:
        told.append(words.say(f"penalty.grace.{of['since']}", n=of["grace_days"]))
    if of["most"] is not None:
        told.append(words.say("penalty.most", most=words.share(of["most"])))
    return told


def _charges(contract: Contract, words: Words) -> str:
    """What an instalment costs that is not paid in time, by the product's own table."""
    late = contract.late
    if late is None:
        return words.say("late.charges")
    parts = {"fee": words.amount(late["fee"]), "share": words.share(late["share"])}
    key = "both" if late["fee"] and late["share"] != "0" else "fee" if late["fee"] else "share"
    asked = words.say(f"late.{key}", **parts)
    most = words.share(late["most"])
    return words.say("late.charged", days=late["grace_days"], asked=asked, most=most)


def _others(contract: Contract, words: Words) -> list[Block]:
    """Who else funds the loan, bears its losses, or pays a part of what it costs."""
    say, share = words.say, words.share
    told = [
        say("funder", party=contract.named(each["party"], words.lang), principal=share(each["principal"]), interest=share(each["interest"]))
        for each in contract.funders
    ]  # fmt: skip
    if contract.losses:
        ordered = sorted(contract.losses["covers"], key=lambda each: int(each["order"]))
        told += [_cover(contract, each, words) for each in ordered]
        told.append(say(f"losses.rest.{contract.losses['rest']}"))
        told.append(say("losses.yours"))
    if contract.premium:
        of = contract.premium
        parts = {name: share(of[name]) for name in ("rate", "borrower", "merchant")}
        told.append(say("premium", party=contract.named(of["party"], words.lang), **parts))
    if contract.subsidy:
        told.append(
            say(
                "subsidy",
                party=contract.named(contract.subsidy["party"], words.lang),
                share=share(contract.subsidy["share"]),
            )
        )
    if contract.merchant:
        told.append(_merchant(contract, contract.merchant, words))
    return [Text(each) for each in told]


def _merchant(contract: Contract, of: dict[str, Any], words: Words) -> str:
    if "discount" in of:  # as contracts said it before it was a fee
        return words.say("merchant.discount", share=words.share(of["discount"]))
    fee = of["by_instalments"].get(str(contract.instalments), of["fee"])
    return words.say("merchant", share=words.share(fee))


def _cover(contract: Contract, each: dict[str, Any], words: Words) -> str:
    facts = {
        "party": contract.named(each["party"], words.lang), "role": words.say(f"role.{each['role']}"),
        "share": words.share(each["share"]), "basis": words.say(f"basis.{each['basis']}"),
        "components": words.listed(list(each["components"]), "lost"),
    }  # fmt: skip
    if each["most"] is None:
        return words.say("cover", **facts)
    return words.say("cover.most", most=words.amount(each["most"]), **facts)


def _leaving(contract: Contract, words: Words) -> list[Block]:
    days = contract.cooling_off_days
    told = words.say("cooling", n=days) if days else words.say("cooling.none")
    return [Text(told)]


def _proof(contract: Contract, words: Words) -> list[Block]:
    told = {"digest": contract.digest, "product_digest": contract.product_digest}
    digests = [Text(words.say(name, digest=digest), small=True) for name, digest in told.items()]
    return [Text(words.say("proof")), *digests]
