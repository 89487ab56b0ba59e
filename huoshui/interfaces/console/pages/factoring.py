"""The factoring book: what was bought, how old it is, on whom it is; and one assignment with its postings."""

from __future__ import annotations

from datetime import date

from huoshui.core import access, i18n, ids
from huoshui.core.db import Tx
from huoshui.core.money import Money
from huoshui.interfaces.console.page import (
    AnalysisPage,
    ApiCall,
    Chart,
    Choice,
    Column,
    Deed,
    Empty,
    Figure,
    FigureGroup,
    Filter,
    Frame,
    Id,
    Input,
    Leg,
    Link,
    ListPage,
    Moment,
    ObjectPage,
    Part,
    Path,
    Row,
    Series,
    Status,
    Step,
    Table,
    Tone,
    Unit,
    Whole,
)
from huoshui.interfaces.console.pages import asked
from huoshui.ledger import journal
from huoshui.lines.lending.factoring import ASSIGNMENT, service, store
from huoshui.lines.lending.factoring.life import overdue_from
from huoshui.lines.lending.factoring.machine import allowed
from huoshui.lines.lending.factoring.model import Assignment, Entry

_TONES: dict[str, Tone] = {
    "offered": "neutral", "assigned": "accent", "advanced": "accent", "confirmed": "accent",
    "disputed": "warn", "recourse": "warn", "settled": "good", "written_off": "bad",
    "declined": "neutral",
}  # fmt: skip
_WAY = ("offered", "assigned", "advanced", "confirmed", "settled")
_BUCKETS = 5
_DEBTORS = 20
NOTED = (
    "assign",
    "decline",
    "advance",
    "release",
    "confirm",
    "dispute",
    "resume",
    "recourse",
    "write_off",
)
_GRAVE = ("recourse", "write_off")


def assignment_state(frame: Frame, name: str) -> Status:
    """The state of an assignment."""
    return Status(i18n.text(f"state.assignment.{name}", frame.lang), _TONES.get(name, "neutral"))


def factoring_page(tx: Tx, frame: Frame, _: str = "") -> ListPage:
    """Assignments, newest first, by state and debtor."""
    limit, state, debtor = asked.limit(frame), frame.asked("state"), frame.asked("debtor")
    state = state if state in ASSIGNMENT.states else ""
    found = store.assignments(
        tx, state=state, debtor=debtor, after=asked.cursor(frame, "asg"), limit=limit + 1
    )
    more, first = asked.paged(frame, "asg", found)
    states = tuple(Choice(name, assignment_state(frame, name).text) for name in ASSIGNMENT.states)
    query = asked.query(state=state, debtor=debtor, limit=str(min(limit, 100)))
    return ListPage(
        title=frame.say("factoring"),
        lead=frame.say("factoring.lead"),
        crumbs=(asked.home(frame),),
        links=(Link(frame.say("factoring.book"), frame.to("factoring-book"), "scale"),),
        totals=_totals(tx, frame),
        filters=(
            Filter(name="state", label=frame.say("factoring.state"), kind="choice", value=state,
                   choices=states, placeholder=frame.say("payments.any")),
            Filter(name="debtor", label=frame.say("factoring.debtor"), value=debtor),
        ),
        table=_table(frame, found[:limit], access.today(tx)),
        count=frame.say("count.page", n=len(found[:limit])),
        first_href=first,
        next_href=more,
        exports=asked.exported(frame, "factoring"),
        api_calls=(ApiCall(path=f"/v1/assignments?{query}"),),
    )  # fmt: skip


def _totals(tx: Tx, frame: Frame) -> tuple[Figure, ...]:
    sums = store.sums(tx)
    out = {c: sum(s.exposure for s in sums if s.currency == c) for c in {s.currency for s in sums}}
    return (
        *(
            Figure(
                label=frame.say("factoring.exposure"),
                value=Money(amount, currency),
                hint=frame.say("factoring.exposure.means"),
                href=frame.to("factoring-book"),
            )
            for currency, amount in sorted(out.items())
        ),
        *(
            Figure(
                label=assignment_state(frame, each.state).text,
                value=each.count,
                href=frame.to(f"factoring?state={each.state}"),
                tone=_TONES[each.state] if each.state in ("disputed", "recourse") else "neutral",
            )
            for each in sums
            if each.state in ("advanced", "confirmed", "disputed", "recourse")
        ),
    )


def _table(frame: Frame, found: list[Assignment], today: date) -> Table:
    names = ("assignment", "debtor", "state", "due", "age", "face", "owed", "claim")
    money = names[5:]
    return Table(
        title=frame.say("factoring"),
        columns=tuple(
            Column(
                title=frame.say(f"factoring.{name}"),
                align="end" if name == "age" or name in money else "start",
                money=name in money,
            )
            for name in names
        ),
        rows=tuple(_row(frame, each, today) for each in found),
        empty=Empty(
            title=frame.say("factoring.none"),
            detail=frame.say("factoring.none.detail"),
            command="huoshui factoring offer ORDER SELLER PRODUCT",
        ),
    )


def _row(frame: Frame, of: Assignment, today: date) -> Row:
    key = ids.show("asg", of.id)
    href = frame.to(f"factoring/{key}")
    late = max(0, (today - of.due_on).days) if of.receivable else None
    cells = (
        Id(key, href), asked.short(of.debtor), assignment_state(frame, of.state),
        of.due_on, late, Money(of.face, of.currency), Money(of.receivable, of.currency),
        Money(of.claim, of.currency),
    )  # fmt: skip
    return Row(key=key, href=href, cells=cells)


def book_page(tx: Tx, frame: Frame, _: str = "") -> AnalysisPage:
    """How old what debtors owe is, and how much is out on each of them."""
    today = access.today(tx)
    ages, debtors = store.ages(tx, today), store.debtors(tx, today, _DEBTORS)
    currencies = sorted({age.currency for age in ages} | {row.currency for row in debtors})
    charts = [
        chart
        for currency in currencies
        for chart in (_aging(frame, ages, currency), _concentration(frame, debtors, currency))
    ]
    return AnalysisPage(
        title=frame.say("factoring.book"),
        lead=frame.say("factoring.book.lead"),
        crumbs=(asked.home(frame), Link(frame.say("factoring"), frame.to("factoring"))),
        empty=None
        if charts
        else Empty(title=frame.say("factoring.none"), detail=frame.say("factoring.none.detail")),
        charts=tuple(charts),
        links=(Link(frame.say("partners"), frame.to("partners"), "hand-coins"),),
        tables=(_debtor_table(frame, debtors),) if debtors else (),
        api_calls=(ApiCall(path=f"/v1/factoring/debtors?limit={_DEBTORS}"),),
    )


def _aging(frame: Frame, ages: list[store.Age], currency: str) -> Chart:
    amounts = [0] * _BUCKETS
    for each in ages:
        if each.currency == currency:
            amounts[each.bucket] = each.amount
    owed, late = sum(amounts), sum(amounts[1:])
    part = f"{late * 100 / owed:.1f}%" if owed else "0%"
    return Chart(
        key=f"factoring-age-{currency}",
        question=frame.say("factoring.age.question"),
        summary=frame.say("factoring.age.says", part=part),
        x=tuple(frame.say(f"factoring.age.{bucket}") for bucket in range(_BUCKETS)),
        x_title=frame.say("factoring.age.x"),
        series=(Series(name=frame.say("factoring.owed"), values=tuple(amounts), colour=1),),
        unit=Unit(kind="money", currency=currency),
    )


def _concentration(frame: Frame, debtors: list[store.Debtor], currency: str) -> Chart:
    own = [each for each in debtors if each.currency == currency]
    total = sum(each.exposure for each in own)
    part = f"{own[0].exposure * 100 / total:.1f}%" if total else "0%"
    return Chart(
        key=f"factoring-debtors-{currency}",
        question=frame.say("factoring.debtors.question"),
        summary=frame.say("factoring.debtors.says", part=part, n=len(own)),
        x=tuple(asked.short(each.debtor) for each in own),
        x_title=frame.say("factoring.debtor"),
        series=(
            Series(
                name=frame.say("factoring.exposure"),
                values=tuple(each.exposure for each in own),
                colour=1,
            ),
        ),
        unit=Unit(kind="money", currency=currency),
        shape="ranked",
    )


def _debtor_table(frame: Frame, debtors: list[store.Debtor]) -> Table:
    return Table(
        title=frame.say("factoring.debtors"),
        columns=(
            Column(title=frame.say("factoring.debtor")),
            Column(title=frame.say("factoring.assignments"), align="end"),
            Column(title=frame.say("factoring.exposure"), align="end", money=True),
            Column(title=frame.say("factoring.overdue"), align="end", money=True),
        ),
        rows=tuple(
            Row(
                href=frame.to(f"factoring?debtor={each.debtor}"),
                cells=(
                    Link(asked.short(each.debtor), frame.to(f"factoring?debtor={each.debtor}")),
                    each.count,
                    Money(each.exposure, each.currency),
                    Money(each.overdue, each.currency),
                ),
            )
            for each in debtors
        ),
    )


def assignment_page(tx: Tx, frame: Frame, key: str) -> ObjectPage:
    """One assignment: what went where, its postings, and what may be done. Raises UnknownAssignment."""
    found = service.assignment(tx, ids.read("asg", key))
    entries = store.entries(tx, found.id)
    claim = service.receivable(tx, found.receivable_id)
    return ObjectPage(
        title=frame.say("factoring.title", document=claim.document),
        lead=frame.say(f"factoring.recourse.{found.recourse}"),
        crumbs=(asked.home(frame), Link(frame.say("factoring"), frame.to("factoring"))),
        key=key,
        status=assignment_state(frame, found.state),
        steps=_steps(frame, found),
        figures=_figures(frame, found),
        whole=_whole(frame, found),
        fields=_fields(frame, found, claim.evidence),
        groups=(_group(frame, found),),
        timeline=tuple(_moment(tx, frame, found, each) for each in reversed(entries)),
        deeds=_deeds(frame, found, key),
        api_calls=(
            ApiCall(path=f"/v1/assignments/{key}"),
            *(
                ApiCall(
                    path=f"/v1/assignments/{key}/{verb.replace('_', '-')}?dry_run=true",
                    method="POST",
                    body="{}",
                )
                for verb in allowed(found.state)
                if verb in NOTED and verb != "release"
            ),
        ),
    )


def _steps(frame: Frame, of: Assignment) -> tuple[Step, ...]:
    times = {"offered": of.offered_at, "advanced": of.advanced_at, "confirmed": of.confirmed_at}
    way = list(_WAY)
    if of.state not in way:  # what leaves the way ends where it left it
        reached = 4 if of.confirmed_at else 3 if of.advanced_at else 1
        way = [*way[:reached], of.state]
    at = way.index(of.state)
    bad = of.state in ("written_off", "declined")
    return tuple(
        Step(
            text=assignment_state(frame, name).text,
            state="failed" if n == at and bad else "now" if n == at else "done" if n < at else "ahead",
            at=of.ended_at if n == at and of.ended_at else times.get(name),
        )
        for n, name in enumerate(way)
    )  # fmt: skip


def _figures(frame: Frame, of: Assignment) -> tuple[Figure, ...]:
    return (
        Figure(label=frame.say("factoring.face"), value=Money(of.face, of.currency)),
        Figure(label=frame.say("factoring.paid"), value=Money(of.paid, of.currency)),
        Figure(
            label=frame.say("factoring.exposure"),
            value=Money(of.exposure, of.currency),
            hint=frame.say("factoring.exposure.means"),
        ),
        Figure(
            label=frame.say("factoring.claim"),
            value=Money(of.claim, of.currency),
            tone="warn" if of.claim else "neutral",
        ),
    )


def _whole(frame: Frame, of: Assignment) -> Whole | None:
    parts = ("collected", "receivable", "diluted", "bought_back", "written_off")
    if of.advanced_at is None:
        return None
    return Whole(
        title=frame.say("factoring.whole"),
        parts=tuple(
            Part(label=frame.say(f"factoring.part.{name}"), amount=Money(amount, of.currency), series=n)
            for n, name in enumerate(parts)
            if (amount := getattr(of, name))
        ),
    )  # fmt: skip


def _fields(frame: Frame, of: Assignment, evidence: str) -> tuple[Figure, ...]:
    order = ids.show("ord", of.order_id) if of.order_id else ""
    seller = ids.show("slr", of.seller_id)
    return (
        Figure(label=frame.say("factoring.product"), value=f"{of.product} · {of.version}"),
        Figure(label=frame.say("factoring.seller"), value=Id(seller, frame.to(f"sellers/{seller}"))),
        Figure(label=frame.say("factoring.debtor"), value=Id(of.debtor)),
        Figure(
            label=frame.say("factoring.order"),
            value=Id(order, frame.to(f"orders/{order}")) if order else None,
        ),
        Figure(label=frame.say("factoring.evidence"), value=evidence or None),
        Figure(label=frame.say("factoring.due"), value=of.due_on),
        Figure(label=frame.say("factoring.overdue_from"), value=overdue_from(of)),
        Figure(label=frame.say("factoring.fingerprint"), value=Id(of.fingerprint.hex())),
    )  # fmt: skip


def _group(frame: Frame, of: Assignment) -> FigureGroup:
    names = ("advance", "reserve", "fee", "fee_most", "collected", "repaid", "diluted", "loss", "recovered")  # fmt: skip
    return FigureGroup(
        frame.say("factoring.money"),
        tuple(
            Figure(
                label=frame.say(f"factoring.{name}"), value=Money(getattr(of, name), of.currency)
            )
            for name in names
        ),
    )


def _moment(tx: Tx, frame: Frame, of: Assignment, entry: Entry) -> Moment:
    legs: tuple[Leg, ...] = ()
    link = None
    if entry.txn_id is not None:
        posted = journal.transaction(tx, entry.txn_id)
        legs = tuple(
            Leg(source=Path(e.source), target=Path(e.target), amount=Money(e.amount, of.currency))
            for e in posted.legs
        )
        href = frame.to(f"transactions/{ids.show('txn', entry.txn_id)}")
        link = Link(frame.say("order.transaction"), href)
    note = asked.word(frame, "factoring.note", entry.note) if entry.note else ""
    return Moment(
        at=entry.at,
        title=i18n.text(f"verb.assignment.{entry.verb}", frame.lang),
        detail=" · ".join(each for each in (entry.actor, note) if each),
        legs=legs,
        link=link,
    )


def _deeds(frame: Frame, of: Assignment, key: str) -> tuple[Deed, ...]:
    if not frame.writes("factoring:write"):
        return ()
    return tuple(
        Deed(
            label=i18n.text(f"verb.assignment.{verb}", frame.lang),
            href=frame.to(f"factoring/{key}/{verb}"),
            says=frame.say(f"factoring.says.{verb}"),
            inputs=(Input(name="note", label=frame.say("factoring.note"), needed=False),),
            grave=verb in _GRAVE,
        )
        for verb in allowed(of.state)
        if verb in NOTED
        and (verb != "release" or of.paid < of.advance)
        and (verb != "confirm" or of.order_id is None)  # an order's comes with its order
    )
