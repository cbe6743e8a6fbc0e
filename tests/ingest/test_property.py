"""Whatever a program writes, the reader gives back: every row accounted for, sums to the öre, ids as they were."""

import codecs
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.ingest.reading import reading

NBSP, THIN, NARROW = "\u00a0", "\u2009", "\u202f"
MONTHS = ["jan", "feb", "mars", "apr", "maj", "juni", "juli", "aug", "sep", "okt", "nov", "dec"]


def _grouped(amount: Decimal, group: str, mark: str) -> str:
    return f"{amount:,.2f}".replace(",", "§").replace(".", mark).replace("§", group)


NUMBERS = {
    "plain": lambda a: f"{a:.2f}",
    "comma": lambda a: f"{a:.2f}".replace(".", ","),
    "swedish": lambda a: _grouped(a, NBSP, ",") + " kr",
    "thin": lambda a: _grouped(a, THIN, ","),
    "narrow": lambda a: _grouped(a, NARROW, ","),
    "german": lambda a: _grouped(a, ".", ","),
    "english": lambda a: _grouped(a, ",", "."),
    "true minus": lambda a: _grouped(a, " ", ",").replace("-", "\u2212"),
    "parentheses": lambda a: f"({-a:.2f})" if a < 0 else f"{a:.2f}",
    "minus behind": lambda a: f"{abs(a):.2f}".replace(".", ",") + ("-" if a < 0 else ""),
    "currency first": lambda a: ("-" if a < 0 else "") + "SEK " + _grouped(abs(a), " ", ","),
}
DATES = {
    "iso": lambda d: d.isoformat(),
    "iso time": lambda d: f"{d.isoformat()} 13:05",
    "compact": lambda d: d.strftime("%Y%m%d"),
    "slashes": lambda d: f"{d.day}/{d.month}/{d.year}",
    "american": lambda d: d.strftime("%m/%d/%Y"),
    "dots": lambda d: d.strftime("%d.%m.%Y"),
    "words": lambda d: f"{d.day} {MONTHS[d.month - 1]} {d.year}",
    "short year": lambda d: d.strftime("%d/%m/%y"),
}
ENCODINGS = {
    "utf-8": lambda t: t.encode(),
    "bom": lambda t: codecs.BOM_UTF8 + t.encode(),
    "utf-16": lambda t: codecs.BOM_UTF16_LE + t.encode("utf-16-le"),
    "utf-16 bare": lambda t: t.encode("utf-16-be"),
    "windows": lambda t: t.encode("cp1252", "replace"),
    "mac": lambda t: t.encode("mac-roman", "replace"),
    "dos": lambda t: t.encode("cp850", "replace"),
}
# Signs that the old encodings do not have would be written as '?', which no reader can undo.
ONLY_UNICODE = {"thin", "narrow", "true minus"}
NAMES = ["Åsa Öberg", "Göran Åkerlund", "Zoë Müller", "Märta Håkansson", "Ek, Bo", 'Bo "Bosse" Ek', "Linnéa; Sjö"]


@dataclass
class File:
    """A written file and what must come out of it."""

    content: bytes
    sum: Decimal
    ids: set[str]
    rows: int
    aside: int = 0
    footers: int = 0
    settings: dict[str, str] = field(default_factory=dict)


@st.composite
def files(draw: st.DrawFn) -> File:
    encoding = draw(st.sampled_from(sorted(ENCODINGS)))
    wide = encoding in ("utf-8", "bom", "utf-16", "utf-16 bare")
    number = draw(st.sampled_from(sorted(n for n in NUMBERS if wide or n not in ONLY_UNICODE)))
    when = draw(st.sampled_from(sorted(DATES)))
    delimiter = draw(st.sampled_from([",", ";", "\t", "|", "^"]))
    newline = draw(st.sampled_from(["\n", "\r\n", "\r"]))
    quote_all = draw(st.booleans())

    def cell(text: str) -> str:
        need = quote_all or any(char in text for char in (delimiter, '"', "\n", "\r"))
        return '"' + text.replace('"', '""') + '"' if need else text

    def line(*cells: str) -> str:
        return delimiter.join(cell(text) for text in cells)

    ids = st.one_of(
        st.integers(0, 99999).map(lambda n: f"{n:05d}"), st.integers(0, 10**22).map(lambda n: f"{n:023d}"),
        st.text("ABCÅ0123456789-", min_size=2, max_size=8).map(lambda t: f"K{t}"),
    )  # fmt: skip
    days = st.dates(date(2015, 1, 1), date(2025, 10, 31))
    amounts = st.integers(-5_000_000, 25_000_000).map(lambda n: Decimal(n) / 100)
    body = draw(st.lists(st.tuples(ids, st.sampled_from(NAMES), days, amounts), min_size=3, max_size=25))
    # One row that settles what only a whole column can settle: a day above 12, and both digits of öre.
    body.insert(draw(st.integers(0, len(body))), ("00001", "Åsa Öberg", date(2024, 3, 25), Decimal("1234.56")))
    lines = [line(*row) for row in ((i, n, DATES[when](d), NUMBERS[number](a)) for i, n, d, a in body)]
    out = File(b"", sum((a for *_, a in body), Decimal(0)), {i for i, *_ in body}, len(body))
    dirt = draw(
        st.sets(st.sampled_from(["ragged", "bad date", "footer", "title", "blank", "no amount", "sep"]), max_size=3)
    )
    if "ragged" in dirt:
        lines.insert(draw(st.integers(1, len(lines))), line("00009", "Ek", "x", "1", "2", "3"))
        out.aside += 1
    if "bad date" in dirt:
        lines.insert(
            draw(st.integers(1, len(lines))), line("00009", "Ek", "0000-00-00", NUMBERS[number](Decimal("5.00")))
        )
        out.aside += 1
    if "no amount" in dirt:
        lines.insert(draw(st.integers(1, len(lines))), line("00009", "Ek", DATES[when](date(2024, 3, 26)), ""))
        out.aside += 1
    if "blank" in dirt:
        lines.insert(draw(st.integers(1, len(lines))), "")
    if "footer" in dirt:
        lines.append(line("", "", "Summa", NUMBERS[number](out.sum)))
        out.footers = 1
    head = [line("kundnr", "namn", "datum", "belopp")]
    if "title" in dirt:
        head = [line("Försäljning 2024", "", "", ""), *head]
    if "sep" in dirt and "title" not in dirt:
        head = [f"sep={delimiter}", *head]
    text = newline.join([*head, *lines]) + (newline if draw(st.booleans()) else "")
    out.content = ENCODINGS[encoding](text)
    return out


def check_conserved(file: File) -> None:
    with reading(file.content, kind="transactions") as loaded:
        report = loaded.report
        assert report.outcome != "refuse", loaded.said
        assert (report.rows, report.set_aside, report.footers) == (file.rows, file.aside, file.footers), loaded.said
        assert loaded.balanced()
        assert loaded.one("SELECT sum(amount) FROM transactions") == file.sum
        assert {row[0] for row in loaded.rows("SELECT DISTINCT customer_id FROM transactions")} == file.ids


@settings(max_examples=100)
@given(files())
def test_nothing_vanishes_sums_hold_and_ids_survive(file: File):
    check_conserved(file)


@pytest.mark.nightly
@settings(max_examples=1000)
@given(files())
def test_nothing_vanishes_in_a_thousand_files(file: File):
    check_conserved(file)
