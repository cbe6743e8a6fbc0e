"""How a column writes its dates: forms from the shapes of its cells, day or month first from the whole column."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from insight.ingest.cells import MISSING, MONTHS, SPACES, WEEKDAY

_LONGEST_TIME = 60
_TIME = re.compile(
    r"^(?P<gap>\s*,?\s*(?:klo?\.?\s*)?|\s*t|[_-])(?P<h>99?)(?P<s1>[:.])99(?:(?P<s2>[:.])99(?P<f>[.,]9+)?)?(?P<ap>\s?[apfe]\.?m\.?)?"
    r"(?P<z>\s?(?:z|ces?t|ees?t|(?:utc|gmt)(?:[+-]99?(?::?99)?)?|[+-]99(?::?99)?))?$"
)
_ISO = re.compile(r"^9999([-/. ])99?\1(?:99?)")
_THREE = re.compile(r"^99?(\. |[-/. ])99?\1(9999|99)(?!9)")
_NAMED = re.compile(
    r"^(?:[a-zåäöø]+\.?,?\s+)?(?:den\s+)?(?:(?P<d>\d{1,2})(?:st|nd|rd|th|er|:e|\.)?[-/. ]*(?P<m>[a-zåäéû]+)\.?"
    r"|(?P<m2>[a-zåäéû]+)\.?[-/. ]*(?P<d2>\d{1,2})(?:st|nd|rd|th)?(?=[-/., ]))"
    r",?[-/. ]*(?P<y>\d{4}|\d{2})"
    r"(?P<t>(?:[t:]|,?\s+(?:kl\.?\s*)?)\d{1,2}[:.]\d{2}(?:[:.]\d{2}(?:[.,]\d+)?)?(?:\s?[ap]m)?"
    r"(?P<z>\s?(?:z|(?:utc|gmt)?[+-]\d{2}:?\d{2}|utc|gmt|ces?t|ees?t)(?:\s?\([^)]*\))?)?)?$"
)

_MONTH_ONLY = re.compile(r"([a-zåäéû]+)\.?(?:[-/. ]*(?:19|20)\d{2}|[-/']\d{2})")
_TIME_FIRST = re.compile(r"^(\d{1,2}:\d{2}(?::\d{2})?(?:\s?[ap]m)?),?\s+(\S.*)$", re.IGNORECASE)
_WEEKDAY = re.compile(rf"^{WEEKDAY}(?=\d)")
# As long as what a browser prints: Fri Mar 15 2024 10:22:33 GMT+0100 (Central European Standard Time).
_LONGEST = 80
# /Date(1711363200000)/, and 'v. 12 2024' beside '2024 v. 12'.
_IN_BRACKETS, _YEAR_LAST = "brackets", "year last"


@dataclass(frozen=True)
class Form:
    """One way of writing a date: its kind, and its strptime format where that is all it takes.

    kind: iso, format, three (day, month, year in some order), serial, epoch, named, month, week, quarter, year (no
    day), missing or bad. weekday: a day of the week stands before it. turned: the time of day does.
    """

    kind: str
    format: str = ""
    zone: bool = False
    dots: bool = False
    fine: bool = False
    weekday: bool = False
    turned: bool = False


def read_form(shape: str) -> Form:
    """The form of a shape (lower case, all digits 9)."""
    text = shape.strip(SPACES)
    if len(text) > _LONGEST:
        return Form("bad")
    if turned := _TIME_FIRST.match(text):
        form = read_form(_turned(text)) if not _TIME_FIRST.match(turned[2]) else Form("bad")
        return form if form.kind in ("named", "bad") else replace(form, turned=True)
    day = _WEEKDAY.match(text)
    if day and day.end() and day[0].rstrip("., ") not in MONTHS:
        form = read_form(text[day.end() :])
        return form if form.kind == "named" else replace(form, weekday=True)
    if text in MISSING:
        return Form("missing")
    iso = _ISO.match(text)
    if iso:
        rest = _rest(text[iso.end() :])
        if rest is not None:
            separator = iso[1]
            return Form("format", f"%Y{separator}%m{separator}%d{rest[0]}", rest[1], fine=rest[2])
    three = _THREE.match(text)
    if three:
        rest = _rest(text[three.end() :])
        if rest is not None:
            year = "%Y" if len(three[2]) == 4 else "%y"
            return Form("three", f"{three[1]}|{year}|{rest[0]}", rest[1], three[1][0] == ".", rest[2])
    if spaced := re.match(r"99?/99?([ -])(9999|99)(?!9)", text):
        # 3/4 2024, 3/4-24: so it is written where the day comes first.
        rest = _rest(text[spaced.end() :])
        if rest is not None:
            year = "%Y" if len(spaced[2]) == 4 else "%y"
            return Form("format", f"%d/%m{spaced[1]}{year}{rest[0]}", rest[1], fine=rest[2])
    compact = re.match(r"^9{8}(?:[ t]?(9{6}|9{4}|99:99(?::99)?)(z)?)?$", text)
    if compact or re.fullmatch(r"9{12}|9{14}", text):
        return replace(_compact(text.removesuffix("z")), zone=text.endswith("z"))
    if re.fullmatch(r"9{5}(?:[.,]9+)?", text):
        return Form("serial")
    if re.fullmatch(r"9{10}(?:\.9+)?|9{13}|9{16}", text):
        return Form("epoch")
    if re.fullmatch(r"/date\(-?9{10,14}(?:[+-]9999)?\)/", text):
        return Form("epoch", _IN_BRACKETS)
    if re.fullmatch(r"9{6}", text):
        return Form("six")
    if timed := re.fullmatch(r"9{6}([ t-])99(:?)99(:?99)?", text):
        # 240131 14:32, the day as in a personal number.
        seconds = timed[2] + "%S" if timed[3] else ""
        return Form("format", f"%y%m%d{timed[1].upper()}%H{timed[2]}%M{seconds}")
    if re.fullmatch(r"9999[- ]?[wv]\.?\s?99?", text):
        return Form("week")
    if re.fullmatch(r"(?:[wv]|vecka|week|kw)\.?\s?99?[-/ ,]\s?9999", text):
        return Form("week", _YEAR_LAST)
    if re.fullmatch(r"9999-?w99-?9", text):
        return Form("format", "%G-W%V-%u" if "-" in text else "%GW%V%u")
    if re.fullmatch(r"9999[- ]?(?:q|kv?\.?\s?)9", text):
        return Form("quarter")
    if text == "9999":
        return Form("year")
    if re.fullmatch(r"9999[-/]99", text):
        return Form("month", f"%Y{text[4]}%m")
    if re.fullmatch(r"9999[-/.]999", text):
        return Form("month", f"%Y{text[4]}0%m")  # a period of a ledger: 2024/003
    if re.fullmatch(r"99?[-/.]9999", text):
        return Form("month", f"%m{text[-5]}%Y")
    return Form("named") if any(word in MONTHS for word in re.findall(r"[a-zåäéû]{3,}", text)) else Form("bad")


def _turned(text: str) -> str:
    """'10:22 31/1/2024' with the day first."""
    return _TIME_FIRST.sub(r"\2 \1", text)


def _rest(rest: str) -> tuple[str, bool, bool] | None:
    """The strptime format of what follows the date, whether a zone and whether parts of a microsecond are dropped."""
    if not rest.strip(SPACES):
        return "", False, False
    # No time is longer; the pattern's optional blanks would cost the square of a hostile cell's length.
    time = _TIME.match(rest) if len(rest) < _LONGEST_TIME else None
    if time is None:
        return None
    gap = time["gap"].upper()
    fine = len(time["f"] or "") > 7
    hour = "%I" if time["ap"] else "%H"
    text = f"{gap}{hour}{time['s1']}%M"
    if time["s2"]:
        text += f"{time['s2']}%S"
        if time["f"] and not fine:
            text += f"{time['f'][0]}%f"
    if time["ap"]:
        text += (" " if time["ap"].startswith(" ") else "") + "%p"
    return text, bool(time["z"]), fine


def _compact(text: str) -> Form:
    digits = text.replace(" ", "").replace("t", "").replace(":", "")
    gap = " " if " " in text else "T" if "t" in text else ""
    colon = ":" if ":" in text else ""
    times = {8: "", 12: f"{gap}%H{colon}%M", 14: f"{gap}%H{colon}%M{colon}%S"}
    return Form("format", "%Y%m%d" + times[len(digits)])


def three_format(form: Form, order: str) -> str:
    """The strptime format of a three-part form in an order ('dmy', 'mdy', 'ymd')."""
    separator, year, rest = form.format.split("|", 2)
    parts = {"d": "%d", "m": "%m", "y": year}
    return separator.join(parts[part] for part in order) + rest


def decide_order(
    counts: Mapping[str, tuple[int, int]], total: int, *, told: bool | None, dots: bool, two_digit: bool
) -> tuple[str, bool]:
    """The order of three-part dates, and whether the column leaves it open.

    counts: order → (cells that give a plausible date, span of years). Day first where both fit.
    """
    if told is not None:
        return ("dmy" if told else "mdy"), False
    orders = ("dmy", "mdy", "ymd") if two_digit else ("dmy", "mdy")
    best = max(
        orders, key=lambda order: (counts[order][0], -counts[order][1] if two_digit else 0, -orders.index(order))
    )
    whole = [order for order in orders if counts[order][0] == counts[best][0]]
    if dots and "dmy" in whole and best != "ymd":
        return "dmy", False
    if best == "ymd" and whole != ["ymd"]:
        return best, True
    return best, "dmy" in whole and "mdy" in whole and total > 0


def date_sql(cell: str, form: Form, order: str, epoch_1904: bool = False) -> str:
    """SQL that reads a cell of one form as TIMESTAMP; NULL when it is no date between 1900 and 2100."""
    if form.turned:
        time = "[0-9]{1,2}:[0-9]{2}(?::[0-9]{2})?(?: ?[AaPp][Mm])?"
        cell = rf"regexp_replace({cell}, '^({time}),?\s+(.+)$', '\2 \1')"
    text = f"upper({cell})"
    if form.weekday:
        text = rf"regexp_replace({text}, '^[^0-9]+', '')"
    if form.zone:
        text = rf"regexp_replace({text}, '\s?(Z|CES?T|EES?T|(UTC|GMT)([+-]\d\d?(:?\d\d)?)?|[+-]\d\d(:?\d\d)?)$', '')"
    if "%p" in form.format:
        # Before and after noon in Swedish: förmiddag, eftermiddag.
        text = rf"regexp_replace(regexp_replace({text}, 'F(\.?M\.?)$', 'A\1'), 'E(\.?M\.?)$', 'P\1')"
    if form.fine:
        text = rf"regexp_replace({text}, '[.,]\d+$', '')"
    if form.kind == "serial":
        origin = "1904-01-01" if epoch_1904 else "1899-12-30"
        days = f"try_cast(replace({cell}, ',', '.') AS DOUBLE)"
        return (
            f"CASE WHEN {days} BETWEEN 10000 AND 80000 THEN "
            f"TIMESTAMP '{origin} 00:00:00' + to_seconds(CAST(round({days} * 86400) AS BIGINT)) END"
        )
    if form.kind == "epoch":
        digits = rf"regexp_extract({cell}, '\((-?[0-9]+)', 1)" if form.format == _IN_BRACKETS else cell
        number = f"try_cast({digits} AS DOUBLE)"
        seconds = (
            f"CASE WHEN {number} > 100000000000000 THEN {number} / 1000000 "
            f"WHEN {number} > 100000000000 THEN {number} / 1000 ELSE {number} END"
        )
        return f"TIMESTAMP '1970-01-01 00:00:00' + to_seconds(CAST(round({seconds}) AS BIGINT))"
    if form.kind in ("week", "quarter", "year"):
        part = rf"nullif(regexp_extract({cell}, '([0-9]+)$', 1), '')"
        if form.format == _YEAR_LAST:
            week = f"lpad(regexp_extract({cell}, '([0-9]+)', 1), 2, '0')"
            return f"try_strptime(right({cell}, 4) || '-W' || {week} || '-1', '%G-W%V-%u')"
        if form.kind == "week":
            monday = f"{cell}[1:4] || '-W' || lpad({part}, 2, '0') || '-1'"
            return f"try_strptime({monday}, '%G-W%V-%u')"
        month = f"3 * try_cast({part} AS INTEGER) - 2" if form.kind == "quarter" else "1"
        return f"try_strptime({cell}[1:4] || '-' || ({month}) || '-1', '%Y-%m-%d')"
    pattern = three_format(form, order) if form.kind == "three" else form.format
    literal = pattern.replace("'", "''")
    read = f"try_strptime({text}, '{literal}')"
    return (
        f"CASE WHEN {read} BETWEEN TIMESTAMP '1900-01-01 00:00:00' AND TIMESTAMP '2100-01-01 00:00:00' THEN {read} END"
    )


def is_month(text: str) -> bool:
    """Whether a text is a month by its name and a year, without a day: 'januari 2024', 'Feb-2024'."""
    match = _MONTH_ONLY.fullmatch(text.strip(SPACES).lower()) if len(text) <= _LONGEST else None
    return match is not None and match[1] in MONTHS


def read_named(text: str) -> datetime | None:
    """A date with the month's name in Swedish or English ('31 jan 2024', 'Jan 5, 2024 13:45'), or None.

    A month alone ('januari 2024') is its first day.
    """
    if len(text) <= _LONGEST and _TIME_FIRST.match(text):
        text = _turned(text)
    if is_month(text):
        text = f"1 {_whole_year(text.strip(SPACES))}"
    match = _NAMED.match(text.strip(SPACES).lower()) if len(text) <= _LONGEST else None
    if match is None:
        return None
    month = MONTHS.get(match["m"] or match["m2"])
    if month is None:
        return None
    year = int(match["y"])
    if len(match["y"]) == 2:
        year += 2000 if year < 69 else 1900
    hour = minute = second = 0
    if match["t"]:
        time = match["t"].removesuffix(match["z"] or "")
        numbers = [int(number) for number in re.findall(r"\d+", time)]
        hour, minute, second = (*numbers, 0, 0)[:3]
        if time.endswith("pm") and hour < 12:
            hour += 12
        elif time.endswith("am") and hour == 12:
            hour = 0
    try:
        return datetime(year, month, int(match["d"] or match["d2"]), hour, minute, second)
    except ValueError:
        return None


def _whole_year(month: str) -> str:
    """'jan-24' with its year in four digits, so that 24 is no day."""
    return re.sub(r"[-/'](\d{2})$", r" 20\1", month)


def named_values(texts: Sequence[str]) -> list[tuple[str, datetime]]:
    """The texts that are dates with a month's name, with what they mean."""
    return [(text, found) for text in texts if (found := read_named(text)) is not None]
