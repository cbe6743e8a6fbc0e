"""Writes data/examples/: one slice of the demo company as a plain export and as Swedish Excel saves it.

`python -m data.examples_maker` writes the files anew. Both folders hold the same rows and sums, so that a reader (and a
test) can see that it does not matter which one is dropped on the page.
"""

import csv
import datetime
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import xlsxwriter

from data import demo

FOLDER = Path(__file__).with_name("examples")
SIZE = 300
SINCE = datetime.datetime(2025, 1, 1)
UNIDENTIFIED_STEP = 80
LINES_SINCE = datetime.datetime(2025, 8, 1)

Row = dict[str, object]

# Field, header in the plain export, header in the Swedish one.
_CUSTOMERS = (
    ("customer_id", "customer_id", "Kundnr"), ("name", "name", "Namn"), ("email", "email", "E-post"),
    ("birth_date", "birth_date", "Födelsedatum"), ("gender", "gender", "Kön"), ("postcode", "postcode", "Postnr"),
    ("city", "city", "Ort"), ("region", "region", "Län"), ("joined_on", "joined_on", "Blev kund"),
    ("join_channel", "join_channel", "Värvningskanal"), ("is_member", "is_member", "Medlem"),
    ("member_level", "member_level", "Medlemsnivå"), ("consent_email", "consent_email", "Samtycke e-post"),
    ("consent_sms", "consent_sms", "Samtycke sms"), ("consent_post", "consent_post", "Samtycke post"),
)  # fmt: skip
_ORDERS = (
    ("order_id", "order_id", "Kvittonr"), ("ordered_at", "ordered_at", "Köpdatum"),
    ("customer_id", "customer_id", "Kundnr"), ("amount", "amount", "Belopp"), ("margin", "margin", "TB"),
    ("store", "store", "Butik"), ("channel", "channel", "Kanal"),
)  # fmt: skip
_ASSIGNMENTS = (
    ("customer_id", "customer_id", "Kundnr"), ("test", "test", "Test"), ("arm", "arm", "Testgrupp"),
    ("assigned_on", "assigned_on", "Utskicksdatum"), ("channel", "channel", "Kanal"),
    ("contact_cost", "contact_cost", "Kontaktkostnad"), ("is_control", "is_control", "Kontrollgrupp"),
)  # fmt: skip
_ANSWERS = (
    ("customer_id", "customer_id", "Kundnr"), ("score", "score", "Betyg"), ("answered_on", "answered_on", "Svarsdatum"),
    ("comment", "comment", "Kommentar"), ("touchpoint", "touchpoint", "Kontaktpunkt"), ("wave", "wave", "Mätning"),
)  # fmt: skip
_LINES = (
    ("ordered_at", "Köpdatum"), ("order_id", "Kvittonr"), ("customer_id", "Kundnr"), ("article_id", "Artikelnr"),
    ("article", "Benämning"), ("category", "Varugrupp"), ("quantity", "Antal"), ("unit_price", "À-pris"),
    ("discount", "Rabatt"), ("amount", "Radbelopp"), ("margin", "TB"), ("store", "Butik"),
)  # fmt: skip
_FILES = (
    ("customers", "kunder", _CUSTOMERS), ("transactions", "transaktioner", _ORDERS),
    ("assignments", "testgrupper", _ASSIGNMENTS), ("answers", "nps-svar", _ANSWERS),
)  # fmt: skip


def main(folder: Path = FOLDER) -> None:
    """Writes all example files into the folder."""
    rows, lines = _slice(demo.tables())
    for sub in ("iso", "excel"):
        (folder / sub).mkdir(parents=True, exist_ok=True)
    for english, swedish, fields in _FILES:
        plain = [(name, header) for name, header, _ in fields]
        excel = [(name, header) for name, _, header in fields]
        _csv(folder / "iso" / f"{english}.csv", rows[english], plain, "utf-8", ",", _iso)
        _csv(folder / "excel" / f"{swedish}.csv", rows[english], excel, "cp1252", ";", _swedish)
    _xlsx(folder / "excel" / "orderrader.xlsx", lines)


def _slice(tables: dict[str, pa.Table]) -> tuple[dict[str, list[Row]], list[Row]]:
    """The rows of 300 customers of the autumn test, half of whom have answered; receipts, and order lines.

    Every eightieth unidentified receipt comes along.
    """
    drawn = tables["assignments"].filter(pc.field("test") == "Höstbrev 2025")["customer_id"].to_pylist()
    heard = set(tables["answers"]["customer_id"].to_pylist())
    answered = sorted(customer for customer in drawn if customer in heard)
    silent = sorted(customer for customer in drawn if customer not in heard)
    chosen = pa.array(answered[: SIZE // 2] + silent[: SIZE // 2])
    bought = tables["transactions"].filter(pc.field("ordered_at") >= SINCE)
    own = bought.filter(pc.field("customer_id").isin(chosen))
    unknown = bought.filter(pc.field("customer_id").is_null())
    some = unknown["order_id"].unique().to_pylist()[::UNIDENTIFIED_STEP]
    nobody = unknown.filter(pc.field("order_id").isin(pa.array(some)))
    lines = pa.concat_tables([own, nobody]).sort_by([("ordered_at", "ascending"), ("order_id", "ascending")])
    rows = {
        name: tables[name].filter(pc.field("customer_id").isin(chosen)).to_pylist()
        for name in ("customers", "assignments", "answers")
    }
    rows["transactions"] = _receipts(lines.to_pylist())
    return rows, lines.filter(pc.field("ordered_at") >= LINES_SINCE).to_pylist()


def _receipts(lines: list[Row]) -> list[Row]:
    """One row a receipt, with the sums of its lines."""
    receipts: dict[object, Row] = {}
    for line in lines:
        receipt = receipts.setdefault(line["order_id"], {**line, "amount": Decimal(0), "margin": Decimal(0)})
        for name in ("amount", "margin"):
            so_far, more = receipt[name], line[name]
            assert isinstance(so_far, Decimal) and isinstance(more, Decimal)
            receipt[name] = so_far + more
    return list(receipts.values())


def _csv(
    path: Path,
    rows: list[Row],
    fields: list[tuple[str, str]],
    encoding: str,
    delimiter: str,
    shown: Callable[[str, object], str],
) -> None:
    with path.open("w", encoding=encoding, newline="") as file:
        writer = csv.writer(file, delimiter=delimiter, lineterminator="\r\n")
        writer.writerow([header for _, header in fields])
        writer.writerows([[shown(name, row[name]) for name, _ in fields] for row in rows])


def _iso(_name: str, value: object) -> str:
    """A value as programs write it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, datetime.datetime):
        return value.isoformat(timespec="minutes")
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    return str(value)


def _swedish(name: str, value: object) -> str:
    """A value as Swedish Excel shows it, and therefore saves it."""
    if isinstance(value, bool):
        return "Ja" if value else "Nej"
    if isinstance(value, datetime.datetime):
        return value.strftime("%Y-%m-%d %H:%M")
    if isinstance(value, Decimal) and name in ("amount", "margin", "contact_cost"):
        return f"{value:,.2f} kr".replace(",", "\u00a0").replace(".", ",")
    return _iso(name, value)


def _xlsx(path: Path, lines: list[Row]) -> None:
    """The order lines as an Excel workbook with real dates and numbers."""
    with xlsxwriter.Workbook(str(path)) as book:
        book.set_properties({"title": "Orderrader", "created": datetime.datetime(2025, 11, 1)})
        sheet = book.add_worksheet("Orderrader")
        bold = book.add_format({"bold": True})
        moment, money = book.add_format({"num_format": "yyyy-mm-dd hh:mm"}), book.add_format({"num_format": "#,##0.00"})
        for place, (_, header) in enumerate(_LINES):
            sheet.write(0, place, header, bold)
        for number, line in enumerate(lines, 1):
            for place, (name, _) in enumerate(_LINES):
                value = line[name]
                if isinstance(value, datetime.datetime):
                    sheet.write_datetime(number, place, value, moment)
                elif isinstance(value, Decimal):
                    sheet.write_number(number, place, float(value), None if name == "quantity" else money)
                elif value is not None:
                    sheet.write_string(number, place, str(value))


if __name__ == "__main__":
    main()
