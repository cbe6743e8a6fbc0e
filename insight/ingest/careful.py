"""The careful way: every cell looked at before anything is decided, and a reason for every row that is set aside."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pyarrow as pa
from duckdb import DuckDBPyConnection

from insight.errors import IngestError
from insight.ingest import (
    convert,
    fill,
    footers,
    order_sums,
    privacy,
    quality,
    raw,
    row_kinds,
    second_look,
    sides,
    swapped,
    undated,
    write,
)
from insight.ingest.cells import MONTHS
from insight.ingest.columns import Reader
from insight.ingest.continued import continued
from insight.ingest.mapping import Mapped, is_crowded
from insight.ingest.normalise import Normalised, normalise
from insight.ingest.opening import Opened, data_lines, is_bulk
from insight.ingest.options import ReadOptions
from insight.ingest.report import Decision, FileMessage
from insight.ingest.schema import TABLES
from insight.ingest.watch import Watch

_SEXES = {"female": "Kvinna", "male": "Man"}


@dataclass
class Done:
    """What reading the rows led to. changed: cells rewritten, by field. figures: facts that the readings know."""

    rows: int
    set_aside: int = 0
    footers: int = 0
    lines: int = 0
    messages: list[FileMessage] = field(default_factory=list[FileMessage])
    decisions: list[Decision] = field(default_factory=list[Decision])
    changed: dict[str, int] = field(default_factory=dict[str, int])
    figures: dict[str, object] = field(default_factory=dict[str, object])
    quick: bool = False


def read_carefully(
    con: DuckDBPyConnection,
    opened: Opened,
    file_id: int,
    options: ReadOptions,
    key: bytes,
    folder: Path,
    watch: Watch,
    lap: Callable[[str], None],
) -> Done:
    """Every cell looked at before anything is decided, and a reason for every row that is set aside."""
    watch.stage(0.5)
    careful = _fill_raw(con, opened, folder, watch) if opened.text is not None else None
    lap("raw")
    watch.check()
    watch.stage(0.75)
    hidden = _personal_numbers(con, opened, options, key)
    mapped, labels = opened.mapped, opened.layout.labels
    _join_date(con, mapped)
    _join_time(con, mapped)
    joined = sides.join(con, mapped.pair, labels, swapped=options.signs == "swap")
    _join_names(con, mapped)
    foot = _take_footers(con, opened, careful)
    repeats = _repeated_headers(con, opened)
    headed = fill.headed(con, mapped, labels)
    repeats += [(line, "group_head", text) for line, text in headed]
    filled = fill.groups(con, mapped, labels, foot) + fill.order_lines(con, mapped, labels)
    filled = filled or continued(con, mapped, labels) or fill.merged(con, mapped, labels)
    if len(mapped.parts) == 2:
        filled.append(FileMessage("date_month", "warning", {}, column=labels[mapped.parts[1]]))
    mapped = _status(con, opened, options)
    reader = Reader(con, options, opened.source.epoch_1904, convert.currency_beside(opened, mapped))
    if opened.source.format == "excel":
        filled += swapped.swapped_days(con, mapped, labels)
    converted = convert.convert(con, mapped, labels, options, reader)
    filled = fill.line_prices(con, mapped, filled) + undated.control_days(con, mapped, labels)
    _duplicate_customers(con, mapped, labels, guessed=options.kind is None)
    if options.order_sums == "aside":
        order_sums.set_aside(con, order_sums.suspect(mapped, labels, opened.layout.sample))
    foot += _wordless_total(con, mapped)
    watch.check()
    rows, aside = _counts(con)
    early_aside = repeats + (careful.aside if careful else [])
    said = convert.aside_messages(con, mapped, labels)
    if rows == 0:
        raise _nothing(said, careful, opened.messages)
    lap("convert")
    watch.stage(0.95)
    if mapped.kind == "transactions" and options.if_exists != "replace" and "currency" in converted.fields:
        same_currency(con, "typed")
    attributes = attributes_of(con, opened, hidden)
    write.write_rows(con, mapped.kind, [*converted.fields], file_id, attributes, merge=options.if_exists != "replace")
    messages = _split(con, opened, file_id, options)
    write.write_aside(con, file_id, early_aside, opened.layout.width, hidden)
    messages += [*_careful_messages(careful, opened, early_aside), *joined, *filled, *reader.messages, *said]
    lines = careful.lines if careful else rows + aside + len(foot) + len(repeats)
    messages += quality.footer_messages(con, foot, mapped, labels, converted, reader)
    return Done(
        rows, aside + len(early_aside), len(foot), lines,
        messages, reader.decisions, {name: reading.changed for name, reading in converted.readings.items()},
        {"scale": converted.readings["score"].figures["scale"]} if "score" in converted.readings else {},
    )  # fmt: skip


def _status(con: DuckDBPyConnection, opened: Opened, options: ReadOptions) -> Mapped:
    """The mapping, with the status in the column that tells what each row is where only later rows show that."""
    if "status" not in options.mapping and "status" not in options.closed:
        at = row_kinds.status_column(con, opened.mapped, opened.layout.labels)
        if at is not None:
            opened.mapped = second_look.give(opened.mapped, "status", at, opened.layout.labels[at])
    return opened.mapped


def _fill_raw(con: DuckDBPyConnection, opened: Opened, folder: Path, watch: Watch) -> Normalised | None:
    """The raw table: in bulk where the file is plain, else record by record (then what was mended is returned)."""
    text, layout, source = opened.text, opened.layout, opened.source
    assert text is not None
    if opened.spread is not None:
        raw.from_normalised(con, opened.spread.path, layout.width)
        return opened.spread
    repair = text.scan.mojibake > 0
    expected = data_lines(text, layout)
    offset = source.first_row - 1 + layout.first_line - 1
    plain = is_bulk(opened) and expected > 0
    if plain and raw.from_text(con, text.path, layout, expected=expected, offset=offset):
        return None
    watch.check()

    def told(rows: int) -> None:
        watch.check()
        watch.part(0.8 * rows / max(1, text.scan.lines))

    careful = normalise(text.path, layout, folder, repair=repair, row_of=source.row_of, progress=told)
    short = sum(reason == "ragged" for _, reason, _ in careful.aside)
    if short >= 3 and short > 0.05 * careful.lines:
        careful = normalise(text.path, layout, folder, repair=repair, row_of=source.row_of, pad=True, progress=told)
    if careful.lines == 0:
        raise IngestError("ingest.header_only", line=layout.header_line)
    raw.from_normalised(con, careful.path, layout.width)
    return careful


def _split(con: DuckDBPyConnection, opened: Opened, file_id: int, options: ReadOptions) -> list[FileMessage]:
    """A wide file's other parts: new customers, and one purchase a row with its date and amount."""
    mapped, labels = opened.mapped, opened.layout.labels
    said: list[FileMessage] = []
    if mapped.customers:
        count = write.split_customers(con, mapped.customers, file_id)
        names = ", ".join(labels[at] for at in mapped.customers.values())
        said.append(FileMessage("customers_split", "note", {"columns": names, "count": count}))
    if mapped.sales:
        count = _split_sales(con, opened, file_id, options, said)
        undated = mapped.sales["ordered_at"] == _mailed(mapped)
        names = ", ".join(labels[at] for name, at in mapped.sales.items() if not (undated and name == "ordered_at"))
        code = "sales_split_undated" if undated else "sales_split"
        said.append(FileMessage(code, "warning", {"columns": names, "count": count}))
    return said


def _mailed(mapped: Mapped) -> int | None:
    """The column of the mailing's day."""
    return mapped.fields.get("assigned_on", mapped.fields.get("sent_at"))


def _split_sales(
    con: DuckDBPyConnection, opened: Opened, file_id: int, options: ReadOptions, said: list[FileMessage]
) -> int:
    """Purchases on the rows that have an amount become transactions; how many. `typed` is the same afterwards."""
    mapped = replace(
        opened.mapped,
        kind="transactions",
        fields={**opened.mapped.sales, "customer_id": opened.mapped.fields["customer_id"]},
    )
    amount = mapped.fields["amount"]
    undated = mapped.fields["ordered_at"] == _mailed(opened.mapped)
    con.execute("ALTER TABLE typed RENAME TO typed_main")
    con.execute("ALTER TABLE raw RENAME TO raw_main")
    con.execute(
        f"CREATE TEMP TABLE raw AS SELECT raw_main.* FROM raw_main JOIN typed_main USING (line) "  # noqa: S608
        f"WHERE typed_main.reason IS NULL AND raw_main.c{amount} IS NOT NULL"
    )
    reader = Reader(con, options, opened.source.epoch_1904)
    convert.convert(con, mapped, opened.layout.labels, options, reader)
    # A row that says 0 and no day says that nothing was bought.
    con.execute(f"DELETE FROM typed WHERE amount = 0 AND ({undated} OR reason = 'date_missing')")  # noqa: S608
    count, left = _counts(con)
    write.write_rows(con, "transactions", ["ordered_at", "amount", "customer_id"], file_id, {})
    said += reader.messages
    if left:
        said += convert.aside_messages(con, mapped, opened.layout.labels)
    con.execute("DROP TABLE typed")
    con.execute("DROP TABLE raw")
    con.execute("ALTER TABLE typed_main RENAME TO typed")
    con.execute("ALTER TABLE raw_main RENAME TO raw")
    return count


def _personal_numbers(con: DuckDBPyConnection, opened: Opened, options: ReadOptions, key: bytes) -> list[int]:
    """Personal numbers are never stored: hashed where they are the customer's id, dropped elsewhere.

    Where the user asks for it, a customer's year of birth and sex are kept of them.
    """
    hidden = [at for at, kind in opened.personal.items() if kind == "personal_number"]
    labels = opened.layout.labels
    if options.personal_ids == "birth" and hidden:
        _births(con, opened, hidden[0])
    for at in hidden:
        owner = next((name for name, column in opened.mapped.fields.items() if column == at), "")
        if owner in ("customer_id", "other_id") and options.personal_ids != "drop":
            known = [(value, privacy.keyed_hash(value, key)) for value in _distinct(con, at)]
            _replace_cells(con, at, at, known)
            opened.messages.append(FileMessage("personal_hashed", "note", {}, column=labels[at]))
            continue
        if owner:
            fields = {name: column for name, column in opened.mapped.fields.items() if column != at}
            if any(f.required and f.name == owner for f in TABLES[opened.mapped.kind].fields):
                raise IngestError("ingest.personal_only_id", column=labels[at])
            opened.mapped = replace(opened.mapped, fields=fields)
        raw.change(con, "raw", {f"c{at}": "CAST(NULL AS VARCHAR)"})
        opened.messages.append(FileMessage("personal_dropped", "note", {}, column=labels[at]))
    return hidden


def _births(con: DuckDBPyConnection, opened: Opened, at: int) -> None:
    """Year of birth (as its first day) and sex of a customer, where the file does not say them itself."""
    label = opened.layout.labels[at]
    if opened.mapped.kind != "customers":
        opened.messages.append(FileMessage("birth_only_of_customers", "warning", {}, column=label))
        return
    found = {value: told for value in _distinct(con, at) if (told := privacy.birth_year_and_sex(value)) is not None}
    told = {
        "birth_date": [(value, f"{year}-01-01") for value, (year, _) in found.items()],
        "gender": [(value, _SEXES[sex]) for value, (_, sex) in found.items()],
    }
    fields, labels = dict(opened.mapped.fields), list(opened.layout.labels)
    for name, cells in told.items():
        if name not in fields:
            # A column of its own beside those of the file.
            fields[name] = len(labels)
            labels.append(f"{label} ({TABLES['customers'].field(name).sv})")
            con.execute(f"ALTER TABLE raw ADD COLUMN c{fields[name]} VARCHAR")
        _replace_cells(con, at, fields[name], cells)
    opened.mapped = replace(opened.mapped, fields=fields)
    opened.layout = replace(opened.layout, labels=tuple(labels))
    opened.personal[fields["birth_date"]] = "birth_date"
    opened.messages.append(FileMessage("birth_kept", "note", {"count": len(found)}, column=label))


def _distinct(con: DuckDBPyConnection, at: int) -> list[str]:
    rows = con.execute(f"SELECT DISTINCT c{at} FROM raw WHERE c{at} IS NOT NULL").fetchall()  # noqa: S608
    return [str(row[0]) for row in rows]


def _replace_cells(con: DuckDBPyConnection, key: int, target: int, cells: Sequence[tuple[str, str]]) -> None:
    """Put values into the target column by what stands in the key column; in another column only where it is blank."""
    kinds = pa.schema({"cell": pa.string(), "value": pa.string()})
    con.register("hashed", pa.table([[cell for cell, _ in cells], [value for _, value in cells]], schema=kinds))
    told = ("hashed.value", f"raw.c{target}") if key == target else (f"raw.c{target}", "hashed.value")
    beside = f"LEFT JOIN hashed ON hashed.cell = raw.c{key}"
    raw.change(con, "raw", {f"c{target}": f"coalesce({', '.join(told)})"}, beside)
    con.unregister("hashed")


def _join_time(con: DuckDBPyConnection, mapped: Mapped) -> None:
    """A column of times is put behind the date it belongs to."""
    target = mapped.fields.get("ordered_at", mapped.fields.get("at", mapped.fields.get("sent_at")))
    if mapped.time is None or target is None:
        return
    day = f"regexp_replace(c{target}, '[ T]0?0:00(:00)?(\\.0+)?$', '')"
    raw.change(con, "raw", {f"c{target}": f"coalesce({day} || ' ' || c{mapped.time}, c{target})"})


def _join_date(con: DuckDBPyConnection, mapped: Mapped) -> None:
    """Year, month and day become one date; without a day, the first."""
    if len(mapped.parts) > 1:
        year, month = (f"regexp_replace(c{at}, '[.,]0+$', '')" for at in mapped.parts[:2])
        names = " ".join(f"WHEN '{name}' THEN '{number}'" for name, number in MONTHS.items())
        month = f"CASE rtrim(lower(c{mapped.parts[1]}), '.') {names} ELSE {month} END"
        day = f"regexp_replace(c{mapped.parts[2]}, '[.,]0+$', '')" if len(mapped.parts) > 2 else "'1'"
        raw.change(con, "raw", {f"c{mapped.parts[0]}": f"{year} || '-' || {month} || '-' || {day}"})


def _join_names(con: DuckDBPyConnection, mapped: Mapped) -> None:
    """The last name is put behind the first."""
    first, last = mapped.fields.get("name"), mapped.last_name
    if first is not None and last is not None:
        raw.change(con, "raw", {f"c{first}": f"nullif(concat_ws(' ', c{first}, c{last}), '')"})


def _take_footers(con: DuckDBPyConnection, opened: Opened, careful: Normalised | None) -> list[tuple[int, list[str]]]:
    """Rows that sum up are taken out of the raw table before anything is decided from it."""
    mapped, width = opened.mapped, opened.layout.width
    date_at = next(
        (
            mapped.fields[f.name]
            for f in TABLES[mapped.kind].fields
            if f.required and f.type in ("date", "datetime") and f.name in mapped.fields
        ),
        None,
    )
    key_at = mapped.fields.get("customer_id")
    tail = raw.tail(con, width)
    seen = (*opened.layout.sample, *(cells for _, cells in tail))
    balances = {at for cells in seen for at, cell in enumerate(cells) if at < width and footers.is_balance(cell or "")}
    columns = list(dict.fromkeys(at for at in (0, date_at, key_at, *sorted(balances)) if at is not None))
    last = {line for line, _ in tail[:3]}
    rows = dict(tail) | dict(raw.worded(con, width, columns, footers.SQL_WORDS))
    found = [
        (line, cells) for line, cells in sorted(rows.items()) if footers.is_footer(cells, date_at, key_at, line in last)
    ]
    if found:
        raw.drop_lines(con, [line for line, _ in found])
    return found + (careful.footers if careful else [])


def _repeated_headers(con: DuckDBPyConnection, opened: Opened) -> list[tuple[int, str, str]]:
    """The header again further down, as it stands where exports were put one after the other."""
    header = [(at, cell) for at, cell in enumerate(opened.layout.header) if cell]
    if opened.layout.header_line is None or not header:
        return []
    same = " AND ".join(f"lower(c{at}) = lower($h{at})" for at, _ in header)
    rows = con.execute(
        f"SELECT line FROM raw WHERE {same} ORDER BY line",  # noqa: S608
        {f"h{at}": cell for at, cell in header},
    ).fetchall()
    lines = [int(row[0]) for row in rows]
    if lines:
        raw.drop_lines(con, lines)
    text = ";".join(opened.layout.header)
    return [(line, "repeated_header", text) for line in lines]


def _wordless_total(con: DuckDBPyConnection, mapped: Mapped) -> list[tuple[int, list[str]]]:
    """A last row with nothing but the sum of all the others is a footer too."""
    if mapped.kind != "transactions":
        return []
    no_id = "AND customer_id IS NULL" if "customer_id" in mapped.fields else ""
    row = con.execute(
        "SELECT line, amount FROM typed "  # noqa: S608
        f"WHERE reason IN ('date_missing', 'date_unreadable') AND amount IS NOT NULL {no_id} "
        "AND line = (SELECT max(line) FROM typed) AND amount = (SELECT sum(amount) FROM typed WHERE reason IS NULL)"
    ).fetchone()
    if row is None:
        return []
    con.execute("DELETE FROM typed WHERE line = $line", {"line": row[0]})
    return [(int(row[0]), ["Σ", str(row[1])])]


def _duplicate_customers(con: DuckDBPyConnection, mapped: Mapped, labels: Sequence[str], guessed: bool) -> None:
    """One row a customer: of several rows with one id in a customer file the last counts, the others are set aside.

    Raises IngestError for what was only guessed to be a customer file, where most rows would go.
    """
    if mapped.kind != "customers":
        return
    row = con.execute("SELECT count(*), count(DISTINCT customer_id) FROM typed WHERE reason IS NULL").fetchone()
    if guessed and row is not None and is_crowded(row[0], row[1]):
        raise IngestError(
            "ingest.many_rows_a_customer", count=row[0], customers=row[1], column=labels[mapped.fields["customer_id"]]
        )
    con.execute(
        "UPDATE typed SET reason = 'duplicate_customer' WHERE reason IS NULL AND line NOT IN "
        "(SELECT max(line) FROM typed WHERE reason IS NULL GROUP BY customer_id)"
    )


def same_currency(con: DuckDBPyConnection, source: str) -> None:
    """A second file in another currency can't be added to the first: amounts are never converted."""
    wanted = "WHERE reason IS NULL" if source == "typed" else ""
    row = con.execute(
        f"SELECT (SELECT any_value(currency) FROM {source} {wanted}), any_value(currency), count(*) FROM transactions"  # noqa: S608
    ).fetchone()
    if row is None or not row[0] or not row[2]:
        return
    there = row[1] or convert.CURRENCY
    if row[0] != there:
        raise IngestError("ingest.other_currency", currency=row[0], there=there)


def _counts(con: DuckDBPyConnection) -> tuple[int, int]:
    row = con.execute(
        "SELECT count(*) FILTER (WHERE reason IS NULL), count(*) FILTER (WHERE reason IS NOT NULL) FROM typed"
    ).fetchone()
    assert row is not None
    return int(row[0]), int(row[1])


def _nothing(said: Sequence[FileMessage], careful: Normalised | None, opening: Sequence[FileMessage]) -> IngestError:
    """Why no row at all could be loaded: the most frequent reason, or what made the workbook's cells blank."""
    if said:
        worst = max(said, key=lambda message: int(str(message.values["count"])))
        blank = [message for message in opening if message.code in ("excel_uncalculated", "excel_errors")]
        if worst.code.endswith("_missing") and blank:
            return IngestError("ingest.nothing_loaded", reason=blank[0].message, line=worst.line, column=worst.column)
        return IngestError("ingest.nothing_loaded", reason=worst.message, line=worst.line, column=worst.column)
    if careful and careful.aside:
        return IngestError("ingest.all_ragged", line=careful.aside[0][0])
    return IngestError("ingest.header_only", line=None)


def attributes_of(con: DuckDBPyConnection, opened: Opened, hidden: Sequence[int]) -> dict[str, str]:
    """Columns that map to no field are kept: a1 … → c0 …"""
    used = {*opened.mapped.used, *hidden}
    free = {label: at for at, label in enumerate(opened.layout.labels) if label and at not in used}
    columns = write.attribute_columns(con, opened.mapped.kind, list(free))
    return {columns[label]: f"c{at}" for label, at in free.items()}


def _careful_messages(
    careful: Normalised | None, opened: Opened, aside: Sequence[tuple[int, str, str]]
) -> list[FileMessage]:
    """What was mended or set aside before the cells were read."""
    found: list[FileMessage] = []
    heads = [line for line, reason, _ in aside if reason == "group_head"]
    if heads:
        label = opened.layout.labels[opened.mapped.fields["customer_id"]]
        found.append(FileMessage("group_heads", "warning", {"count": len(heads)}, heads[0], label))
    repeated = [line for line, reason, _ in aside if reason == "repeated_header"]
    if repeated:
        found.append(FileMessage("repeated_header", "warning", {"count": len(repeated)}, line=repeated[0]))
    if opened.text and opened.text.scan.lost:
        found.append(FileMessage("letters_lost", "warning", {"count": opened.text.scan.lost}))
    if careful is None:
        return found
    ragged = [line for line, reason, _ in aside if reason == "ragged"]
    if ragged:
        shown = ", ".join(str(line) for line in ragged[:10]) + (" …" if len(ragged) > 10 else "")
        found.append(
            FileMessage(
                "ragged",
                "warning",
                {"count": len(ragged), "lines": shown, "width": opened.layout.width},
                line=ragged[0],
            )
        )
    if careful.mended:
        shown = ", ".join(str(line) for line in careful.mended[:10])
        found.append(
            FileMessage(
                "unclosed_quote", "warning", {"count": len(careful.mended), "lines": shown}, line=careful.mended[0]
            )
        )
    if careful.controls:
        found.append(FileMessage("controls", "warning", {"count": careful.controls}, line=careful.control_line))
    if careful.repaired:
        found.append(FileMessage("mojibake", "warning", {"count": careful.repaired}, line=careful.repaired_line))
    if careful.padded:
        found.append(FileMessage("padded", "warning", {"count": careful.padded}, line=careful.padded_line))
    if careful.comments:
        found.append(FileMessage("comments", "note", {"count": careful.comments}))
    return found
