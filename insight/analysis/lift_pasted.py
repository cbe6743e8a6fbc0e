"""Totals per arm pasted from a sheet: lines of cells, with or without a header, numbers as Swedes or English write."""

import re
from typing import NamedTuple

from insight.errors import NotEnoughDataError, UsageError

_COLUMNS = ("arm", "customers", "buyers", "sales", "squares", "cost")
_NEEDED = _COLUMNS[:4]
_HEADS: dict[str, tuple[str, ...]] = {
    "arm": ("grupp", "gruppnamn", "arm", "group", "namn", "name", "kampanj", "campaign", "variant", "kanal", "channel"),
    "customers": ("kunder", "antal kunder", "customers", "mottagare", "antal mottagare", "recipients", "tilldelade",
                  "assigned", "antal", "n"),
    "buyers": ("köpare", "antal köpare", "buyers", "köpte", "bought", "responders", "kunder som köpt"),
    "sales": ("försäljning", "omsättning", "sales", "revenue", "belopp", "amount", "summa köp"),
    "squares": ("kvadratsumma", "summa i kvadrat", "sum of squares", "squares"),
    "cost": ("kostnad per kontakt", "kontaktkostnad", "kostnad", "cost per contact", "contact cost", "cost"),
}  # fmt: skip
_SUM_ROWS = ("summa", "totalt", "total", "sum")
_HEAD_UNIT = re.compile(r"\s*\([^)]*\)$|\s+(kr|sek|st)\.?$", re.IGNORECASE)
_UNIT = re.compile(r"(kr|sek|st)\.?$", re.IGNORECASE)
_THOUSANDS = {sign: re.compile(rf"-?\d{{1,3}}(\{sign}\d{{3}})+") for sign in ",."}
_PLAIN = re.compile(r"-?\d+(\.\d+)?(e[+-]?\d+)?", re.IGNORECASE)


class Line(NamedTuple):
    """One arm as pasted; None where the sheet has nothing."""

    arm: str
    customers: float
    buyers: float
    sales: float
    squares: float | None
    cost: float | None


def read_pasted(pasted: str) -> list[Line]:
    """The arms of a pasted sheet, in its order.

    Cells stand between tabs (as spreadsheets copy them), else semicolons, else commas. A header says which column is
    which; without one they are arm, customers, buyers, sales, sum of squares and cost per contact, the last two
    optional. A row of sums is left out. Raises NotEnoughDataError when nothing is pasted, UsageError that names the
    columns that are missing, or the arm and the cell that is no number.
    """
    rows = [row for row in (_cells(line) for line in pasted.splitlines() if line.strip()) if any(row)]
    if not rows:
        raise NotEnoughDataError("lift.totals_missing")
    places = _header(rows[0])
    body = rows[1:] if places else rows
    if not places:
        places = {name: place for place, name in enumerate(_COLUMNS)}
    cells = [{name: row[place] if place < len(row) else "" for name, place in places.items()} for row in body]
    thousands = _thousands([row[name] for row in cells for name in ("customers", "buyers")])
    return _without_sums([_line(row, thousands) for row in cells if row["arm"]])


def _cells(line: str) -> list[str]:
    sign = next((sign for sign in "\t;" if sign in line), ",")
    return [cell.strip().strip('"').strip() for cell in line.split(sign)]


def _header(first: list[str]) -> dict[str, int]:
    """Which column is which, by the header; empty where the first line is none. UsageError for one that lacks some."""
    names = [_HEAD_UNIT.sub("", cell.replace(",", "")).strip().lower() for cell in first]
    found = {
        column: next((place for place, name in enumerate(names) if name in words), None)
        for column, words in _HEADS.items()
    }
    known = {column: place for column, place in found.items() if place is not None}
    if any(re.search(r"\d", cell) for cell in first[1:]) or len(known) < 2:
        return {}
    missing = [column for column in _NEEDED if column not in known]
    if missing:
        raise UsageError("lift.pasted_missing", names=", ".join(first), known=", ".join(_HEADS[c][0] for c in missing))
    return known


def _thousands(counts: list[str]) -> str:
    """The sign between thousands, where a whole number shows it: '200,000' or '200.000' customers."""
    return next((sign for sign, shape in _THOUSANDS.items() if any(shape.fullmatch(cell) for cell in counts)), "")


def _line(row: dict[str, str], thousands: str) -> Line:
    numbers = {name: _number(row.get(name, ""), row["arm"], thousands) for name in _COLUMNS[1:]}
    if any(numbers[name] is None for name in _NEEDED[1:]):
        raise UsageError("lift.totals_fields", arm=row["arm"])
    customers, buyers, sales = (numbers[name] or 0.0 for name in _NEEDED[1:])
    return Line(row["arm"], customers, buyers, sales, numbers["squares"], numbers["cost"])


def _number(cell: str, arm: str, thousands: str) -> float | None:
    written = _UNIT.sub("", re.sub(r"[\s\u00a0\u202f']", "", cell)).replace("\u2212", "-")
    if written in ("", "-", "–"):
        return None
    if thousands:
        written = written.replace(thousands, "")
    if "," in written and "." in written:
        written = written.replace("," if written.rfind(",") < written.rfind(".") else ".", "")
    written = written.replace(",", ".")
    if not _PLAIN.fullmatch(written):
        raise UsageError("lift.totals_not_a_number", arm=arm, value=cell)
    return float(written)


def _without_sums(found: list[Line]) -> list[Line]:
    kept = [line for line in found if line.arm.lower() not in _SUM_ROWS]
    sums = [line for line in found if line.arm.lower() in _SUM_ROWS]
    return kept if all(line.customers == sum(arm.customers for arm in kept) for line in sums) else found
