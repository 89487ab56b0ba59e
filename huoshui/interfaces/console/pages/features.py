"""The catalogue of features: who answers for each, how sensitive it is, of how many it has a value now."""

from __future__ import annotations

from huoshui.core.db import Tx
from huoshui.facts.activity.model import ABOUT
from huoshui.interfaces.console.page import (
    ApiCall,
    Choice,
    Code,
    Column,
    Empty,
    Filter,
    Frame,
    ListPage,
    Row,
    Status,
    Table,
    Tone,
)
from huoshui.interfaces.console.pages import asked
from huoshui.judgement.risk.features import Feature, catalogue
from huoshui.judgement.risk.features.coverage import Covered, coverage

_LISTED = ("name", "words", "owner", "sensitivity", "coverage", "reason", "version")
_TONES: dict[str, Tone] = {"secret": "warn", "protected": "bad"}


def features_page(tx: Tx, frame: Frame, _: str = "") -> ListPage:
    """Features, those of one entity where it is asked for, with what they cover just now."""
    entity, words = frame.asked("entity"), frame.asked("q").lower()
    found = [
        f for f in catalogue().values()
        if entity in ("", f.entity) and (words in f.name or words in f.words(frame.lang).lower())
    ]  # fmt: skip
    covered = coverage(tx)
    rows = [] if frame.asked("after") else found  # a catalogue is one page
    return ListPage(
        title=frame.say("features"),
        lead=frame.say("features.lead"),
        crumbs=(asked.home(frame),),
        filters=(
            Filter(
                name="entity", label=frame.say("features.entity"), kind="choice", value=entity,
                choices=tuple(Choice(a, frame.say(f"features.about.{a}")) for a in ABOUT),
                placeholder=frame.say("features.all"),
            ),
            Filter(name="q", label=frame.say("features.words"), value=frame.asked("q")),
        ),
        table=Table(
            title=frame.say("features"),
            columns=tuple(
                Column(title=frame.say(f"features.{name}"), wide=name == "words")
                for name in _LISTED
            ),
            rows=tuple(_row(frame, f, covered[f.name]) for f in rows),
            empty=Empty(
                title=frame.say("features.none"), detail=frame.say("features.none.detail"),
                command="huoshui features list",
            ),
        ),
        count=frame.say("count.page", n=len(rows)),
        exports=asked.exported(frame, "features"),
        api_calls=(ApiCall(path="/v1/features"),),
    )  # fmt: skip


def _row(frame: Frame, feature: Feature, covered: Covered) -> Row:
    said = frame.say(f"features.sensitivity.{feature.sensitivity}")
    share = f"{covered.told} / {covered.asked}" if covered.asked else None
    return Row(
        key=feature.name,
        cells=(
            Code(feature.name), feature.words(frame.lang), feature.owner,
            Status(said, _TONES.get(feature.sensitivity, "neutral")), share, feature.reason,
            Code(feature.version),
        ),
    )  # fmt: skip
