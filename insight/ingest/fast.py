"""The fast path: a plain transactions file straight into its sorted table, in one statement.

The first rows decide how the columns are read; the statement then reads all of them so. A cell that does not fit makes
its row's date NULL, and one look at the result tells whether everything fitted: if anything did not, nothing is kept
and the whole file takes the careful way, which decides from every cell.
"""

import re
import shutil
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
import numpy as np
from duckdb import DuckDBPyConnection

from insight.ingest import dates, footers, numbers, sides
from insight.ingest.cells import NO_CUSTOMER, NO_ID, POWER, SPACES
from insight.ingest.columns import NULLS
from insight.ingest.convert import currency_beside, says_returns, vat_in
from insight.ingest.detect import Layout
from insight.ingest.encoding import Text
from insight.ingest.mapping import Mapped
from insight.ingest.numbers import NumberStyle
from insight.ingest.one_currency import currency_in
from insight.ingest.opening import Opened
from insight.ingest.options import ReadOptions
from insight.ingest.raw import BLANKS, csv_source
from insight.ingest.row_kinds import FLAGS, NOT_A_SALE, PAYMENT, RETURNED, decides, may_say, words_of
from insight.ingest.scan import BLOCK
from insight.ingest.schema import SQL_TYPES, TABLES, FieldType, fold
from insight.ingest.write import MISSING, WIDE
from insight.workspace.stored import rewrite, room

_ENOUGH = 50
_LARGE = 64 << 20
_LINE_FEED = ord("\n")
_NUMBERS = ("money", "price", "number", "integer")
_NOBODY = {*NO_CUSTOMER, *footers.PART_SUMS}
_LONGEST_NULL = 8
# Whole numbers as they are sorted.
_SMALL = "DECIMAL(9,0)"
_CREDIT = (
    f"unicode(order_id) IN ({', '.join(str(ord(letter)) for letter in 'CcKkRr')}) AND amount > 0 "
    "AND regexp_matches(order_id, '^[CcKkRr]-?[0-9]{3,}$')"
)
# A cell that begins or ends with a blank, or begins with what keeps Excel's hands off text, needs the careful way.
_STARTS = f"{BLANKS}=''"
# The last letters of the words that stand for no id or nobody, and the blanks.
_ENDS = BLANKS + "".join(sorted({end for word in _NOBODY | NO_ID for end in word[-1] + word[-1].upper()}))
_YEAR_FIRST = "%Y-%m-%d"
_CODE = re.compile("[A-Z]{3}")
# Times of day by the length of the whole cell, fractions of a second last: where their marks stand.
_MARKS = {10: "", 16: ":", 19: "::"} | dict.fromkeys(range(21, 27), "::.")

_EXTENT = """
    SELECT count(*), count(ordered_at), count(amount), coalesce(year(min(ordered_at)), 0),
        coalesce(year(max(ordered_at)), 0)
    FROM staged
"""


@dataclass(frozen=True)
class Plan:
    """How each column becomes a field, decided from the first rows.

    day: the column of a plain date and its format, which the reader itself applies; None where the text is cast.
    casts: name → SQL of what is used more than once. values: field → SQL. checks: SQL that is true for a row that does
    not fit. order: of day and month, '' where the year comes first; told: by the user, or the last time.
    """

    day: tuple[int, str] | None
    casts: Mapping[str, str]
    values: Mapping[str, str]
    checks: tuple[str, ...]
    styles: Mapping[str, NumberStyle]
    order: str
    told: bool


def plan(layout: Layout, mapped: Mapped, options: ReadOptions, text: Text, personal: Mapping[int, str]) -> Plan | None:
    """A plan for a file that looks plain all through; None when it does not."""
    if mapped.kind != "transactions" or "amount" not in mapped.fields or mapped.time is not None or mapped.parts:
        return None
    if mapped.pair or options.signs == "swap":
        return None
    if layout.width - len(mapped.used) > WIDE:
        return None
    if len(layout.sample) < _ENOUGH or "personal_number" in personal.values() or _ends_in_footer(text, layout, mapped):
        return None
    if says_returns(mapped, layout.labels) or sides.candidates(layout.labels, mapped.used, layout.sample):
        return None
    if "status" in mapped.fields and fold(layout.labels[mapped.fields["status"]]).startswith(tuple(FLAGS)):
        return None
    values: dict[str, str] = {}
    casts: dict[str, str] = {}
    checks: list[str] = []
    day: tuple[int, str] | None = None
    styles: dict[str, NumberStyle] = {}
    order, told_order = "", False
    for name, at in mapped.fields.items():
        cell, spec = f"c{at}", TABLES["transactions"].field(name)
        shapes = _shapes([row[at] for row in layout.sample])
        if any(row[at] != row[at].strip(SPACES) or row[at].startswith(("'", '="')) for row in layout.sample):
            return None
        if spec.type == "datetime":
            found = _date(cell, shapes, [row[at] for row in layout.sample], options, checks)
            if found is None:
                return None
            values[name], order, told_order, format_ = found
            day = (at, format_) if format_ else None
        elif spec.type in _NUMBERS:
            told = options.decimal if options.sure("decimal") else None
            style = numbers.decide(shapes, told=told, hint=str(options.before("decimal") or ""))
            if not style.plain or style.unsure or style.bad or style.percent:
                return None
            casts[f"n{at}"], values[name] = _number(at, spec.type, style, checks)
            styles[name] = style
        else:
            if any(row[at].lower() in (NO_CUSTOMER if name == "customer_id" else NO_ID) for row in layout.sample):
                return None
            values[name] = cell
    return Plan(day, casts, values, tuple(checks), styles, order, told_order)


def _shapes(cells: Sequence[str]) -> list[tuple[str, int]]:
    table = str.maketrans("012345678", "999999999")
    return list(Counter(cell.lower().translate(table) for cell in cells if cell).items())


def _date(
    cell: str, shapes: Sequence[tuple[str, int]], cells: Sequence[str], options: ReadOptions, checks: list[str]
) -> tuple[str, str, bool, str] | None:
    """SQL for one plain form of date, the order of its parts and whether it was told, and the format of a day alone,
    which the reader holds the cells to ('' with a time of day); None for anything that needs all cells to decide.

    Adds the check that is true where a time is not written as the first rows are: a cast alone also takes 'epoch',
    zones and 12-hour clocks, silently. (The reader takes 'epoch' for the first day of 1900, see `_fits`.)
    """
    forms = {dates.read_form(shape) for shape, _ in shapes}
    lengths = {len(text) for text in cells if text}
    if len(forms) != 1:
        return None
    form = forms.pop()
    if form.zone or form.fine or form.turned:
        return None
    if form.kind == "format" and form.format.startswith(_YEAR_FIRST):
        if not lengths <= _MARKS.keys():
            return None
        if lengths == {10}:
            return cell, "", False, _YEAR_FIRST
        written = " OR ".join(_written(cell, length) for length in sorted(lengths))
        checks.append(f"{cell} IS NOT NULL AND NOT ({written})")
        return f"try_cast({cell} AS TIMESTAMP)", "", False, ""
    if form.kind != "three" or "%y" in form.format:
        return None
    separator = form.format[0]
    parts = [cell.split(separator) for cell in cells if cell]
    first, second = (max(int(part[at]) for part in parts) for at in (0, 1))
    told = options.sure("day_first")
    if told is None and (first > 12) == (second > 12):
        told = options.before("day_first")
        if told is None:
            return None
    order = "dmy" if (told if told is not None else first > 12) else "mdy"
    literal = dates.three_format(form, order)
    if literal.endswith("%Y"):
        return cell, order, told is not None, literal
    checks.append(f"NOT ({cell}[1] BETWEEN '0' AND '9')")
    return f"try_strptime({cell}, '{literal}')", order, told is not None, ""


def _written(cell: str, length: int) -> str:
    """SQL: the cell is as long as that, with its marks in their places."""
    places = [(5, "-"), *zip((14, 17, 20), _MARKS[length], strict=False)]
    marks = [f"{cell}[{place}] = '{mark}'" for place, mark in places]
    hours = [f"{cell}[12:13] < '24'"] if length > 10 else []
    return f"({' AND '.join([f'length({cell}) = {length}', *marks, *hours])})"


def _number(at: int, kind: FieldType, style: NumberStyle, checks: list[str]) -> tuple[str, str]:
    """SQL for a plain number, cast, and for the field that it becomes. Adds the check that is true where a cell is not
    what the first rows promised."""
    cell, value = f"c{at}", f"n{at}"
    text = f"replace({cell}, ',', '.')" if style.decimal == "," else cell
    checks.append(f"{cell} IS NOT NULL AND {value} IS NULL")
    # A cast takes '1_500' too, and a point among decimal commas may stand for thousands.
    odd = f"contains({cell}, '_')" + (f" OR contains({cell}, '.')" if style.decimal == "," else "")
    if style.decimals == 0:
        # No decimals seen: a mark further down could be anything. A single sign is a digit.
        odd = f"strlen({cell}) > 1 AND ({odd} OR contains({cell}, '.') OR contains({cell}, ','))"
    checks.append(odd)
    if kind == "money":
        checks.append(f"{value} <> CAST({value} AS DECIMAL(18,2))")
        return f"try_cast({text} AS DECIMAL(18,4))", f"CAST({value} AS DECIMAL(18,2))"
    return f"try_cast({text} AS {_SMALL if style.decimals == 0 else SQL_TYPES[kind]})", value


def _ends_in_footer(text: Text, layout: Layout, mapped: Mapped) -> bool:
    """Whether one of the last lines is a sum or a count, or one of the first a balance."""
    if any(footers.is_balance(cell) for row in layout.sample for cell in row):
        return True
    lines = text.scan.tail.decode("utf-8", "replace").splitlines()[-12:]
    for left, line in zip(range(len(lines), 0, -1), lines, strict=True):
        cells = layout.dialect.parse(line)
        if footers.is_footer(cells, mapped.fields.get("ordered_at"), mapped.fields.get("customer_id"), left <= 3):
            return True
        if len(cells) == 1 and layout.width > 1 and cells[0].strip():
            return True
    return False


def read(
    con: DuckDBPyConnection, text: Text, layout: Layout, plan: Plan, attributes: Mapping[str, str], folder: Path, *,
    file_id: int, expected: int, offset: int, constants: Mapping[str, str],
) -> bool:  # fmt: skip
    """Read the whole file, sorted, as `staged`; False when a row does not fit the plan (the caller then rolls back).

    With no transactions there yet, `staged` is a view of the table itself; else a table beside it. A large file is read
    in two halves at once, which are written to `folder`.
    """
    failed = " OR ".join(f"({check})" for check in plan.checks) or "false"
    kept = {
        name: f"CASE WHEN strlen({cell}) <= 4 AND lower({cell}) IN ({MISSING}) THEN NULL ELSE {cell} END"
        for name, cell in attributes.items()
    }
    values = {
        **plan.values, **kept, "line": "CAST(row_number() OVER () + $after AS UINTEGER)",
        "ordered_at": f"CASE WHEN {failed} THEN NULL ELSE {plan.values['ordered_at']} END",
    }  # fmt: skip
    # What is the same in all rows is not sorted with them, a day is sorted as a day and a whole number in four bytes:
    # that is a third of the memory, and a tenth of the time.
    after = {
        "ordered_at": "CAST(ordered_at AS TIMESTAMP)", "line": "CAST(line AS BIGINT)",
        "file_id": f"CAST({file_id} AS INTEGER)",
        **{name: f"CAST('{value}' AS VARCHAR)" for name, value in constants.items()},
        **{name: f'CAST("{name}" AS {SQL_TYPES[_type(name)]})' for name in plan.styles},
    }  # fmt: skip
    sorted_ = ", ".join(f'{sql} AS "{name}"' for name, sql in values.items())
    names = list(values | after)
    columns = ", ".join(f'{after[name]} AS "{name}"' if name in after else f'"{name}"' for name in names)
    typed, form = ({plan.day[0]: "DATE"}, f", dateformat = '{plan.day[1]}'") if plan.day is not None else ({}, "")
    casts = "".join(f", {sql} AS {name}" for name, sql in plan.casts.items())
    # No two lines are the same, so that what stands after the line decides nothing: but what is sorted by lies packed,
    # a word of five letters in seven bytes instead of sixteen, and ten million lines fit in memory.
    first = ["customer_id", "ordered_at", "line"] if "customer_id" in plan.values else ["ordered_at", "line"]
    order = ", ".join(f'"{name}"' for name in (*first, *(name for name in values if name not in first)))
    found: list[str] = []
    params: dict[str, object] = {}
    for place, (path, skip, before) in enumerate(_parts(text, layout, folder)):
        source = csv_source(layout.width, layout.dialect.delimiter, skip, form, typed)
        part = f"SELECT {sorted_} FROM (SELECT *{casts} FROM {source}) AS cells"  # noqa: S608
        found.append(part.replace("$path", f"$path_{place}").replace("$after", f"$after_{place}"))
        params |= {f"path_{place}": str(path), f"after_{place}": before + offset}
    rows = f"SELECT * FROM ({' UNION ALL '.join(found)}) AS parts ORDER BY {order}"  # noqa: S608
    select = f"SELECT {columns} FROM ({rows}) AS rows"  # noqa: S608
    empty = con.execute("SELECT 1 FROM transactions LIMIT 1").fetchone() is None
    try:
        if empty:
            room(con, names)
            into = ", ".join(f'"{name}"' for name in names)
            con.execute(f"INSERT INTO transactions ({into}) {select}", params)
            con.execute("CREATE OR REPLACE TEMP VIEW staged AS SELECT * FROM transactions")
        else:
            con.execute(f"CREATE OR REPLACE TEMP TABLE staged AS {select}", params)
    except (duckdb.InvalidInputException, duckdb.ConversionException):
        return False  # not as plain as its first lines: the careful way reads it record by record
    return _fits(con, plan, attributes, [layout.labels[int(cell[1:])] for cell in attributes.values()], expected)


def _parts(text: Text, layout: Layout, folder: Path) -> list[tuple[Path, int, int]]:
    """The files to read for the whole: (file, lines to skip, data lines before the rest).

    The rows of one file are numbered by one thread, so a large one is cut into two at a line's end. Where quotes may
    hold line ends, or lines are few, it stays whole.
    """
    whole = [(text.path, layout.first_line - 1, 0)]
    if text.scan.quotes or text.scan.size < _LARGE:
        return whole
    halves = folder / "first-half", folder / "second-half"
    lines, left = 0, text.scan.size // 2
    with text.path.open("rb") as source:
        with halves[0].open("wb") as target:
            while left > 0 and (block := source.read(min(BLOCK, left))):
                lines += int(np.count_nonzero(np.frombuffer(block, dtype=np.uint8) == _LINE_FEED))
                left -= len(block)
                target.write(block)
            target.write(source.readline())
        with halves[1].open("wb") as target:
            shutil.copyfileobj(source, target, BLOCK)
    return [(halves[0], layout.first_line - 1, 0), (halves[1], 0, lines + 1 - (layout.first_line - 1))]


def _fits(con: DuckDBPyConnection, plan: Plan, kept: Collection[str], labels: Sequence[str], expected: int) -> bool:
    """Whether every row was read as planned: all lines there, dates and amounts filled, ids and words clean.

    kept, labels: the columns of what maps to no field, and their headers.
    """
    row = con.execute(_EXTENT).fetchone()
    assert row is not None
    if not (row[0] == expected == row[1] == row[2] and 1900 < row[3] <= row[4] <= 2100):
        return False
    # Each in a statement of its own, as a condition: it then runs once for each word of a column that has few, and its
    # dear parts run only for the rows that its cheap ones leave.
    if any(_any(con, test) for test in _odd(plan, kept)):
        return False
    worded = [name for name, label in zip(kept, labels, strict=True) if may_say(label)]
    if any(decides(words_of(con, "staged", name), status=False) for name in worded):
        return False
    if "status" in plan.values and decides(words_of(con, "staged", "status"), status=True):
        return False
    # Ids are nearly as many as the rows: one function, which runs once for each, tells whether to look closer.
    ids = [name for name in plan.values if _as_they_are(plan, name) and _type(name) == "id"]
    if any(_any(con, doubtful(name)) and any(_any(con, test) for test in _odd_id(name)) for name in ids):
        return False
    return "currency" not in plan.values or _one_currency(con)


def _any(con: DuckDBPyConnection, test: str) -> bool:
    return con.execute(f"SELECT 1 FROM staged WHERE {test} LIMIT 1").fetchone() is not None  # noqa: S608


def _as_they_are(plan: Plan, name: str) -> bool:
    """Whether the field's cells are kept as they are written."""
    return name != "ordered_at" and re.fullmatch("c[0-9]+", plan.values[name]) is not None


def _odd(plan: Plan, kept: Collection[str]) -> Iterator[str]:
    """SQL conditions, each true for a row that needs the careful way: of all but ids."""
    worded = [name for name in plan.values if _as_they_are(plan, name) and _type(name) != "id"]
    for name in (*worded, *kept):
        yield f"contains('{_STARTS}', \"{name}\"[1]) OR contains('{BLANKS}', \"{name}\"[-1])"
    for name in worded:
        yield f'strlen("{name}") <= {_LONGEST_NULL} AND lower("{name}") IN ({NULLS})'
    if "quantity" in plan.values:
        yield "quantity < 0 AND amount > 0"
    if "status" in plan.values:
        yield from (f"amount > 0 AND {RETURNED}", NOT_A_SALE, f"regexp_matches(lower(status), '{PAYMENT}')")
    if "order_id" in plan.values:
        yield _CREDIT


def _one_currency(con: DuckDBPyConnection) -> bool:
    """Whether all rows that name a currency name the same, by its code."""
    found = con.execute("SELECT DISTINCT currency FROM staged WHERE currency IS NOT NULL LIMIT 2").fetchall()
    return len(found) == 1 and _CODE.fullmatch(found[0][0]) is not None


def _type(name: str) -> FieldType:
    return TABLES["transactions"].field(name).type


def doubtful(name: str) -> str:
    """SQL: an id that one of the conditions of `_odd_id` may hold for."""
    marks = ", ".join(f"""contains("{name}", '{mark}')""" for mark in ("+.,@" if name == "customer_id" else "+.,"))
    return f"greatest(contains('{_STARTS}', \"{name}\"[1]), contains('{_ENDS}', \"{name}\"[-1]), {marks})"


def _odd_id(name: str) -> Iterator[str]:
    """SQL: an id with a blank at an end, a word that stands for none, or a number with an exponent or decimals.

    Most are told apart before what is dear to tell: none of the words ends in a digit.
    """
    yield f"contains('{_STARTS}', \"{name}\"[1]) OR contains('{BLANKS}', \"{name}\"[-1])"
    words = ", ".join(f"'{word}'" for word in sorted(_NOBODY if name == "customer_id" else NO_ID))
    yield f"""NOT contains('0123456789', "{name}"[-1]) AND lower("{name}") IN ({words})"""
    if name == "customer_id":
        yield "contains(customer_id, '@') AND lower(customer_id) <> customer_id"
    yield f"""contains("{name}", '+')"""
    yield f"""contains(lower("{name}"), 'e') AND regexp_matches("{name}", '{POWER}')"""
    mark = f"""ends_with("{name}", '0') AND (contains("{name}", '.') OR contains("{name}", ','))"""
    yield f"""{mark} AND regexp_matches("{name}", '^-?[0-9]+[.,]0+$')"""


def constants(opened: Opened, options: ReadOptions) -> dict[str, str]:
    """What the user, the header or a workbook's number format says of all rows: currency and VAT."""
    found: dict[str, str] = {}
    labels, mapped = opened.layout.labels, opened.mapped
    if "currency" not in mapped.fields:
        code = (
            options.currency or currency_in(labels[mapped.fields["amount"]], labels) or currency_beside(opened, mapped)
        )
        if code and code.isalpha():
            found["currency"] = code
    vat = options.vat or vat_in(labels[mapped.fields["amount"]])
    if vat and "vat" not in mapped.fields:
        found["vat"] = vat
    return found


def settle(con: DuckDBPyConnection, file_id: int) -> None:
    """Add `staged` to the transactions that were there before, sorted; `typed` then shows the file's rows."""
    if (
        con.execute("SELECT 1 FROM transactions WHERE file_id = $file_id LIMIT 1", {"file_id": file_id}).fetchone()
        is None
    ):
        added = [str(row[0]) for row in con.execute("DESCRIBE staged").fetchall()]
        rewrite(con, "SELECT * FROM transactions UNION ALL BY NAME SELECT * FROM staged", added)
    con.execute(
        "CREATE OR REPLACE TEMP VIEW typed AS SELECT *, CAST(NULL AS VARCHAR) AS reason "  # noqa: S608
        f"FROM transactions WHERE file_id = {int(file_id)}"
    )
