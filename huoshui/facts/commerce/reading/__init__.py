"""Reading a history: tables in files to facts in the order in which they became known.

`source` says where a history is and what it does not hold; `files` reads its tables; `layout`
(Huoshui's own tables) and `olist` map rows to facts; `check` reports every fault before anything
is loaded; `timeline` orders the facts in a spool; `writing` writes facts as tables.

Invariants: a bad row is a named fault with its place, never a traceback, and one fault keeps the
whole history out; what is odd but real is an anomaly with a counted rule; the same source gives
the same sequence; memory stays flat whatever the history's size.
"""

from huoshui.facts.commerce.reading.anomalies import Anomaly
from huoshui.facts.commerce.reading.check import Report
from huoshui.facts.commerce.reading.faults import Fault
from huoshui.facts.commerce.reading.source import Source, read_source
from huoshui.facts.commerce.reading.timeline import Entry, HistoryFaulty, Timeline

__all__ = [
    "Anomaly",
    "Entry",
    "Fault",
    "HistoryFaulty",
    "Report",
    "Source",
    "Timeline",
    "read_source",
]
