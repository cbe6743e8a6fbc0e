"""Raw cells to typed rows: readings joined into one statement, and a reason for every row that does not make it."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from duckdb import DuckDBPyConnection

from insight.errors import IngestError
from insight.ingest import consents, raw, row_kinds, sides
from insight.ingest.columns import Column, Reader, Reading
from insight.ingest.mapping import Mapped
from insight.ingest.one_currency import CODES, crown_of, currency_in
from insight.ingest.opening import Opened
from insight.ingest.options import ReadOptions
from insight.ingest.report import FileMessage
from insight.ingest.schema import SQL_TYPES, TABLES, fold
from insight.result import Message

_CURRENCY_WORDS = {
    "KR": "SEK",
    "KR.": "SEK",
    "KRONOR": "SEK",
    "€": "EUR",
    "EURO": "EUR",
    "$": "USD",
    "US$": "USD",
    "£": "GBP",
}
_OF_RETURNS = re.compile(r"^retur(?!ner)|^return(?!ing)|^refund|^aterbetal|^kredit(?!kort)|refund(?:ed)?amount")
_REFUNDS = re.compile(
    r"(?:amount|belopp|sum|total)(?:refund|aterbetal|retur)|(?:refund|aterbetal|retur|kredit)[a-z]*(?:amount|belopp|sum|total)$"
)
_MONEY_FIELDS = ("amount", "unit_price")
_NAMED_ABOVE = re.compile(
    r"(?:valuta|currency|(?:belopp|amounts?)\s+(?:i|in))\b[^A-Za-z]{0,4}([A-Za-z]{3})\b", re.IGNORECASE
)
_LONGEST_ABOVE = 200
# What amounts are taken to be where neither the file nor the user says.
CURRENCY = "SEK"


@dataclass
class Converted:
    """A typed temporary table `typed(line, <fields>, reason)`; reason is NULL for rows that load."""

    readings: dict[str, Reading]
    fields: dict[str, str]
    money: bool = False
    figures: dict[str, object] = field(default_factory=dict[str, object])


def convert(
    con: DuckDBPyConnection, mapped: Mapped, labels: Sequence[str], options: ReadOptions, reader: Reader
) -> Converted:
    """Make `typed` from `raw`. Raises IngestError where the file's ids are beyond repair."""
    table = TABLES[mapped.kind]
    columns = [Column(table.field(name), at, labels[at]) for name, at in mapped.fields.items()]
    readings = _readings(columns, reader)
    _refuse_lossy(readings, labels, mapped)
    fields = {name: reading.sql for name, reading in readings.items()}
    exact = ""
    if mapped.kind == "transactions":
        exact = _amount(fields, readings)
    if mapped.kind == "assignments" and "arm" not in fields:
        fields["arm"] = (
            f"CASE WHEN {fields['is_control']} THEN 'kontroll' WHEN NOT {fields['is_control']} THEN 'test' END"
        )
    tender = row_kinds.tender(con, mapped)
    currency = _currency(con, fields, readings, options, reader, mapped, labels)
    vat = options.vat or vat_in(next((labels[mapped.fields[n]] for n in _MONEY_FIELDS if n in mapped.fields), ""))
    if vat and mapped.kind == "transactions" and "vat" not in fields:
        fields["vat"] = f"CAST('{vat}' AS VARCHAR)"
    if mapped.kind == "customers":
        consents.refuse(con, labels, mapped.used, fields, reader.tell)
    if mapped.kind == "transactions" and "status" in fields:
        row_kinds.named(con, mapped, labels, fields)
    reasons = tender + _reasons(mapped, fields, readings, currency, row_kinds.branches(con, mapped, fields))
    joins = "".join(dict.fromkeys(reading.joins for reading in readings.values()))
    select = ", ".join(f'{sql} AS "{name}"' for name, sql in fields.items())
    extra = f", {exact} AS amount_exact" if exact else ""
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE typed AS SELECT raw.line AS line, {select}{extra}, CASE {reasons} END AS reason "  # noqa: S608
        f"FROM raw{joins}"
    )
    _unreadable(con, mapped, readings, joins, labels, reader)
    converted = Converted(readings, fields, exact != "")
    if exact:
        _rounding(con, reader, labels, mapped)
        _returns(con, options, reader, fields, mapped, labels)
    return converted


def _readings(columns: Sequence[Column], reader: Reader) -> dict[str, Reading]:
    """Money columns whose decimal mark is proven come first: what they prove settles the others."""
    hint = ""
    money = [c for c in columns if c.field.type in ("money", "price", "number")]
    for column in money:
        style = reader.style(column)
        if not style.unsure and (style.decimals or any(group in ".," for group in style.groups)):
            hint = hint or style.decimal
    dates = [c for c in columns if c.field.type in ("date", "datetime")]
    rest = [c for c in columns if c not in dates]
    return {column.field.name: reader.read(column, hint) for column in (*rest, *_surest_first(dates, reader))}


def _surest_first(columns: Sequence[Column], reader: Reader) -> list[Column]:
    """Date columns with a day above 12 before those without: the same file writes its dates the same way."""

    def has_big(column: Column) -> bool:
        count, _ = reader.first_line(
            f"regexp_matches({column.cell}, '^(?:[0-9]{{1,2}}[-/. ])?(1[3-9]|2[0-9]|3[01])[-/. ]')"
        )
        return count > 0

    return sorted(columns, key=lambda column: not has_big(column)) if len(columns) > 1 else list(columns)


def _refuse_lossy(readings: Mapping[str, Reading], labels: Sequence[str], mapped: Mapped) -> None:
    ids = readings.get("customer_id")
    if ids is None or "lossy_ids" not in ids.figures:
        return
    lost, filled = int(ids.figures["lossy_ids"]), int(ids.figures["filled"])
    if lost > 0.01 * filled:
        raise IngestError(
            "ingest.id_exponent",
            column=labels[mapped.fields["customer_id"]],
            count=lost,
            line=ids.figures["lossy_line"],
        )


def _amount(fields: dict[str, str], readings: Mapping[str, Reading]) -> str:
    """The exact amount before rounding to öre, as SQL; sets `fields['amount']`."""
    if "amount" in readings:
        return readings["amount"].exact
    price, quantity = readings["unit_price"].exact, readings["quantity"].exact
    exact = f"CAST({quantity} AS DECIMAL(18,3)) * CAST({price} AS DECIMAL(18,4))"
    fields["amount"] = f"try_cast({exact} AS DECIMAL(18,2))"
    return exact


def _currency(
    con: DuckDBPyConnection, fields: dict[str, str], readings: Mapping[str, Reading], options: ReadOptions,
    reader: Reader, mapped: Mapped, labels: Sequence[str],
) -> str:  # fmt: skip
    """The one currency that loads ('' when the file names none); sets `fields['currency']` for transactions."""
    if mapped.kind != "transactions":
        return ""
    money = next((readings[name] for name in _MONEY_FIELDS if name in readings), None)
    named = readings.get("currency")
    joins = ""
    if named is not None:
        words = " ".join(f"WHEN '{word}' THEN '{code}'" for word, code in _CURRENCY_WORDS.items())
        sql = f"CASE upper({named.sql}) {words} ELSE upper({named.sql}) END"
    elif money is not None and money.currency:
        sql, joins = money.currency, money.joins
    else:
        column = next((labels[mapped.fields[name]] for name in _MONEY_FIELDS if name in mapped.fields), "")
        code = options.currency or currency_in(column, labels) or reader.currency_above
        if code:
            fields["currency"] = f"CAST('{code}' AS VARCHAR)" if code.isalpha() else "CAST(NULL AS VARCHAR)"
        return ""
    counts = con.execute(f"SELECT {sql} AS code, count(*) FROM raw{joins} GROUP BY 1 ORDER BY 2 DESC, 1").fetchall()  # noqa: S608
    found = {str(code): int(n) for code, n in counts if code is not None}
    if not found:
        if options.currency and options.currency.isalpha():
            fields["currency"] = f"CAST('{options.currency}' AS VARCHAR)"
        return ""
    crown = crown_of(labels) if named is None and set(found) == {"SEK"} and not options.currency else ""
    if crown and not _says_sek(con, mapped):
        reader.tell("currency_crown", "note", currency=crown)
    else:
        crown = ""
    chosen = options.currency or crown or next(iter(found))
    if named is None and set(found) == {"SEK"} and chosen in ("NOK", "DKK"):
        found = {chosen: found["SEK"]}  # 'kr' is written in all of Scandinavia
        sql = f"CASE WHEN {sql} = 'SEK' THEN '{chosen}' END"
    if options.before("currency") and chosen not in found:
        chosen = next(iter(found))
    if chosen not in found:
        raise IngestError("ingest.currency_not_found", currency=options.currency, found=", ".join(found))
    others = {code: n for code, n in found.items() if code != chosen}
    if others:
        reader.tell(
            "currency_mixed", currency=chosen, count=sum(others.values()),
            others=", ".join(f"{code}: {n}" for code, n in others.items()),
            column=labels[next(mapped.fields[n] for n in ("currency", *_MONEY_FIELDS) if n in mapped.fields)],
        )  # fmt: skip
    fields["currency"] = f"coalesce({sql}, '{chosen}')" if chosen.isalnum() else sql
    return chosen


def _says_sek(con: DuckDBPyConnection, mapped: Mapped) -> bool:
    """Whether the amounts are called SEK, and not only kr as in all of Scandinavia."""
    columns = [mapped.fields[name] for name in _MONEY_FIELDS if name in mapped.fields]
    hits = " OR ".join(f"regexp_matches(c{at}, 'sek|skr|kronor', 'i')" for at in columns)
    return con.execute(f"SELECT 1 FROM raw WHERE {hits} LIMIT 1").fetchone() is not None  # noqa: S608


def currency_beside(opened: Opened, mapped: Mapped) -> str:
    """The currency of the amounts by what stands beside the table: a workbook's number formats, lines above, or ''."""
    at = next((mapped.fields[name] for name in _MONEY_FIELDS if name in mapped.fields), -1)
    unit = opened.source.money.get(at, "")
    if unit == "kr":
        return crown_of(opened.layout.labels) or currency_above(opened.layout.above) or "SEK"
    return unit or currency_above(opened.layout.above)


def currency_above(above: Sequence[str]) -> str:
    """The currency that the lines above the header name ('Valuta: EUR', 'Alla belopp i NOK'), or ''."""
    for text in above:
        match = _NAMED_ABOVE.search(text[:_LONGEST_ABOVE])
        if match and match[1].upper() in CODES:
            return match[1].upper()
    return ""


def vat_in(label: str) -> str:
    """What a header says about VAT: 'included', 'excluded' or ''."""
    folded = fold(label)
    if re.search(
        r"exkl|excl|exvat|eks(?:kl)?(?:moms|mva)|ohnemwst|zzglmwst|utanmoms|netto|^net|montantht|totalht", folded
    ):
        return "excluded"
    return "included" if re.search(r"inkl|incl|brutto|gross|medmoms|ttc$", folded) else ""


def _reasons(
    mapped: Mapped, fields: Mapping[str, str], readings: Mapping[str, Reading], currency: str, no_sales: Sequence[str]
) -> str:
    """CASE branches: why a row is set aside. Required fields must be there and readable; other currencies wait."""
    table = TABLES[mapped.kind]
    branches: list[str] = []
    for spec in table.fields:
        if not spec.required or spec.name not in fields:
            continue
        reading = readings.get(spec.name)
        word = {
            "customer_id": "id",
            "other_id": "id",
            "amount": "amount",
            "score": "score",
            "arm": "arm",
            "kind": "kind",
        }.get(spec.name, "date")
        if spec.name == "amount" and reading is None:
            failed = f"({readings['unit_price'].failed} OR {readings['quantity'].failed})"
        else:
            failed = reading.failed if reading is not None else "false"
        branches.append(f"WHEN {failed} THEN '{word}_unreadable'")
        branches.append(f"WHEN {fields[spec.name]} IS NULL THEN '{word}_missing'")
    branches += no_sales
    if mapped.kind == "transactions" and "customer_id" in readings and readings["customer_id"].failed != "false":
        branches.append(f"WHEN {readings['customer_id'].failed} THEN 'id_unreadable'")
    if currency and currency.isalnum():
        branches.append(f"WHEN {fields['currency']} <> '{currency}' THEN 'currency_other'")
    return " ".join(branches) or "WHEN false THEN ''"


def _unreadable(
    con: DuckDBPyConnection,
    mapped: Mapped,
    readings: Mapping[str, Reading],
    joins: str,
    labels: Sequence[str],
    reader: Reader,
) -> None:
    """Cells of optional fields that could not be read stay empty; say how many, and where the first is."""
    table = TABLES[mapped.kind]
    optional = [
        name
        for name, reading in readings.items()
        if reading.failed != "false" and not table.field(name).required and name != "customer_id"
    ]
    cells = ", ".join(f"count(c{mapped.fields[name]})" for name in optional)
    values = ", ".join(f'count("{name}")' for name in optional)
    if not optional or (
        con.execute(f"SELECT {cells} FROM raw").fetchone() == con.execute(f"SELECT {values} FROM typed").fetchone()  # noqa: S608
    ):
        return
    counts = ", ".join(
        f"count(*) FILTER (WHERE {readings[n].failed}), min(raw.line) FILTER (WHERE {readings[n].failed})"
        for n in optional
    )
    row = con.execute(
        f"SELECT {counts} FROM raw{joins} JOIN typed ON typed.line = raw.line WHERE typed.reason IS NULL"  # noqa: S608
    ).fetchone()
    assert row is not None
    for at, name in enumerate(optional):
        if row[2 * at]:
            reader.tell("cells_unreadable", column=labels[mapped.fields[name]], line=row[2 * at + 1], count=row[2 * at])


def _rounding(con: DuckDBPyConnection, reader: Reader, labels: Sequence[str], mapped: Mapped) -> None:
    row = con.execute(
        "SELECT count(*), sum(amount - amount_exact) FROM typed WHERE reason IS NULL AND amount <> amount_exact"
    ).fetchone()
    if row is not None and row[0]:
        source = "amount" if "amount" in mapped.fields else "unit_price"
        reader.tell(
            "amount_rounded",
            "note",
            column=labels[mapped.fields[source]],
            count=row[0],
            difference=str(Decimal(str(row[1])).quantize(Decimal("0.01"))),
        )


def _returns(
    con: DuckDBPyConnection, options: ReadOptions, reader: Reader, fields: Mapping[str, str], mapped: Mapped,
    labels: Sequence[str],
) -> None:  # fmt: skip
    """Returns with positive amounts get their sign turned where the file's rule is plain, and it is said."""
    if options.returns != "none":
        _by_side(con, reader, mapped, labels)
    if options.signs == "swap":
        raw.change(con, "typed", {"amount": "-amount", "amount_exact": "-amount_exact"})
        column = labels[mapped.fields.get("amount", mapped.fields.get("unit_price", 0))]
        reader.tell("signs_swapped", column=column)
    if options.returns == "none":
        return
    rules: list[tuple[str, str]] = [("header", "true")] if says_returns(mapped, labels) else []
    if "quantity" in fields and not _stock(con):
        rules.append(("quantity", "quantity < 0"))
    if "status" in fields:
        rules.append(("status", row_kinds.RETURNED if options.returns == "sign" else row_kinds.returned(con, fields)))
    if "order_id" in fields:
        rules.append(("order_id", "regexp_matches(order_id, '^[CcKkRr]-?[0-9]{3,}$')"))
    for name, rule in rules:
        row = con.execute(
            f"SELECT count(*) FILTER (WHERE amount > 0), count(*) FILTER (WHERE amount < 0), count(*), "  # noqa: S608
            f"(SELECT count(*) FROM typed WHERE reason IS NULL) FROM typed WHERE reason IS NULL AND ({rule})"
        ).fetchone()
        assert row is not None
        positive, negative, hits, total = row
        if not positive or (name == "status" and row_kinds.paid_back(con, refunds_in(mapped, labels))):
            continue
        plain = negative == 0 and (name != "order_id" or (_numbers_otherwise(con) and hits < 0.3 * total))
        if plain or options.returns == "sign":
            con.execute(
                f"UPDATE typed SET amount = -amount, amount_exact = -amount_exact WHERE ({rule}) AND amount > 0"  # noqa: S608
            )
            reader.tell("returns_turned", count=positive, rule=Message(f"ingest.returns_by_{name}"))
        elif name != "order_id":
            reader.tell("returns_unclear", count=positive, rule=Message(f"ingest.returns_by_{name}"))


def _stock(con: DuckDBPyConnection) -> bool:
    """Whether pieces are counted as they leave the stock: a sale has a minus before them, a return none."""
    row = con.execute(
        "SELECT count(*) FILTER (WHERE quantity < 0 AND amount > 0), "
        "count(*) FILTER (WHERE quantity > 0 AND amount < 0), count(*) FILTER (WHERE quantity > 0 AND amount > 0) "
        "FROM typed WHERE reason IS NULL"
    ).fetchone()
    return row is not None and row[0] > row[1] > 0 == row[2]


def refunds_in(mapped: Mapped, labels: Sequence[str]) -> list[int]:
    """Columns without a field whose headers say that they hold what was paid back."""
    return [at for at, label in enumerate(labels) if label and at not in mapped.used and _REFUNDS.search(fold(label))]


def _by_side(con: DuckDBPyConnection, reader: Reader, mapped: Mapped, labels: Sequence[str]) -> None:
    """Amounts without a sign whose sign stands in a column of its own: debit or credit."""
    rows = con.execute("SELECT * EXCLUDE (line) FROM raw ORDER BY line LIMIT 400").fetchall()
    sample = [[str(cell or "") for cell in row] for row in rows]
    for at in sides.candidates(labels, mapped.used, sample):
        found = sides.rule(con, labels, at)
        if found is None:
            continue
        rule, values = found
        turned = con.execute(
            f"UPDATE typed SET amount = -amount, amount_exact = -amount_exact WHERE amount > 0 AND ({rule})"  # noqa: S608
        ).fetchone()
        count = int(turned[0]) if turned is not None else 0
        reader.tell("returns_turned", column=labels[at], count=count, rule=Message("ingest.returns_by_side", values))
        return


def says_returns(mapped: Mapped, labels: Sequence[str]) -> bool:
    """Whether the header of the amount or the day says that all of the file are returns."""
    named = [labels[mapped.fields[name]] for name in ("amount", "ordered_at") if name in mapped.fields]
    return any(_OF_RETURNS.search(fold(label)) for label in named)


def _numbers_otherwise(con: DuckDBPyConnection) -> bool:
    """Whether all orders without the letter are bare numbers, so that the letter means something."""
    row = con.execute(
        "SELECT count(*) FILTER (WHERE NOT regexp_matches(order_id, '^[0-9]+$')) FROM typed "
        "WHERE order_id IS NOT NULL AND NOT regexp_matches(order_id, '^[CcKkRr]-?[0-9]{3,}$')"
    ).fetchone()
    return row is not None and row[0] == 0


def canonical_select(
    kind: str, present: Sequence[str], file_id: int, attributes: Mapping[str, str]
) -> tuple[list[str], str]:
    """The columns of a canonical table that a file fills, and the SELECT list that fills them from `typed`."""
    table = TABLES[kind]
    names: list[str] = []
    parts: list[str] = []
    for spec in table.fields:
        if spec.name in present:
            names.append(f'"{spec.name}"')
            parts.append(f'CAST(typed."{spec.name}" AS {SQL_TYPES[spec.type]})')
    names += ["file_id", "line", *attributes]
    parts += [str(file_id), "typed.line", *attributes.values()]
    return names, ", ".join(parts)


def aside_messages(con: DuckDBPyConnection, mapped: Mapped, labels: Sequence[str]) -> list[FileMessage]:
    """One message a reason: how many rows, the first line, the column."""
    rows = con.execute(
        "SELECT reason, count(*), min(line) FROM typed WHERE reason IS NOT NULL GROUP BY reason ORDER BY min(line)"
    ).fetchall()
    found: list[FileMessage] = []
    for reason, count, line in rows:
        column = _column_of(str(reason), mapped, labels)
        if reason == "currency_other":
            continue  # the mixed currencies have been told with their counts
        found.append(FileMessage(f"aside_{reason}", "warning", {"count": count}, line, column))
    return found


def _column_of(reason: str, mapped: Mapped, labels: Sequence[str]) -> str | None:
    wanted = {
        "id": ("customer_id", "other_id"),
        "duplicate": ("customer_id",),
        "amount": ("amount", "unit_price"),
        "score": ("score",),
        "arm": ("arm", "is_control"),
        "kind": ("kind",),
        "not": ("status",),
        "order": ("order_id",),
    }
    word = reason.split("_")[0]
    names = wanted.get(word) or tuple(
        f.name for f in TABLES[mapped.kind].fields if f.required and f.type in ("date", "datetime")
    )
    return next((labels[mapped.fields[name]] for name in names if name in mapped.fields), None)
