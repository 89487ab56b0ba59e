"""Every fault and anomaly has its words in both languages."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import huoshui.facts.commerce.reading as reading
from huoshui.core import i18n
from huoshui.facts.commerce.reading.anomalies import CODES, Anomalies
from huoshui.facts.commerce.reading.check import check
from huoshui.facts.commerce.reading.source import read_source

SOURCES = [path.read_text(encoding="utf-8") for path in Path(reading.__file__).parent.glob("*.py")]


@pytest.mark.parametrize("lang", i18n.LANGUAGES)
def test_each_anomaly_has_a_title_and_a_rule(lang):
    for code in CODES:
        assert i18n.text(f"anomaly.{code}.title", lang)
        assert i18n.text(f"anomaly.{code}.rule", lang)
    described = {key.split(".")[1] for key in i18n.catalogue() if key.startswith("anomaly.")}
    assert set(CODES) <= described


def test_each_anomaly_that_is_counted_is_listed():
    counted = {
        code
        for source in SOURCES
        for code in re.findall(r"anomalies\.add\(\s*\"(\w+)\"|yield \"(\w+)\"", source)
        for code in code
        if code
    }
    assert counted <= set(CODES)
    anomalies = Anomalies()
    for code in reversed(CODES):
        anomalies.add(code, "k", amount=2, currency="CNY", part="p")
    assert [anomaly.code for anomaly in anomalies.result()] == list(CODES)


def test_each_fault_code_has_its_words():
    codes = {
        code
        for source in SOURCES
        for code in re.findall(r"Unreadable\(\s*\"(\w+)\"", source)
        + re.findall(r"faults\.add\([^()]*?, \"\w*\", \"(\w+)\"(?:,|\))", source)
        + re.findall(r"_unreadable\([^()]*?, \"(\w+)\"", source)
    }
    assert len(codes) > 25
    missing = {code for code in codes if f"field.{code}" not in i18n.catalogue()}
    assert missing == set()


@pytest.mark.parametrize("lang", i18n.LANGUAGES)
def test_a_listed_fault_reads_as_a_sentence(write, lang):
    directory = write(
        tenders="key,occurred_at,order,method,amount,colour\nT 1,x,O9,W,1.234,red\n",
        orders="key,occurred_at,buyer\nO1,never,B9\nO2\n",
        items="key,order,product,seller,price,freight\nI1,O1,P1,S1,-3,{}\n",
    )
    report = check(read_source([directory], {}))
    assert report.faults_total == len(report.faults) > 5
    assert sum(report.faults_by_file.values()) == report.faults_total
    for fault in report.faults:
        detail = fault.error().detail(lang)
        assert detail and "{" not in detail.replace("“{}”", "")
        assert fault.pointer.startswith(fault.file)
