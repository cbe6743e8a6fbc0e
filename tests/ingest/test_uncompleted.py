"""Purchases that never came about by their status: which they are, the user's choice, and that every krona is found."""

from decimal import Decimal

import pytest

from tests.ingest.reading import Loaded, reading

HEADER = "kundnr;köpdatum;belopp;status\n"
SUM = "SELECT coalesce(sum(amount), 0) FROM transactions"


def _orders(*statuses: str) -> str:
    """One order of 100 kr a day with each status, in all lengths that the quick and the careful way want."""
    return HEADER + "".join(f"K{n};2024-03-{10 + n};100,00;{word}\n" for n, word in enumerate(statuses))


def _told(loaded: Loaded) -> dict[str, tuple[object, object, int | None]]:
    return {m.code: (m.values["count"], m.values["sum"], m.line) for m in loaded.report.messages if "sum" in m.values
            and m.code.startswith(("aside_", "status_", "kept_"))}  # fmt: skip


@pytest.mark.parametrize(
    "word",
    ["Makulerad", "Cancelled", "Canceled", "Avbruten av kund", "VOID", "wc-cancelled", "Failed", "Offert", "Draft",
     "Annullerad – ej hämtad", "Cancelled (by customer)", "Nekad", "Storniert", "Annulleret", "Peruutettu"],
)  # fmt: skip
def test_what_was_called_off_is_set_aside_with_its_sum_and_line(word: str):
    with reading(_orders("Betald", word, "Betald")) as loaded:
        assert loaded.one(SUM) == 200
        assert (loaded.report.rows, loaded.report.set_aside, loaded.report.lines) == (2, 1, 3)
        assert _told(loaded) == {"aside_cancelled": (1, "100.00", 3)}
        (kept,) = loaded.rows("SELECT line, reason, raw FROM set_aside")
        assert kept == (3, "cancelled", f"K1;2024-03-11;100,00;{word}")
        assert loaded.report.outcome == "warn"


@pytest.mark.parametrize(
    "word", ["Cancellation fee", "Avbeställningsskydd", "Betald", "Levererad", "Completed", "Partially cancelled"]
)
def test_what_was_sold_stays(word: str):
    with reading(_orders("Betald", word, "Betald")) as loaded:
        assert loaded.one(SUM) == 300
        assert _told(loaded) == {}


@pytest.mark.parametrize(
    ("choice", "total", "codes"),
    [
        (None, 300, {"aside_cancelled": (2, "200.00", 3), "status_waiting": (1, "100.00", 5)}),
        ("all", 200, {"aside_cancelled": (2, "200.00", 3), "aside_waiting": (1, "100.00", 5)}),
        ("none", 500, {"kept_cancelled": (2, "200.00", 3), "status_waiting": (1, "100.00", 5)}),
    ],
)
def test_the_user_decides_what_counts(choice: str | None, total: int, codes: dict[str, tuple[object, ...]]):
    options = {} if choice is None else {"uncompleted": choice}
    with reading(_orders("Betald", "Avbruten", "Betald", "Väntar på betalning", "Avbruten"), **options) as loaded:
        assert loaded.one(SUM) == total
        assert _told(loaded) == codes
        assert loaded.report.rows + loaded.report.set_aside == 5


def test_a_till_that_books_a_void_with_a_minus_closes_as_it_stands():
    text = HEADER + "A;2024-03-10;100,00;Sale\nA;2024-03-10;-100,00;Void\nB;2024-03-11;40,00;Sale\n"
    with reading(text) as loaded:
        assert (loaded.one(SUM), loaded.report.set_aside) == (40, 0)
        assert set(_told(loaded)) == {"status_cancelled"}


def test_a_list_of_nothing_but_offers_counts_and_says_so():
    with reading(_orders("Offert", "Offert")) as loaded:
        assert (loaded.one(SUM), loaded.report.set_aside) == (200, 0)
        assert set(_told(loaded)) == {"status_cancelled"}


def test_a_long_plain_list_is_read_the_quick_way_and_closes_to_the_ore():
    """Each tenth of 3,000 orders was called off; order n is worth n kronor and 5 öre."""
    words = {n: "Makulerad" if n % 10 == 0 else "Klar" for n in range(1, 3001)}
    rows = "".join(f"K{n % 50:03};2024-03-{1 + n % 28:02};{n},05;{word}\n" for n, word in words.items())
    with reading(HEADER + rows) as loaded:
        off = sum((Decimal(n) + Decimal("0.05") for n in range(10, 3001, 10)), Decimal())
        sold = sum((Decimal(n) + Decimal("0.05") for n in range(1, 3001)), Decimal()) - off
        assert loaded.one(SUM) == sold
        assert (loaded.report.rows, loaded.report.set_aside) == (2700, 300)
        assert _told(loaded) == {"aside_cancelled": (300, str(off), 11)}
        kept = loaded.rows("SELECT line, reason, raw FROM set_aside ORDER BY line")
        assert kept == [(n + 1, "cancelled", rows.splitlines()[n - 1]) for n in range(10, 3001, 10)]


ORDERS = "ordernr;kundnr;köpdatum;belopp;status\n"


@pytest.mark.parametrize("word", ["Återbetald", "Refunded", "wc-refunded", "Returnerad", "Refunded - damaged"])
def test_an_order_paid_back_is_sale_and_refund_in_one_row(word: str):
    """Orders of 500, 80 and 20 kr, of which the first was paid back: 100 kr were earned, not 100 less 500."""
    text = ORDERS + f"1;A;2024-03-10;500,00;{word}\n2;A;2024-03-11;80,00;Klar\n3;B;2024-03-12;20,00;Klar\n"
    with reading(text) as loaded:
        assert (loaded.one(SUM), loaded.report.set_aside) == (100, 1)
        assert _told(loaded) == {"aside_paid_back": (1, "500.00", 2)}
    with reading(text, uncompleted="none") as loaded:
        assert (loaded.one(SUM), set(_told(loaded))) == (600, {"kept_paid_back"})
    with reading(text, returns="none") as loaded:
        assert (loaded.one(SUM), _told(loaded)) == (600, {})


def test_a_refund_that_is_booked_beside_its_sale_gets_its_minus():
    text = (
        ORDERS + "1;A;2024-03-10;500,00;Paid\n1;A;2024-03-14;500,00;Refunded\n2;B;2024-03-11;80,00;Paid\n"
        "2;B;2024-03-15;80,00;Refunded\n3;B;2024-03-12;20,00;Paid\n"
    )
    with reading(text) as loaded:
        assert (loaded.one(SUM), loaded.report.set_aside) == (20, 0)
        assert "returns_turned" in loaded.codes


@pytest.mark.parametrize("word", ["Partially refunded", "partially_refunded", "Delvis återbetald", "Refunded (partly)"])
def test_a_part_paid_back_counts_whole_and_is_told(word: str):
    text = ORDERS + f"1;A;2024-03-10;500,00;{word}\n2;A;2024-03-11;80,00;Paid\n"
    with reading(text) as loaded:
        assert (loaded.one(SUM), _told(loaded)) == (580, {"status_partly": (1, "500.00", 2)})


def test_a_refund_that_waits_is_set_aside_with_the_sales_that_wait():
    text = ORDERS + "1;A;2024-03-10;500,00;Paid\n2;A;2024-03-11;-80,00;Pending\n3;B;2024-03-12;20,00;Pending\n"
    with reading(text, uncompleted="all") as loaded:
        assert (loaded.one(SUM), _told(loaded)) == (500, {"aside_waiting": (2, "-60.00", 3)})
