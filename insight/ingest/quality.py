"""What the loaded rows of one file say about themselves: figures to check against the source, and oddities in words."""

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from duckdb import DuckDBPyConnection

from insight.ingest import footers
from insight.ingest.clues import ASKED
from insight.ingest.columns import Reader
from insight.ingest.convert import CURRENCY, Converted, refunds_in, says_returns
from insight.ingest.mapping import Mapped
from insight.ingest.numbers import decide, number_sql
from insight.ingest.report import FileMessage
from insight.ingest.schema import fold

# Things that have happened: a date that is still to come, or from before there were such records, is a mistake.
_HAPPENED = ("transactions", "answers", "contacts", "events")
_OLDEST = 1980
# Above this share of negative amounts the file likely books its sales as credit.
_FEW = 3
# So many rows of one customer are rather our own account.
_ONE = 20
_MOSTLY, _SOME = 0.6, 15
_UNITS = re.compile(
    r"(?:^|[^a-zåäö])(tkr|kkr|ksek|tsek|mkr|mnkr|msek|mdkr|keur|meur|kusd|tusental|miljoner|thousands?|millions?|öre|ören|ore|cents?)"
    r"(?:[^a-zåäö]|$)"
)
# Lines of a file that tell how it counts its orders.
_LOOK = 50_000
_DISCOUNT = re.compile(r"rabatt|discount|avdrag")
# Ids that stand for nobody: tills and shops fill them in where no customer is known.
_PLACEHOLDERS = ", ".join(f"'{digit * n}'" for digit in "09" for n in range(1 if digit == "0" else 4, 13))
_TIME_FIELD = {
    "transactions": "ordered_at", "assignments": "assigned_on", "answers": "answered_on", "contacts": "sent_at",
    "rewards": "given_on", "events": "at", "agreements": "started_on",
}  # fmt: skip


def footer_messages(
    con: DuckDBPyConnection, found: Sequence[tuple[int, list[str]]], mapped: Mapped, labels: Sequence[str],
    converted: Converted, reader: Reader,
) -> list[FileMessage]:  # fmt: skip
    """Footers, and their total against our own sum; with plus and minus swapped, the total is swapped as well."""
    if not found:
        return []
    lines = ", ".join(str(line) for line, _ in found[:10])
    said = [FileMessage("footers", "warning", {"count": len(found), "lines": lines}, line=found[0][0])]
    at = mapped.fields.get("amount")
    totals = [(line, cells) for line, cells in found if footers.is_total(cells) or cells[:1] == ["Σ"]]
    if mapped.kind != "transactions" or at is None or not totals:
        return said
    line, cells = totals[-1]
    text = cells[1] if cells[:1] == ["Σ"] else cells[at] if at < len(cells) else ""
    total = _as_amount(con, text, converted, reader)
    row = con.execute("SELECT sum(amount) FROM typed WHERE reason IS NULL").fetchone()
    ours = Decimal(str(row[0])) if row and row[0] is not None else Decimal(0)
    if total is None:
        return said
    total = -total if reader.options.signs == "swap" else total
    ending = "_swapped" if reader.options.signs == "swap" else ""
    if total == ours:
        said.append(FileMessage(f"total_matches{ending}", "note", {"total": str(total)}, line, labels[at]))
    else:
        said.append(
            FileMessage(
                f"total_differs{ending}",
                "warning",
                {"total": str(total), "ours": str(ours), "difference": str(total - ours)},
                line,
                labels[at],
            )
        )
    return said


def _as_amount(con: DuckDBPyConnection, text: str, converted: Converted, reader: Reader) -> Decimal | None:
    """The footer's amount, read as the column reads its numbers."""
    text = text.strip()
    style = converted.readings["amount"].style if "amount" in converted.readings else None
    if not text or text[0] == "Σ":
        return None
    shape = "".join("9" if char.isdigit() else char for char in text.lower())
    decided = decide([(shape, 1)], told=style.decimal if style else reader.options.decimal)
    row = con.execute(f"SELECT {number_sql('$text', decided, 18, 2)}", {"text": text}).fetchone()
    return row[0] if row else None


def examine(
    con: DuckDBPyConnection,
    kind: str,
    file_id: int,
    mapped: Mapped,
    labels: Sequence[str],
    facts: Mapping[str, object],
    *,
    swapped: bool = False,
) -> tuple[list[FileMessage], dict[str, Any]]:
    """Messages about the file's rows as loaded, and its figures. swapped: plus and minus of all amounts were turned."""
    said: list[FileMessage] = []
    figures: dict[str, Any] = {}
    blank_id = "customer_id IS NULL" if "customer_id" in mapped.fields else "true"
    ids = "count(DISTINCT customer_id)" if "customer_id" in mapped.fields else "0"
    row = con.execute(
        f"SELECT count(*), {ids}, count(*) FILTER (WHERE {blank_id}), min(line) FILTER (WHERE {blank_id}) "  # noqa: S608
        "FROM typed WHERE reason IS NULL"
    ).fetchone()
    assert row is not None
    rows, customers, blank, blank_line = row
    figures["rows"], figures["customers"] = rows, customers
    if kind == "transactions":
        figures["unidentified"] = blank
        if "customer_id" not in mapped.fields:
            said.append(FileMessage("no_customer_column", "warning", {}))
        elif blank:
            label = labels[mapped.fields["customer_id"]]
            said.append(
                FileMessage("customer_blank", "warning", {"count": blank, "share": blank / rows}, blank_line, label)
            )
        if "customer_id" in mapped.fields:
            said += _placeholders(con, labels[mapped.fields["customer_id"]], rows)
        said += _money(con, file_id, figures, mapped, labels, swapped=swapped)
    if "customer_id" in mapped.fields:
        if rows >= _ONE and customers == 1 and not blank:
            said.append(
                FileMessage("one_customer", "warning", {"count": rows}, column=labels[mapped.fields["customer_id"]])
            )
        said += _zeros(con, labels[mapped.fields["customer_id"]])
        said += _almost(con, kind, file_id, labels[mapped.fields["customer_id"]])
    time = _TIME_FIELD.get(kind)
    if time is not None:
        said += _times(
            con, kind, time, file_id, figures, labels[mapped.fields[time]] if time in mapped.fields else None
        )
    if kind == "customers":
        _consents(con, figures, mapped)
    if kind == "answers":
        figures["scale"] = facts["scale"]
        said += _scores(con, mapped, labels)
    if kind != "customers":
        said += _duplicates(con, kind, file_id, rows, figures)
    return said, figures


def _money(
    con: DuckDBPyConnection,
    file_id: int,
    figures: dict[str, Any],
    mapped: Mapped,
    labels: Sequence[str],
    *,
    swapped: bool,
) -> list[FileMessage]:
    """Sums, returns, VAT, and purchases that a status calls off."""
    row = con.execute(
        "SELECT sum(amount), coalesce(sum(amount) FILTER (WHERE amount < 0), 0), count(*) FILTER (WHERE amount < 0), "
        "any_value(currency), any_value(vat), count(*) FILTER (WHERE amount = 0) "
        "FROM transactions WHERE file_id = $file_id",
        {"file_id": file_id},
    ).fetchone()
    assert row is not None
    figures |= {
        "amount_sum": str(row[0]), "amount_negative_sum": str(row[1]), "returns": row[2],
        "currency": row[3], "vat": row[4], "zero_amounts": row[5],
    }  # fmt: skip
    said = [FileMessage("returns_found", "note", {"count": row[2], "sum": str(row[1])})] if row[2] else []
    negative = row[2] > _MOSTLY * max(_SOME, figures["rows"])
    if negative and "amount" in mapped.fields and not says_returns(mapped, labels):
        label = labels[mapped.fields["amount"]]
        code = "negative_by_swap" if swapped else "mostly_negative"
        said = [FileMessage(code, "warning", {"count": row[2], "sum": str(row[1])}, column=label)]
    if row[4] == "included" and "amount" in mapped.fields and "vat" not in mapped.fields:
        said.append(FileMessage("vat_included", "note", {}, column=labels[mapped.fields["amount"]]))
    said += _unit(mapped, labels)
    if row[3] is None:
        said.append(_taken_as(con, file_id, figures))
    said += _discount(con, mapped, labels) + _repeated(con, file_id, mapped, labels)
    return said + _refunds(con, file_id, mapped, labels)


def _zeros(con: DuckDBPyConnection, label: str) -> list[FileMessage]:
    """The same id with and without zeros before it: a spreadsheet has been at some of the rows."""
    led = con.execute("SELECT 1 FROM typed WHERE starts_with(customer_id, '0') LIMIT 1").fetchone()
    if led is None:
        return []
    row = con.execute(
        "SELECT count(*), min(example) FROM (SELECT min(customer_id) AS example FROM typed "
        "WHERE reason IS NULL AND regexp_matches(customer_id, '^[0-9]+$') GROUP BY ltrim(customer_id, '0') "
        "HAVING count(DISTINCT customer_id) > 1)"
    ).fetchone()
    return [FileMessage("id_zeros", "warning", {"count": row[0]}, column=label)] if row is not None and row[0] else []


def _almost(con: DuckDBPyConnection, kind: str, file_id: int, label: str) -> list[FileMessage]:
    """Ids that another file writes with other blanks, dashes, noughts before them or capitals: they meet nobody."""
    other = "transactions" if kind == "customers" else "customers"
    there = f"SELECT DISTINCT customer_id AS id FROM {other} WHERE file_id <> {file_id} AND customer_id IS NOT NULL"  # noqa: S608
    if con.execute(f"{there} LIMIT 1").fetchone() is None:
        return []
    here = "SELECT DISTINCT customer_id AS id FROM typed WHERE reason IS NULL AND customer_id IS NOT NULL"
    bare = "ltrim(regexp_replace(lower(id), '[^0-9a-zåäö@.]', '', 'g'), '0') AS bare"
    row = con.execute(
        f"WITH here AS ({here}), there AS ({there}) SELECT (SELECT count(*) FROM here), "  # noqa: S608
        "(SELECT count(*) FROM here SEMI JOIN there USING (id)), "
        f"(SELECT count(*) FROM (SELECT {bare} FROM here) SEMI JOIN (SELECT {bare} FROM there) USING (bare))"
    ).fetchone()
    assert row is not None
    total, same, alike = row
    if total < _FEW or same > 0.5 * total or alike - same < 0.3 * total:
        return []
    return [FileMessage("ids_almost", "warning", {"count": alike - same, "total": total}, column=label)]


def _discount(con: DuckDBPyConnection, mapped: Mapped, labels: Sequence[str]) -> list[FileMessage]:
    """A discount beside pieces and prices: we can't know whether the prices are before or after it, so it is told."""
    if "amount" in mapped.fields:
        return []
    at = next((at for at, label in enumerate(labels) if _DISCOUNT.search(fold(label))), None)
    if at is None:
        return []
    row = con.execute(
        f"SELECT count(*), min(line) FROM raw WHERE regexp_matches(c{at}, '[1-9]')"  # noqa: S608
    ).fetchone()
    if row is None or not row[0]:
        return []
    return [FileMessage("discount_not_drawn", "warning", {"count": row[0]}, row[1], labels[at])]


def _scores(con: DuckDBPyConnection, mapped: Mapped, labels: Sequence[str]) -> list[FileMessage]:
    """Other columns that are scores by their headers and cells: a file asks several questions, one of them is read."""
    found = [at for at, label in enumerate(labels) if label and at not in mapped.used and ASKED.search(fold(label))]
    others: list[str] = []
    for at in found:
        row = con.execute(f"SELECT count(c{at}), count(try_cast(c{at} AS DOUBLE)) FROM raw").fetchone()  # noqa: S608
        if row is not None and row[0] and row[1] > 0.8 * row[0]:
            others.append(labels[at])
    if not others:
        return []
    label = labels[mapped.fields["score"]]
    return [FileMessage("score_others", "warning", {"others": ", ".join(others[:6])}, column=label)]


def _refunds(con: DuckDBPyConnection, file_id: int, mapped: Mapped, labels: Sequence[str]) -> list[FileMessage]:
    """What was paid back, in a column of its own beside the sale: it is not drawn from the amount, so it is told."""
    named = [labels[at] for at in refunds_in(mapped, labels)]
    if not named:
        return []
    kept = con.execute(
        "SELECT column_name FROM attributes WHERE table_name = 'transactions' AND label = $label", {"label": named[0]}
    ).fetchone()
    if kept is None:
        return []
    row = con.execute(
        f"SELECT count(*), min(line) FROM transactions WHERE file_id = $file_id AND regexp_matches({kept[0]}, '[1-9]')",  # noqa: S608
        {"file_id": file_id},
    ).fetchone()
    if row is None or not row[0]:
        return []
    return [FileMessage("refund_not_drawn", "warning", {"count": row[0]}, row[1], named[0])]


def _placeholders(con: DuckDBPyConnection, label: str, rows: int) -> list[FileMessage]:
    """Many rows under a customer number of nothing but noughts or nines: hardly one customer."""
    row = con.execute(
        f"SELECT customer_id, count(*), min(line) FROM typed WHERE reason IS NULL AND customer_id IN ({_PLACEHOLDERS}) "  # noqa: S608
        "GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 1"
    ).fetchone()
    if row is None or row[1] < 3:
        return []
    return [
        FileMessage("id_placeholder", "warning", {"id": row[0], "count": row[1], "share": row[1] / rows}, row[2], label)
    ]


def _repeated(con: DuckDBPyConnection, file_id: int, mapped: Mapped, labels: Sequence[str]) -> list[FileMessage]:
    """The same amount on every line of each order, though the goods differ: likely the whole order's, counted often."""
    if not {"order_id", "amount"} <= mapped.fields.keys():
        return []
    kinds = [name for name in ("article_id", "article", "unit_price", "quantity") if name in mapped.fields]
    if not kinds or kinds == ["quantity"]:
        return []
    goods = f"({', '.join(kinds)})"
    row = con.execute(
        f"SELECT count(*), count(*) FILTER (WHERE low = high AND goods > 1), count(DISTINCT low) FROM ("  # noqa: S608
        f"SELECT min(amount) AS low, max(amount) AS high, count(DISTINCT {goods}) AS goods FROM transactions "
        "WHERE file_id = $file_id AND order_id IS NOT NULL AND line < $until GROUP BY order_id HAVING count(*) > 1)",
        {"file_id": file_id, "until": _LOOK},
    ).fetchone()
    if row is None or row[0] < 5 or row[1] < 0.9 * row[0] or row[2] < 0.3 * row[0]:
        return []
    return [FileMessage("amount_repeated", "warning", {"count": row[1]}, column=labels[mapped.fields["amount"]])]


def _taken_as(con: DuckDBPyConnection, file_id: int, figures: dict[str, Any]) -> FileMessage:
    """Amounts of no named currency are taken to be in that of the files before, else in kronor; and that is told."""
    row = con.execute(
        "SELECT any_value(currency) FROM transactions WHERE file_id <> $file_id", {"file_id": file_id}
    ).fetchone()
    figures["currency_taken"] = row[0] if row is not None and row[0] else CURRENCY
    return FileMessage("currency_taken", "note", {"currency": figures["currency_taken"]})


def _unit(mapped: Mapped, labels: Sequence[str]) -> list[FileMessage]:
    """Amounts that the header gives in thousands or in öre: they are read as they stand, and told."""
    label = next((labels[mapped.fields[name]] for name in ("amount", "unit_price") if name in mapped.fields), "")
    found = _UNITS.search(label.lower().replace("_", " "))
    if found is None:
        return []
    return [FileMessage("amount_unit", "warning", {"unit": found[1].replace("ore", "öre")}, column=label)]


def _times(
    con: DuckDBPyConnection, kind: str, time: str, file_id: int, figures: dict[str, Any], label: str | None
) -> list[FileMessage]:
    """First and last date, dates in the future, months without a row, overlap with what was there before."""
    said: list[FileMessage] = []
    time = f'"{time}"'
    row = con.execute(
        f"SELECT CAST(min({time}) AS DATE), CAST(max({time}) AS DATE), "  # noqa: S608
        f"count(*) FILTER (WHERE {time} >= CAST(current_date AS DATE) + INTERVAL 1 DAY), "
        f"min(line) FILTER (WHERE {time} >= CAST(current_date AS DATE) + INTERVAL 1 DAY), "
        f"count(*) FILTER (WHERE year({time}) < {_OLDEST}), min(line) FILTER (WHERE year({time}) < {_OLDEST}) "
        f"FROM {kind} WHERE file_id = $file_id",
        {"file_id": file_id},
    ).fetchone()
    assert row is not None
    first, last, future, future_line, early, early_line = row
    figures["first"], figures["last"] = str(first) if first else None, str(last) if last else None
    if future:
        severity = "warning" if kind in _HAPPENED else "note"
        said.append(FileMessage("date_future", severity, {"count": future, "last": last}, future_line, label))
    if early and kind in _HAPPENED:
        said.append(FileMessage("date_early", "warning", {"count": early, "first": first}, early_line, label))
    if kind == "transactions" and first:
        said += _gaps(con, file_id)
    overlap = con.execute(
        f"SELECT count(*) FROM {kind} "  # noqa: S608
        f"WHERE file_id <> $file_id AND CAST({time} AS DATE) BETWEEN $first AND $last",
        {"file_id": file_id, "first": first, "last": last},
    ).fetchone()
    if overlap and overlap[0]:
        said.append(FileMessage("period_overlap", "note", {"count": overlap[0], "first": first, "last": last}))
    return said


def _gaps(con: DuckDBPyConnection, file_id: int) -> list[FileMessage]:
    """Whole calendar months without a sale between the first and the last, when sales are otherwise monthly."""
    rows = con.execute(
        "SELECT DISTINCT 12 * year(ordered_at) + month(ordered_at) - 1 AS month "
        "FROM transactions WHERE file_id = $file_id ORDER BY 1",
        {"file_id": file_id},
    ).fetchall()
    months = [int(row[0]) for row in rows]
    missing = sorted(set(range(months[0], months[-1] + 1)) - set(months))
    if not missing or len(missing) > 0.25 * len(months) or len(months) < 6:
        return []
    shown = ", ".join(f"{month // 12}-{month % 12 + 1:02d}" for month in missing[:6])
    return [FileMessage("month_missing", "note", {"months": shown, "count": len(missing)})]


def _consents(con: DuckDBPyConnection, figures: dict[str, Any], mapped: Mapped) -> None:
    for name in ("consent_email", "consent_sms", "consent_post"):
        if name not in mapped.fields:
            continue
        row = con.execute(
            f"SELECT count(*) FILTER (WHERE {name}), count(*) FILTER (WHERE NOT {name}), "  # noqa: S608
            f"count(*) FILTER (WHERE {name} IS NULL) "
            "FROM typed WHERE reason IS NULL"
        ).fetchone()
        assert row is not None
        figures[name] = {"yes": row[0], "no": row[1], "unknown": row[2]}


def _duplicates(
    con: DuckDBPyConnection, kind: str, file_id: int, rows: int, figures: dict[str, Any]
) -> list[FileMessage]:
    """Exact duplicate rows: reported, never dropped."""
    names = [f'"{row[0]}"' for row in con.execute(f"DESCRIBE {kind}").fetchall() if row[0] not in ("line", "file_id")]
    filled = con.execute(
        f"SELECT {', '.join(f'count({name})' for name in names)} FROM {kind} WHERE file_id = $file_id",  # noqa: S608
        {"file_id": file_id},
    ).fetchone()
    assert filled is not None
    used = [name for name, count in zip(names, filled, strict=True) if count]
    row = con.execute(
        f"SELECT count(DISTINCT hash({', '.join(used)})) FROM {kind} WHERE file_id = $file_id",  # noqa: S608
        {"file_id": file_id},
    ).fetchone()
    assert row is not None
    different = int(row[0])
    extra = rows - different
    figures["duplicates"] = extra
    if not extra:
        return []
    if different < _SOME or extra < different:
        return [FileMessage("duplicate_rows", "note", {"count": extra})]
    # Everything twice, or three times: the same export put behind itself. By chance some row stands alone.
    row = con.execute(
        "SELECT bool_and(n % 2 = 0) OR bool_and(n % 3 = 0) FROM "  # noqa: S608
        f"(SELECT count(*) AS n FROM {kind} WHERE file_id = $file_id GROUP BY hash({', '.join(used)}))",
        {"file_id": file_id},
    ).fetchone()
    if row is not None and row[0]:
        return [FileMessage("rows_doubled", "warning", {"count": rows, "different": different})]
    return [FileMessage("duplicate_rows", "note", {"count": extra})]
