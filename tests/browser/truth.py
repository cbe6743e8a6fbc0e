"""What is true of a set of customers, counted from the raw rows with plain Python: nothing of the product is used.

Two sets: the demo company's own tables, and the files of a little shop that `messy_files` writes as a Swedish till, a
customer register, a mail tool and a survey tool would: two encodings, decimal commas, a title above the head, purchases
by nobody, returns, a customer who answers twice.
"""

import csv
import random
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

GOLD, SILVER, BRONZE, NONE = "Guld", "Silver", "Brons", "none"
# Both sets end on the same day; the ladder sets the latest twelve months against the twelve before them.
FIRST, MIDDLE, END = date(2023, 11, 1), date(2024, 11, 1), date(2025, 11, 1)
_NBSP = "\u00a0"


@dataclass
class Truth:
    """Sums a customer in the two years, how many lines the later one has, every answer, and who may be mailed."""

    bounds: tuple[Decimal, Decimal]
    before: dict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    now: dict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    customers: set[str] = field(default_factory=set)
    lines: int = 0
    answers: dict[tuple[str, str], tuple[date, int]] = field(default_factory=dict)
    consent: dict[str, bool | None] = field(default_factory=dict)

    def buy(self, customer: str | None, day: date, amount: Decimal) -> None:
        """A line of a receipt, whosever it is."""
        if customer is None:
            return
        self.customers.add(customer)
        if MIDDLE <= day < END:
            self.now[customer] += amount
            self.lines += 1
        elif FIRST <= day < MIDDLE:
            self.before[customer] += amount

    def answer(self, customer: str, wave: str, day: date, score: int) -> None:
        """Of several answers in one wave the latest counts."""
        known = self.answers.get((customer, wave))
        if known is None or known[0] < day:
            self.answers[customer, wave] = (day, score)

    def step(self, amount: Decimal) -> str:
        """Where a sum stands on the ladder; a bound belongs to the step above it."""
        silver, gold = self.bounds
        if amount <= 0:
            return NONE
        return GOLD if amount >= gold else SILVER if amount >= silver else BRONZE

    def on(self, step: str) -> set[str]:
        """Who stands on a step now."""
        return {name for name in self.customers if self.step(self.now.get(name, Decimal(0))) == step}

    def moved(self, there: str, here: str) -> set[str]:
        """Who stood on one step a year ago and stands on another now."""
        then = {name for name in self.customers if self.step(self.before.get(name, Decimal(0))) == there}
        return then & self.on(here)

    def money(self, among: set[str]) -> Decimal:
        """What they bought in the later year, returns drawn off."""
        return sum((self.now.get(name, Decimal(0)) for name in among), Decimal(0))

    def nps(self, among: set[str]) -> tuple[Decimal, int]:
        """Promoters' share minus detractors', in points, and the number of answers."""
        scores = [score for (customer, _), (_, score) in self.answers.items() if customer in among]
        up, down = sum(score >= 9 for score in scores), sum(score <= 6 for score in scores)
        return Decimal(100 * (up - down)) / len(scores), len(scores)

    def willing(self, among: set[str]) -> set[str]:
        """Who has said yes to mail; silence is a no."""
        return {name for name in among if self.consent.get(name)}


def of_demo() -> Truth:
    """The demo company, with each web account counted as the person whose account it is."""
    from data import demo

    tables = demo.tables()
    person = {row["other_id"]: row["customer_id"] for row in tables["identities"].to_pylist()}
    found = Truth((Decimal(4000), Decimal(10000)))
    lines = tables["transactions"].select(["customer_id", "ordered_at", "amount"]).to_pydict()
    for customer, at, amount in zip(*lines.values(), strict=True):
        found.buy(person.get(customer, customer), at.date(), amount)
    for row in tables["answers"].to_pylist():
        who = person.get(row["customer_id"], row["customer_id"])
        found.answer(who, row["wave"], row["answered_on"], int(row["score"]))
    for row in tables["customers"].to_pylist():
        # The person's own row speaks for the person.
        if row["customer_id"] not in person:
            found.consent[row["customer_id"]] = bool(row["consent_email"]) and bool(row["email"])
    return found


# --- the little shop --------------------------------------------------------------------------------------------------

FILES = ("kunder.csv", "kvitton.csv", "utskick.csv", "nps.csv")
_LEVELS = {GOLD: (6000, 12000), SILVER: (2000, 5900), BRONZE: (300, 1900), NONE: (0, 0)}
_CONSENTS = ("Ja", "Ja", "Nej", "")


def messy_files(folder: Path) -> list[Path]:
    """Writes the four files, the same every time; their paths."""
    draw = random.Random(20251101)
    ids = [f"{number:06}" for number in range(1042, 1042 + 320)]
    people = [
        [name, f"Åsa Öberg {name}", f"kund{name}@example.se" if draw.random() < 0.9 else "", "Skövde",
         draw.choice(_CONSENTS)]
        for name in ids
    ]  # fmt: skip
    _write(folder / FILES[0], ["Kundnr", "Namn", "E-post", "Ort", "Samtycke e-post"], people, "cp1252")
    receipts = list(_receipts(draw, ids))
    head = ["Kvittonr", "Köpdatum", "Kundnr", "Belopp", "Butik"]
    _write(folder / FILES[1], head, receipts, "cp1252", title="Export från kassan 2025-11-01")
    mailed = [[name, "Höstbrev", "2025-09-15", draw.choice(("Ja", "Nej")), "E-post"] for name in ids[::2]]
    _write(folder / FILES[2], ["Kundnr", "Utskick", "Skickat", "Öppnat", "Kanal"], mailed, "utf-8-sig")
    answers = list(_answers(draw, ids))
    _write(folder / FILES[3], ["Kundnr", "Betyg", "Svarsdatum", "Mätning"], answers, "utf-8-sig")
    return [folder / name for name in FILES]


def _receipts(draw: random.Random, ids: list[str]) -> Iterable[list[str]]:
    number = 70000
    for name in ids:
        for opened in (FIRST, MIDDLE):
            low, high = _LEVELS[draw.choices(list(_LEVELS), (4, 3, 2, 1))[0]]
            left, visits = draw.randint(low * 100, high * 100), draw.randint(2, 6)
            for visit in range(visits if left else 0):
                part = left if visit == visits - 1 else left * draw.randint(10, 60) // 100
                left -= part
                number += 1
                yield [f"K{number}", _day(draw, opened), name, _kronor(part), draw.choice(("Skövde", "Webben"))]
    for _ in range(150):
        number += 1
        yield [f"K{number}", _day(draw, draw.choice((FIRST, MIDDLE))), "", _kronor(draw.randint(4900, 99900)), "Skövde"]
    for name in draw.sample(ids, 40):
        number += 1
        yield [f"K{number}", _day(draw, MIDDLE), name, _kronor(-draw.randint(4900, 29900)), "Webben"]
    # The first and the last day have a sale, so that the two years are whole.
    for day in (FIRST, END - timedelta(days=1)):
        number += 1
        yield [f"K{number}", f"{day} 12:00", "", _kronor(10000), "Skövde"]


def _answers(draw: random.Random, ids: list[str]) -> Iterable[list[str]]:
    for wave, day in (("Vår 2025", date(2025, 4, 7)), ("Höst 2025", date(2025, 10, 6))):
        for name in draw.sample(ids, 200):
            yield [name, str(draw.randint(2, 10)), str(day), wave]
            if draw.random() < 0.1:
                yield [name, str(draw.randint(2, 10)), str(day + timedelta(days=3)), wave]


def _day(draw: random.Random, opened: date) -> str:
    return f"{opened + timedelta(days=draw.randint(1, 363))} {draw.randint(9, 19)}:{draw.randint(10, 59)}"


def _kronor(ore: int) -> str:
    sign, whole, rest = "-" if ore < 0 else "", *divmod(abs(ore), 100)
    return f"{sign}{whole:,}".replace(",", _NBSP) + f",{rest:02} kr"


def _write(path: Path, head: list[str], rows: list[list[str]], encoding: str, title: str = "") -> None:
    with path.open("w", encoding=encoding, newline="") as file:
        if title:
            file.write(f"{title}\r\n\r\n")
        csv.writer(file, delimiter=";", lineterminator="\r\n").writerows([head, *rows])


def of_files(folder: Path) -> Truth:
    """The little shop, read back from its files."""
    found = Truth((Decimal(2000), Decimal(6000)))
    for row in _rows(folder / FILES[1], "cp1252", skip=2):
        amount = Decimal(row["Belopp"].removesuffix(" kr").replace(_NBSP, "").replace(",", "."))
        found.buy(row["Kundnr"] or None, date.fromisoformat(row["Köpdatum"][:10]), amount)
    for row in _rows(folder / FILES[3], "utf-8-sig"):
        found.answer(row["Kundnr"], row["Mätning"], date.fromisoformat(row["Svarsdatum"]), int(row["Betyg"]))
    for row in _rows(folder / FILES[0], "cp1252"):
        found.customers.add(row["Kundnr"])
        found.consent[row["Kundnr"]] = row["Samtycke e-post"] == "Ja" and bool(row["E-post"])
    return found


def _rows(path: Path, encoding: str, skip: int = 0) -> list[dict[str, Any]]:
    with path.open(encoding=encoding, newline="") as file:
        for _ in range(skip):
            file.readline()
        return list(csv.DictReader(file, delimiter=";"))
