"""Papers are drawn the same each time, with every letter of a font that they carry themselves."""

from __future__ import annotations

import struct

from hypothesis import given, settings
from hypothesis import strategies as st

from huoshui.interfaces.papers.draw import pdf
from huoshui.interfaces.papers.font import Font, font
from huoshui.interfaces.papers.lines import lines_of
from huoshui.interfaces.papers.model import Fields, Heading, Paper, Table, Text


def paper(*blocks: object, lang: str = "zh") -> Paper:
    return Paper(lang, "借款合同", "样张", "活水", "摘要", "第 {n} 页，共 {of} 页", blocks)  # type: ignore[arg-type]


@given(st.text(alphabet="贷款abc ，。（）12", max_size=60), st.integers(2, 30))
@settings(max_examples=60, deadline=None)
def test_lines_keep_every_letter_and_their_room(text: str, room: int) -> None:
    found = lines_of(text, lambda part: float(len(part)), room)
    assert "".join(found).replace(" ", "") == text.replace(" ", "")
    assert all(len(line) <= room for line in found)


def test_no_line_begins_with_a_mark_that_ends_one() -> None:
    found = lines_of("借款合同，年化利率（单利）。" * 6, lambda part: float(len(part)), 7)
    assert not any(line[0] in "，。）" or line[-1] == "（" for line in found)


def test_a_subset_has_the_letters_used_and_is_a_font() -> None:
    whole = font()
    numbers, face = whole.subset("贷款é€A0")
    tables = struct.unpack_from(">H", face, 4)[0]
    assert (tables, len(face) < 8_000) == (6, True)
    assert sorted(numbers.values()) == list(range(1, 7))
    assert whole.glyph("\U0001f600") == 0  # a box, and no error
    assert all(whole.glyph(letter) for letter in "囧㎡％¥“”—·")


def test_a_paper_is_the_same_bytes_and_turns_its_pages() -> None:
    rows = tuple((str(n), "12.00") for n in range(120))
    made = paper(
        Heading("一、要素"),
        Text("说明" * 80),
        Fields((("本金", "1.00"),)),
        Table(("期", "金额"), ("left", "right"), (1, 1), rows, ("合计", "1,440.00")),
    )
    assert pdf(made) == pdf(made)
    assert pdf(made).count(b"/Type /Page/") == 4
    assert pdf(paper(lang="en")) != pdf(paper(lang="zh"))


def test_nothing_of_a_paper_is_taken_from_elsewhere() -> None:
    content = pdf(paper(Text("贷款")))
    assert b"/FontFile2" in content
    assert b"Helvetica" not in content
    assert not any(word in content for word in (b"/CreationDate", b"/ID", b"http"))
    assert isinstance(font(), Font)
    assert (
        b"beginbfchar" in content
    )  # nothing is packed: another machine's zlib would pack it otherwise
    assert b"/FlateDecode" not in content
