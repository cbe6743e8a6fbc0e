"""What each mapped column means: its decision over the whole column, as SQL over internal names, and what to tell.

Works on a table `raw(line, c0 … cn)` of trimmed cells, blank cells NULL. Nothing from the file reaches SQL as text:
columns are c0 … cn, shapes and named dates go through parameters into the temporary table `shapes`.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date

from duckdb import DuckDBPyConnection

from insight.ingest import dates, flags, numbers
from insight.ingest.cells import MISSING, NO_CUSTOMER, NO_ID, POWER, UNKNOWN
from insight.ingest.dates import Form
from insight.ingest.flags import within
from insight.ingest.numbers import FOOTNOTE, NumberStyle
from insight.ingest.options import ReadOptions
from insight.ingest.report import Decision, FileMessage
from insight.ingest.schema import Field
from insight.result import Message

_DIGITS = "'012345678', '999999999'"
_MOST_SHAPES = 20_000
NULLS = ", ".join(f"'{word}'" for word in sorted(MISSING - {"-", "--", "—", "–", "na", "none", "nil"}))
# '9', '9 - mycket troligt', '9/10', '9 av 10': the number that a score begins with.
_LEADING_NUMBER = r"^\s*([0-9]+(?:[.,][0-9]+)?)(?:\s*(?:[-–:.)/]|av|of|=|\s|[A-Za-zÅÄÖåäö*★]|$).*)?$"
# Of these a year says enough to be worth having.
YEARS = frozenset({"birth_date", "child_birth_date", "joined_on", "left_on"})
_SCALE = re.compile(r"(?<!\d)([01])\s*(?:[-–—]|till|to)\s*([4-9])(?!\d)")
_LONGEST_SCALE = 300
_ORDER_WORDS = {"dmy": "order_dmy", "mdy": "order_mdy", "ymd": "order_ymd"}


@dataclass(frozen=True)
class Reading:
    """How a field is read: SQL for its value, SQL that is true where a filled cell is unreadable, joins it needs."""

    name: str
    sql: str
    failed: str = "false"
    joins: str = ""
    exact: str = ""
    currency: str = ""
    changed: int = 0
    style: NumberStyle | None = None
    figures: dict[str, int | str] = field(default_factory=dict[str, "int | str"])


@dataclass
class Column:
    """A column of the raw table that is to become a field."""

    field: Field
    at: int
    label: str

    @property
    def cell(self) -> str:
        """Its internal name in SQL."""
        return f"raw.c{self.at}"


class Reader:
    """Decides for the columns of one raw table how they are read, and collects messages and decisions."""

    def __init__(
        self, con: DuckDBPyConnection, options: ReadOptions, epoch_1904: bool = False, currency_above: str = ""
    ) -> None:
        self.con = con
        self.currency_above = currency_above
        self.options = options
        self.epoch_1904 = options.date_system == "1904" if options.date_system else epoch_1904
        self.messages: list[FileMessage] = []
        self.decisions: list[Decision] = []
        self.date_order: str | None = None
        self.months_only = False
        self._shapes: dict[int, list[tuple[str, int]]] = {}
        con.execute("CREATE OR REPLACE TEMP TABLE shapes (field VARCHAR, shape VARCHAR, verdict INTEGER)")
        con.execute("CREATE OR REPLACE TEMP TABLE named_dates (field VARCHAR, cell VARCHAR, moment TIMESTAMP)")

    def tell(
        self, code: str, severity: str = "warning", column: str | None = None, line: int | None = None, **values: object
    ) -> None:
        """Add a message."""
        self.messages.append(FileMessage(code, severity, values, line, column))  # pyright: ignore[reportArgumentType]

    def decide(self, name: str, value: str, reason: str, column: str, **values: object) -> None:
        """Add a decision about a column."""
        self.decisions.append(Decision(name, value, Message(f"ingest.{reason}", {"column": column, **values}), column))

    def read(self, column: Column, hint: str = "") -> Reading:
        """The reading of one column by its field's type."""
        kinds: dict[str, Callable[[Column, str], Reading]] = {
            "date": self._date, "datetime": self._date, "money": self._number, "price": self._number,
            "number": self._number, "integer": self._number, "id": self._id, "flag": self._flag,
            "consent": self._flag, "score": self._score, "text": self._text,
        }  # fmt: skip
        return kinds[column.field.type](column, hint)

    # ---- shapes ------------------------------------------------------------------------------------------------

    def shapes(self, column: Column) -> list[tuple[str, int]]:
        """The shapes of a column with their counts, most frequent first."""
        if column.at in self._shapes:
            return self._shapes[column.at]
        rows = self.con.execute(
            f"SELECT translate(lower({column.cell}), {_DIGITS}) AS shape, count(*) AS n FROM raw "  # noqa: S608
            f"WHERE {column.cell} IS NOT NULL GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT {_MOST_SHAPES}"
        ).fetchall()
        self._shapes[column.at] = [(str(shape), int(n)) for shape, n in rows]
        return self._shapes[column.at]

    def _verdicts(self, column: Column, verdicts: dict[str, int]) -> tuple[str, str]:
        """Store a verdict a shape; returns the join and the SQL name of the verdict."""
        name = column.field.name
        self.con.execute("DELETE FROM shapes WHERE field = $field", {"field": name})
        self.con.execute(
            "INSERT INTO shapes SELECT $field, unnest($shapes), unnest($verdicts)",
            {"field": name, "shapes": list(verdicts), "verdicts": list(verdicts.values())},
        )
        alias = f"shape_{name}"
        join = (
            f" LEFT JOIN (SELECT shape, verdict FROM shapes WHERE field = '{name}') AS {alias} "  # noqa: S608
            f"ON {alias}.shape = translate(lower({column.cell}), {_DIGITS})"
        )
        return join, f"{alias}.verdict"

    def first_line(self, condition: str, joins: str = "") -> tuple[int, int | None]:
        """How many raw rows meet a condition, and the line of the first."""
        row = self.con.execute(f"SELECT count(*), min(raw.line) FROM raw{joins} WHERE {condition}").fetchone()  # noqa: S608
        assert row is not None
        return int(row[0]), row[1]

    # ---- numbers -----------------------------------------------------------------------------------------------

    def style(self, column: Column, hint: str = "") -> NumberStyle:
        """The number style of a column."""
        fractions = False
        shapes = self.shapes(column)
        if column.field.type in ("number", "price") and all(re.search(r"[.,]999$", shape) for shape, _ in shapes):
            zeros = self.con.execute(
                f"SELECT count(*) FILTER (WHERE NOT regexp_matches({column.cell}, '[.,]000$')) FROM raw "  # noqa: S608
                f"WHERE {column.cell} IS NOT NULL"
            ).fetchone()
            fractions = zeros is not None and zeros[0] == 0
        told = self.options.decimal if self.options.sure("decimal") else None
        hint = hint or str(self.options.before("decimal") or "")
        style = numbers.decide(shapes, told=told, hint=hint, fractions=fractions)
        return replace(style, sides=(style.sides[0], "")) if self.options.returns == "none" else style

    def _number(self, column: Column, hint: str) -> Reading:
        style = self.style(column, hint)
        scale = {"money": 4, "price": 4, "number": 3, "integer": 0}[column.field.type]
        digits = 18
        fine = style.decimals > scale or "exponent" in style.verdicts.values()
        if fine:
            digits, scale = 38, 10 if column.field.type != "integer" else 4
        joins, sql, failed = self._number_sql(column, style, digits, scale)
        target = {"money": "DECIMAL(18,2)", "price": "DECIMAL(18,4)", "number": "DECIMAL(18,3)", "integer": "BIGINT"}[
            column.field.type
        ]
        self._number_messages(column, style)
        return Reading(
            column.field.name, f"try_cast({sql} AS {target})", failed, joins, exact=sql, style=style,
            currency=numbers.currency_sql(column.cell, style) if style.currencies else "", changed=style.changed,
        )  # fmt: skip

    def _number_sql(self, column: Column, style: NumberStyle, digits: int, scale: int) -> tuple[str, str, str]:
        main = numbers.number_sql(column.cell, style, digits, scale)
        if set(style.verdicts.values()) <= {"main"}:
            return "", main, f"({column.cell} IS NOT NULL AND {main} IS NULL)"
        codes = {"main": 1, "other": 2, "exponent": 3, "missing": 4, "bad": 0}
        join, verdict = self._verdicts(column, {shape: codes[v] for shape, v in style.verdicts.items()})
        cases = [f"WHEN {verdict} = 1 THEN {main}"]
        present = set(style.verdicts.values())
        if "other" in present:
            cases.append(f"WHEN {verdict} = 2 THEN {numbers.number_sql(column.cell, style, digits, scale, other=True)}")
        if "exponent" in present:
            cases.append(f"WHEN {verdict} = 3 THEN {numbers.exponent_sql(column.cell, digits, scale)}")
        sql = f"CASE {' '.join(cases)} END"
        return join, sql, f"({column.cell} IS NOT NULL AND coalesce({verdict}, 0) <> 4 AND {sql} IS NULL)"

    def _number_messages(self, column: Column, style: NumberStyle) -> None:
        label = column.label
        if style.unsure:
            self.tell(
                "number_ambiguous",
                column=label,
                read="." if style.decimal == "." else ",",
                mark="," if style.decimal == "." else ".",
                how=Message("ingest.as_thousands" if _thousands(style) else "ingest.as_decimals"),
            )
        if style.mixed:
            self.tell("number_mixed", column=label, decimal=style.decimal)
        if style.decimal == "," or style.groups or style.tokens:
            self.decide("decimal", style.decimal, "why_decimal_told" if self.options.decimal else "why_decimal", label)
        if style.percent:
            self.tell("number_percent", "note", column=label)
        if FOOTNOTE in style.tokens:
            count, line = self.first_line(f"contains({column.cell}, '{FOOTNOTE}')")
            self.tell("number_footnotes", column=label, line=line, count=count)
        if style.negatives & {"(", "end"}:
            self.tell("number_negative", "note", column=label)
        if style.sides[1]:
            kept, turned = style.sides
            self.tell(
                "number_sides" if kept else "number_side",
                column=label,
                kept=kept.upper(),
                turned=turned.upper(),
                kept_count=style.side_counts[0],
                turned_count=style.side_counts[1],
            )

    # ---- dates -------------------------------------------------------------------------------------------------

    def _date(self, column: Column, hint: str) -> Reading:
        del hint
        shapes = self.shapes(column)
        forms = {shape: dates.read_form(shape) for shape, _ in shapes}
        if column.field.name not in YEARS:
            forms = {shape: replace(form, kind="bad") if form.kind == "year" else form for shape, form in forms.items()}
        counts = dict(shapes)
        threes = [shape for shape, form in forms.items() if form.kind == "three"]
        order = self._order(column, forms, threes) if threes else "dmy"
        forms = {shape: self._six(column, form) if form.kind == "six" else form for shape, form in forms.items()}
        forms = self._not_a_mix(forms, counts)
        used = list(dict.fromkeys(form for form in forms.values() if form.kind not in ("bad", "missing")))
        verdicts = {
            shape: used.index(form) + 1 if form in used else (-1 if form.kind == "missing" else 0)
            for shape, form in forms.items()
        }
        joins, sql, missing = "", "CAST(NULL AS TIMESTAMP)", "false"
        if len(used) == 1 and set(verdicts.values()) == {1} and used[0].kind != "named":
            sql = dates.date_sql(column.cell, used[0], order, self.epoch_1904)
        elif used:
            joins, verdict = self._verdicts(column, verdicts)
            cases: list[str] = []
            for at, form in enumerate(used, 1):
                if form.kind == "named":
                    joins += self._named(column)
                    cases.append(f"WHEN {verdict} = {at} THEN named_{column.field.name}.moment")
                else:
                    cases.append(
                        f"WHEN {verdict} = {at} THEN {dates.date_sql(column.cell, form, order, self.epoch_1904)}"
                    )
            sql = f"CASE {' '.join(cases)} END"
            missing = f"coalesce({verdict}, 0) = -1"
        self._date_messages(column, used, forms, counts)
        value = sql if column.field.type == "datetime" else f"CAST({sql} AS DATE)"
        return Reading(
            column.field.name, value, f"({column.cell} IS NOT NULL AND NOT {missing} AND {sql} IS NULL)", joins
        )

    def _order(self, column: Column, forms: dict[str, Form], threes: list[str]) -> str:
        """Day or month first, from every three-part date of the column; plausible ones only."""
        formats = list(dict.fromkeys(forms[shape] for shape in threes))
        two_digit = any("%y" in form.format for form in formats)
        latest = date.today().year + (80 if column.field.name in ("ended_on", "bound_until") else 1)
        counts: dict[str, tuple[int, int]] = {}
        total = 0
        join, verdict = self._verdicts(column, {shape: formats.index(forms[shape]) + 1 for shape in threes})
        for order in ("dmy", "mdy", "ymd"):
            if order == "ymd" and not two_digit:
                continue
            cases = " ".join(
                f"WHEN {verdict} = {at} THEN {dates.date_sql(column.cell, form, order)}"
                for at, form in enumerate(formats, 1)
            )
            row = self.con.execute(
                f"SELECT count(*), count(moment) FILTER (WHERE year(moment) BETWEEN 1900 AND {latest}), "  # noqa: S608
                "max(year(moment)) - min(year(moment)) "
                f"FROM (SELECT CASE {cases} END AS moment FROM raw{join} WHERE {verdict} IS NOT NULL)"
            ).fetchone()
            assert row is not None
            total = int(row[0])
            counts[order] = (int(row[1]), int(row[2] or 0))
        dots = all(form.dots for form in formats)
        told, before = self.options.sure("day_first"), self.options.before("day_first")
        order, unsure = dates.decide_order(
            counts, total, told=None if told is None else bool(told), dots=dots, two_digit=two_digit
        )
        if unsure and before is not None:
            order, unsure, told = "dmy" if before else "mdy", False, before
        if unsure and self.date_order and order != "ymd":
            order, unsure = self.date_order, False
        if unsure:
            self.tell("date_ambiguous", column=column.label, order=Message(f"ingest.{_ORDER_WORDS[order]}"))
        else:
            self.date_order = order if order != "ymd" else self.date_order
        reason = "why_order_told" if told is not None else "why_order_open" if unsure else "why_order"
        self.decide(
            "day_first",
            "yes" if order == "dmy" else "no",
            reason,
            column.label,
            order=Message(f"ingest.{_ORDER_WORDS[order]}"),
        )
        return order

    def _six(self, column: Column, form: Form) -> Form:
        """Six digits: 240131 when they are days, 202401 when only months come out."""
        del form
        row = self.con.execute(
            f"SELECT count(try_strptime({column.cell}, '%y%m%d')), count(try_strptime({column.cell}, '%Y%m')) FROM raw "  # noqa: S608
            f"WHERE length({column.cell}) = 6"
        ).fetchone()
        assert row is not None
        return Form("format", "%y%m%d") if row[0] >= row[1] else Form("month", "%Y%m")

    @staticmethod
    def _not_a_mix(forms: dict[str, Form], counts: dict[str, int]) -> dict[str, Form]:
        """A few bare numbers among written dates are serials only when the column is mostly numbers or Excel's."""
        weight = {kind: sum(counts[s] for s, f in forms.items() if f.kind == kind) for kind in ("epoch", "month")}
        total = sum(counts.values())
        drop = {kind for kind, n in weight.items() if 0 < n < 0.05 * total}
        return {shape: replace(form, kind="bad") if form.kind in drop else form for shape, form in forms.items()}

    def _named(self, column: Column) -> str:
        """Read the distinct cells with month names in Python, and return the join to what they mean."""
        name = column.field.name
        rows = self.con.execute(
            f"SELECT DISTINCT {column.cell} FROM raw WHERE regexp_matches({column.cell}, '[A-Za-zÀ-ÿ]{{3}}')"  # noqa: S608
        ).fetchall()
        found = dates.named_values([str(row[0]) for row in rows])
        self.months_only = any(dates.is_month(text) for text, _ in found)
        self.con.execute("DELETE FROM named_dates WHERE field = $field", {"field": name})
        for start in range(0, len(found), 50_000):
            part = found[start : start + 50_000]
            self.con.execute(
                "INSERT INTO named_dates SELECT $field, unnest($cells), unnest($ats)",
                {"field": name, "cells": [text for text, _ in part], "ats": [at for _, at in part]},
            )
        return (
            f" LEFT JOIN (SELECT cell, moment FROM named_dates WHERE field = '{name}') AS named_{name} "  # noqa: S608
            f"ON named_{name}.cell = {column.cell}"
        )

    def _date_messages(self, column: Column, used: list[Form], forms: dict[str, Form], counts: dict[str, int]) -> None:
        kinds = {form.kind for form in used}
        label = column.label
        if "serial" in kinds:
            n = sum(counts[shape] for shape, form in forms.items() if form.kind == "serial")
            self.tell("date_serial", column=label, count=n, system="1904" if self.epoch_1904 else "1900")
        if "epoch" in kinds:
            self.tell("date_epoch", column=label)
        if "month" in kinds or ("named" in kinds and self.months_only):
            self.tell("date_month", column=label)
        if "week" in kinds:
            self.tell("date_week", column=label)
        if "quarter" in kinds:
            self.tell("date_quarter", column=label)
        if "year" in kinds:
            self.tell("date_year", column=label)
        if any("%y" in form.format for form in used if form.kind == "format"):
            self.tell("date_two_digit", column=label)
        if len({_family(form) for form in used}) > 1:
            self.tell("date_mixed", column=label, count=len({_family(form) for form in used}))
        if any(form.zone for form in used):
            self.tell("date_zone", "note", column=label)

    # ---- ids, texts, flags, scores -----------------------------------------------------------------------------

    def _id(self, column: Column, hint: str) -> Reading:
        del hint
        cell = column.cell
        if column.field.name == "customer_id" and any("@" in shape for shape, _ in self.shapes(column)):
            # Anna@ and anna@ are one person; K12 is as it is in other files.
            cell = f"CASE WHEN contains({cell}, '@') THEN lower({cell}) ELSE {cell} END"
        point = f"(ends_with({cell}, '0') AND regexp_matches({cell}, '^-?[0-9]+[.,]0+$'))"
        # Java writes 1.2345678E7 with no plus; 12E5 with neither that nor a decimal mark is an id as it stands.
        power = f"(contains(lower({cell}), 'e') AND regexp_matches({cell}, '{POWER}'))"
        row = self.con.execute(
            f"SELECT count(*) FILTER (WHERE {point}), count(*) FILTER (WHERE {power}), "  # noqa: S608
            f"min(line) FILTER (WHERE {point}), min(line) FILTER (WHERE {power}), count({cell}) FROM raw"
        ).fetchone()
        assert row is not None
        points, powers, point_line, power_line, filled = (int(v) if v is not None else None for v in row)
        nobody = NO_CUSTOMER if column.field.name == "customer_id" else NO_ID
        sql, failed, figures = f"CASE WHEN {within(f'lower({cell})', nobody)} THEN NULL ELSE {cell} END", "false", {}
        if points:
            sql = f"CASE WHEN {point} THEN regexp_replace({cell}, '[.,]0+$', '') ELSE {sql} END"
            self.tell(
                "id_decimals",
                "warning" if column.field.name == "customer_id" else "note",
                column.label,
                point_line,
                count=points,
            )
        if powers and column.field.name in ("customer_id", "other_id"):
            # All digits kept ('1.234E+3', or R's '1e+05' among plain numbers) can be undone; fewer can't: different
            # ids have become one.
            exact = f"try_cast(try_cast(replace({cell}, ',', '.') AS DECIMAL(38,10)) AS BIGINT)"
            digits = f"length(regexp_extract({cell}, '^[0-9]+[.,]?([0-9]*)', 1))"
            short = "false" if powers > 0.01 * (filled or 1) else f"regexp_matches({cell}, '^[0-9]e')"
            places = f"try_cast(regexp_extract({cell}, '[0-9]+$') AS INTEGER)"
            whole, _ = self.first_line(f"{power} AND NOT contains({cell}, '+') AND {digits} >= {places}")
            # Java keeps every digit but zeros at the end: where one is whole, the shorter ones are, too.
            kept = f"{short} OR NOT contains({cell}, '+')" if whole else short
            lossy = f"({power} AND {digits} < {places} AND NOT ({kept}))"
            lost, lost_line = self.first_line(lossy)
            figures = {"lossy_ids": lost, "lossy_line": lost_line or 0, "filled": filled or 0}
            if lost < powers:
                self.tell("id_exponent_exact", column=column.label, line=power_line, count=powers - lost)
            sql = f"CASE WHEN {lossy} THEN NULL WHEN {power} THEN CAST({exact} AS VARCHAR) ELSE {sql} END"
            failed = lossy
        elif powers:
            self.tell("id_exponent_kept", column=column.label, line=power_line, count=powers)
        return Reading(column.field.name, sql, failed, changed=points or 0, figures=dict(figures))

    def _text(self, column: Column, hint: str) -> Reading:
        del hint
        return Reading(
            column.field.name, f"CASE WHEN lower({column.cell}) IN ({NULLS}) THEN NULL ELSE {column.cell} END"
        )

    def _flag(self, column: Column, hint: str) -> Reading:
        del hint
        kind = column.field.type
        said = flags.decide(self.con, column.cell, kind, column.field.name)
        label, unknown = column.label, said.blank + said.odd
        if said.way == "filled":
            self.tell("flag_filled", "note", column=label)
        elif said.way == "own":
            self.tell("flag_own", column=label, line=said.odd_line, yes=said.yes, no=said.no)
        elif kind == "consent":
            code, severity = ("consent_forms", "warning") if said.odd else ("consent_read", "note")
            counts = {"yes": said.yes, "no": said.no, "unknown": unknown, "odd": said.odd}
            self.tell(code, severity, label, said.odd_line, **counts)
        elif said.odd:
            self.tell("flag_unknown", column=label, line=said.odd_line, count=said.odd)
        changed = said.odd if said.way == "filled" else said.yes + said.no
        return Reading(column.field.name, said.sql, changed=changed)

    def _score(self, column: Column, hint: str) -> Reading:
        del hint
        lead = f"regexp_extract({column.cell}, '{_LEADING_NUMBER}', 1)"
        sql = f"try_cast(replace(nullif({lead}, ''), ',', '.') AS DECIMAL(6,2))"
        drawn = f"CAST(length(replace({column.cell}, '☆', '')) AS DECIMAL(6,2))"
        stars = f"CASE WHEN regexp_matches({column.cell}, '^[★⭐]+[☆]*$') THEN {drawn} ELSE {sql} END"
        over = self.con.execute(f"SELECT count(*) FILTER (WHERE {stars} > 10), count({stars}) FROM raw").fetchone()  # noqa: S608
        assert over is not None
        if 0 < over[0] <= 0.05 * over[1]:
            # A stray 11 among answers from 0 to 10 makes no other scale: it is set aside.
            stars = f"CASE WHEN {stars} <= 10 THEN {stars} END"
        row = self.con.execute(
            f"SELECT min(s), max(s), count(s), count(*) FILTER (WHERE s <> round(s)), "  # noqa: S608
            f"count(*) FILTER (WHERE s IS NOT NULL AND NOT regexp_matches(cell, '^[0-9]+([.,][0-9]+)?$')) "
            f"FROM (SELECT {stars} AS s, {column.cell} AS cell FROM raw)"
        ).fetchone()
        assert row is not None
        low, high, n, fractions, worded = row
        scale = "0-10"
        if n and (high > 10 or fractions or (high <= 5 and low >= 1 and n >= 10)):
            scale = "0-100" if high > 10 else "1-5" if high <= 5 and low >= 1 else "0-10 with decimals"
            self.tell("score_scale", column=column.label, low=low, high=high)
        elif named := _SCALE.search(column.label[:_LONGEST_SCALE]):
            # Answers from 1 to 7 look like answers from 0 to 10 that nobody praised.
            self.tell("score_scale_named", column=column.label, low=int(named[1]), high=int(named[2]))
        if worded:
            self.tell("score_worded", "note", column=column.label, count=worded)
        missing = within(f"lower({column.cell})", MISSING | UNKNOWN)
        return Reading(
            column.field.name, stars, f"({column.cell} IS NOT NULL AND NOT {missing} AND {stars} IS NULL)",
            changed=worded, figures={"scale": scale},
        )  # fmt: skip


def _thousands(style: NumberStyle) -> bool:
    return any(group in ".," for group in style.groups)


def _family(form: Form) -> str:
    """Forms that a reader would call the same: a time of day more or less does not make another form."""
    if form.kind == "three":
        return "three:" + form.format[0]
    return form.kind + ":" + form.format.split("%H")[0].split("%I")[0].rstrip(" T,")
