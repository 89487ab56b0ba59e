"""Partners of lending: who gains what, and the claims on those who bear losses."""

from __future__ import annotations

from collections.abc import Mapping

from huoshui.core import i18n, ids
from huoshui.core.db import Tx
from huoshui.core.money import Money
from huoshui.facts import partners as names
from huoshui.facts.partners import PartnerName
from huoshui.interfaces.console.page import (
    AnalysisPage,
    ApiCall,
    Chart,
    Choice,
    Code,
    Column,
    Deed,
    Empty,
    Figure,
    Filter,
    Frame,
    Id,
    Input,
    Link,
    ListPage,
    Moment,
    ObjectPage,
    Row,
    Series,
    Status,
    Step,
    Table,
    Tone,
    Unit,
)
from huoshui.interfaces.console.pages import asked
from huoshui.lines.lending.partners import CLAIM, CoverClaim, service, store
from huoshui.lines.lending.partners.claim import ASKED
from huoshui.lines.lending.partners.statement import Statement
from huoshui.scenarios import partners

NAMES = "parties:write"
_TONES: dict[str, Tone] = {
    "drafted": "accent", "submitted": "accent", "accepted": "good", "part_accepted": "warn",
    "refused": "bad", "paid": "good", "recovering": "warn", "withdrawn": "neutral",
}  # fmt: skip
_WAY = ("drafted", "submitted", "accepted", "paid")
_MONEY = ("due", "claimed", "accepted", "paid", "outstanding")


def partners_page(tx: Tx, frame: Frame, _: str = "") -> AnalysisPage:
    """Who gains what by each product: a chart and a table of all parties."""
    found, known = partners.all_statements(tx), names.names(tx)
    called = {each.party: each.say(frame.lang) for each in known}
    places = sorted({(each.product, each.currency) for each in found})
    own = {
        place: [each for each in found if (each.product, each.currency) == place]
        for place in places
    }
    return AnalysisPage(
        title=frame.say("partners"),
        lead=frame.say("partners.lead"),
        crumbs=(asked.home(frame),),
        links=(Link(frame.say("partners.claims"), frame.to("cover-claims"), "file-text"),),
        empty=None
        if found
        else Empty(title=frame.say("partners.none"), detail=frame.say("partners.none.detail")),
        charts=tuple(_chart(frame, place, rows, called) for place, rows in own.items()),
        tables=(
            *(_table(frame, place, rows, called) for place, rows in own.items()),
            _names_table(frame, known),
        ),
        deed=_name(frame) if frame.writes(NAMES) else None,
        api_calls=(
            ApiCall(path="/v1/partners"),
            ApiCall(path="/v1/partner-names"),
            ApiCall(path="/v1/partner-names", method="POST"),
        ),
    )


def _names_table(frame: Frame, known: list[PartnerName]) -> Table:
    heads = ("word", "name_en", "name_zh", "named")
    return Table(
        title=frame.say("partners.names"),
        columns=tuple(Column(title=frame.say(f"partners.{head}")) for head in heads),
        rows=tuple(Row(cells=(Code(e.party), e.en, e.zh, e.made_at)) for e in known),
        empty=Empty(
            title=frame.say("partners.names.none"), detail=frame.say("partners.name.says")
        ),
    )  # fmt: skip


def _name(frame: Frame) -> Deed:
    return Deed(
        title=frame.say("partners.name"),
        label=frame.say("partners.name.do"),
        says=frame.say("partners.name.says"),
        href=frame.to("partners/name"),
        inputs=(
            Input(
                name="party", label=frame.say("partners.word"), hint=frame.say("partners.word.hint")
            ),
            Input(name="en", label=frame.say("partners.name_en")),
            Input(name="zh", label=frame.say("partners.name_zh")),
        ),
    )


def _party(frame: Frame, of: Statement, called: Mapping[str, str]) -> str:
    role = i18n.text(f"partner.role.{of.role}", frame.lang)
    plain = of.party in (of.role, "merchant") and of.party not in called
    return role if plain else f"{role} · {called.get(of.party, of.party)}"


def _chart(
    frame: Frame, place: tuple[str, str], rows: list[Statement], called: Mapping[str, str]
) -> Chart:
    product, currency = place
    ranked = sorted(rows, key=lambda each: -each.gain)
    best = _party(frame, ranked[0], called)
    return Chart(
        key=f"partners-{product}-{currency}",
        question=frame.say("partners.question", product=product),
        summary=frame.say("partners.says", party=best, n=len(ranked)),
        x=tuple(_party(frame, each, called) for each in ranked),
        x_title=frame.say("partners.party"),
        series=(
            Series(
                name=frame.say("partners.gain"), values=tuple(each.gain for each in ranked),
                colour=1,
            ),
        ),
        unit=Unit(kind="money", currency=currency),
        shape="ranked",
    )  # fmt: skip


def _table(
    frame: Frame, place: tuple[str, str], rows: list[Statement], called: Mapping[str, str]
) -> Table:
    product, currency = place
    names = ("lent", "earned", "premium", "lost", "made_good", "position", "gain")
    return Table(
        title=frame.say("partners.of", product=product),
        columns=(
            Column(title=frame.say("partners.party")),
            *(
                Column(title=frame.say(f"partners.{name}"), align="end", money=True)
                for name in names
            ),
        ),
        rows=tuple(
            Row(
                cells=(
                    _party(frame, each, called),
                    *(Money(amount, currency) for amount in _amounts(each)),
                )
            )
            for each in rows
        ),
        note=frame.say("partners.means"),
    )


def _amounts(of: Statement) -> tuple[int, ...]:
    def all_of(*names: str) -> int:
        return sum(of.items.get(name, 0) for name in names)

    earned = all_of("earned_interest", "earned_charges", "interest", "fees", "servicing")
    premium = all_of("premium_borrower", "premium_merchant", "premium_platform")
    bad = ("bad_debt", "written_off", "interest_charged_off", "fees_charged_off", "goodwill")
    lost = all_of("lost_principal", "lost_interest", "lost_charges") - all_of(*bad)
    return (
        of.items.get("lent", 0), earned, premium - all_of("premium") + all_of("premiums"), lost,
        all_of("recovered", "recoveries", "covered", "compensation") - all_of("accepted"),
        of.position, of.gain,
    )  # fmt: skip


def claim_state(frame: Frame, name: str) -> Status:
    """The state of a claim on a cover."""
    return Status(i18n.text(f"state.cover_claim.{name}", frame.lang), _TONES[name])


def cover_claims_page(tx: Tx, frame: Frame, _: str = "") -> ListPage:
    """Claims on covers, newest first, by state."""
    limit, state = asked.limit(frame), frame.asked("state")
    state = state if state in CLAIM.states else ""
    found = store.claims(tx, state=state, after=asked.cursor(frame, "clm"), limit=limit + 1)
    more, first = asked.paged(frame, "clm", found)
    states = tuple(Choice(name, claim_state(frame, name).text) for name in CLAIM.states)
    query = asked.query(state=state, limit=str(min(limit, 100)))
    return ListPage(
        title=frame.say("partners.claims"),
        lead=frame.say("partners.claims.lead"),
        crumbs=(asked.home(frame), Link(frame.say("partners"), frame.to("partners"))),
        filters=(
            Filter(name="state", label=frame.say("partners.state"), kind="choice", value=state,
                   choices=states, placeholder=frame.say("payments.any")),
        ),
        table=_claim_table(frame, found[:limit]),
        count=frame.say("count.page", n=len(found[:limit])),
        first_href=first,
        next_href=more,
        api_calls=(ApiCall(path=f"/v1/cover-claims?{query}"),),
    )  # fmt: skip


def _claim_table(frame: Frame, found: list[CoverClaim]) -> Table:
    names = ("claim", "product", "party", "state", *_MONEY)
    return Table(
        title=frame.say("partners.claims"),
        columns=tuple(
            Column(
                title=frame.say(f"partners.{name}"),
                align="end" if name in _MONEY else "start",
                money=name in _MONEY,
            )
            for name in names
        ),
        rows=tuple(_claim_row(frame, each) for each in found),
        empty=Empty(
            title=frame.say("partners.no_claims"), detail=frame.say("partners.no_claims.detail")
        ),
    )


def _claim_row(frame: Frame, of: CoverClaim) -> Row:
    href = frame.to(f"cover-claims/{of.shown}")
    return Row(
        key=of.shown,
        href=href,
        cells=(
            Id(of.shown, href), of.product, of.party, claim_state(frame, of.state),
            *(Money(getattr(of, name), of.currency) for name in _MONEY),
        ),
    )  # fmt: skip


def _called(tx: Tx, frame: Frame, party: str) -> str:
    found = names.named(tx, [party]).get(party)
    return found.say(frame.lang) if found else party


def cover_claim_page(tx: Tx, frame: Frame, key: str) -> ObjectPage:
    """One claim: its amounts, its life, and what may be done. Raises UnknownCoverClaim."""
    found = service.find_claim(tx, ids.read("clm", key))
    verbs = [verb for verb in CLAIM.allowed(found.state) if verb in ASKED]
    return ObjectPage(
        title=frame.say("partners.claim.title", party=_called(tx, frame, found.party)),
        lead=frame.say("partners.claim.lead"),
        crumbs=(
            asked.home(frame),
            Link(frame.say("partners.claims"), frame.to("cover-claims")),
        ),
        key=key,
        status=claim_state(frame, found.state),
        steps=_steps(frame, found),
        figures=tuple(
            Figure(
                label=frame.say(f"partners.{name}"),
                value=Money(getattr(found, name), found.currency),
            )
            for name in _MONEY
        ),
        fields=(
            Figure(label=frame.say("partners.loan"), value=Id(ids.show("loan", found.loan_id))),
            Figure(label=frame.say("partners.product"), value=found.product),
            Figure(
                label=frame.say("partners.role"),
                value=i18n.text(f"partner.role.{found.role}", frame.lang),
            ),
        ),
        timeline=tuple(
            Moment(
                at=each.at,
                title=i18n.text(f"verb.cover_claim.{each.verb}", frame.lang),
                detail=" · ".join(part for part in (each.actor, each.note) if part),
            )
            for each in reversed(store.entries(tx, found.id))
        ),
        deeds=_deeds(frame, key, verbs),
        api_calls=(
            ApiCall(path=f"/v1/cover-claims/{key}"),
            *(
                ApiCall(
                    path=f"/v1/cover-claims/{key}/{verb.replace('_', '-')}?dry_run=true",
                    method="POST",
                    body="{}",
                )
                for verb in verbs
            ),
        ),
    )


def _steps(frame: Frame, of: CoverClaim) -> tuple[Step, ...]:
    times = {
        "drafted": of.drafted_at, "submitted": of.submitted_at, "accepted": of.decided_at,
        "paid": of.paid_at,
    }  # fmt: skip
    way = list(_WAY)
    if of.state not in way:  # what leaves the way stands where it left it
        reached = 4 if of.paid_at else 2 if of.submitted_at else 1
        way = [*way[:reached], of.state]
    at = way.index(of.state)
    bad = of.state in ("refused", "withdrawn")
    return tuple(
        Step(
            text=claim_state(frame, name).text,
            state="failed" if n == at and bad else "now" if n == at else "done" if n < at else "ahead",
            at=times.get(name),
        )
        for n, name in enumerate(way)
    )  # fmt: skip


def _deeds(frame: Frame, key: str, verbs: list[str]) -> tuple[Deed, ...]:
    if not frame.writes("loans:service"):
        return ()
    return tuple(
        Deed(
            label=i18n.text(f"verb.cover_claim.{verb}", frame.lang),
            href=frame.to(f"cover-claims/{key}/{verb}"),
            says=frame.say(f"partners.says.{verb}"),
            inputs=(
                *(
                    (Input(name="amount", label=frame.say("partners.amount"), needed=False),)
                    if verb == "accept"
                    else ()
                ),
                Input(name="note", label=frame.say("partners.note"), needed=False),
            ),
            grave=verb == "refuse",
        )
        for verb in verbs
    )
