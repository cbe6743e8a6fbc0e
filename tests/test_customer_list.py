"""Lists of customers: as many on the screen as in the file, in the same order, nothing personal unless asked for."""

import csv
import io
from datetime import date
from decimal import Decimal

import pytest

from insight import customer_list
from insight.audience import parse
from insight.errors import NotEnoughDataError
from insight.export.people import Wish, csv_file
from insight.export.written import named
from insight.i18n.catalog import Words
from insight.workspace.copy import private_copy
from tests.build import workspace

EVERYBODY = None
LOST = parse("not(segments.rfm;@segment=champions)")


@pytest.fixture(scope="module")
def shop():
    rows = [(f"c{number:02d}", "2025-05-01", 10 * number) for number in range(1, 61)]
    rows += [("c60", "2025-06-01", "-5.50"), (None, "2025-06-01", 999)]
    made = workspace(rows, customers=[{"customer_id": "only_known", "name": "Anna", "email": "a@b.se"}])
    yield made
    made.close()


def test_count_money_and_first_five_by_hand(shop):
    found = customer_list.summary(shop, EVERYBODY)
    assert found.n_customers == 61
    assert found.sales == Decimal("18294.50")  # 10 × (1 + … + 60) less a return of 5.50
    assert found.n_orders == 60
    assert found.first["customer_id"].tolist() == ["c60", "c59", "c58", "c57", "c56"]
    assert found.per_customer()["sales_per_customer"].value == Decimal("299.91")


def test_pages_cover_everybody_once(shop):
    pages = [customer_list.page(shop, EVERYBODY, number=number) for number in (1, 2, 3)]
    assert [len(page.rows) for page in pages] == [25, 25, 11]
    seen = [name for page in pages for name in page.rows["customer_id"]]
    assert len(set(seen)) == 61
    assert customer_list.page(shop, EVERYBODY, number=99).number == 3


def test_sorting_by_any_column_ends_ties_by_id(shop):
    rising = customer_list.page(shop, EVERYBODY, sort="sales", descending=False).rows
    assert rising["customer_id"].tolist()[:3] == ["only_known", "c01", "c02"]
    by_id = customer_list.page(shop, EVERYBODY, sort="customer_id", descending=False).rows
    assert by_id["customer_id"].tolist()[:2] == ["c01", "c02"]
    unknown = customer_list.page(shop, EVERYBODY, sort='sales"; drop table orders; --').rows
    assert unknown["customer_id"].iloc[0] == "c60"


def test_personal_fields_only_when_asked_for(shop):
    assert not {"name", "email"} & set(customer_list.page(shop, EVERYBODY).units)
    shown = customer_list.page(shop, EVERYBODY, personal=True, sort="name")
    assert {"name", "email"} <= set(shown.units)
    assert "phone" not in shown.units  # nobody's is known
    assert shown.rows["name"].iloc[0] == "Anna"


@pytest.mark.parametrize("audience", [EVERYBODY, LOST], ids=["everybody", "not champions"])
def test_file_has_the_rows_of_the_screen_in_its_order(shop, audience):
    lines = csv_file(shop, audience, Words("sv"), Wish(sort="sales")).decode("utf-8-sig").splitlines()
    on_screen = customer_list.page(shop, audience, sort="sales", rows=1000)
    assert len(lines) - 1 == on_screen.n_customers == customer_list.summary(shop, audience).n_customers
    assert [line.split(";")[0] for line in lines[1:]] == on_screen.rows["customer_id"].tolist()


def test_place_in_the_list_finds_the_customer(shop):
    assert customer_list.customer_at(shop, EVERYBODY, sort="sales", descending=True, index=1) == ("c59", 61)
    assert customer_list.customer_at(shop, EVERYBODY, sort="sales", descending=True, index=999)[0] == "only_known"
    nobody = parse(
        "not(segments.rfm;@segment=champions|segments.rfm;@segment=champions|not(segments.rfm;@segment=champions))"
    )
    with pytest.raises(NotEnoughDataError):
        customer_list.customer_at(shop, nobody, sort="", descending=True, index=0)


def test_last_order_is_a_day(shop):
    rows = customer_list.page(shop, EVERYBODY).rows
    assert rows["last_order_on"].iloc[0] == date(2025, 5, 1)  # the return in June is no order


def test_private_copy_shares_nothing(shop):
    copy = private_copy(shop.folder)
    try:
        assert copy.secret() != shop.secret()
        assert copy.data_key != shop.data_key
        assert copy.folder != shop.folder
        file_id = copy.manifest.files[0].file_id
        copy.remove(file_id)
        with shop.query() as query:
            assert query.count("transactions") == 62
    finally:
        copy.destroy()
    assert not copy.folder.exists()


@pytest.fixture(scope="module")
def years():
    days = ("2023-03-01", "2024-02-01", "2024-09-01", "2025-03-01", "2025-10-01")
    rows = [
        (f"c{n:02d}", day, 10 * n + place) for n in range(1, 31) for place, day in enumerate(days) if n % (place + 1)
    ]
    made = workspace([*rows, ("c30", "2023-01-01", 5), ("c30", "2025-12-31", 5)])
    yield made
    made.close()


@pytest.mark.parametrize("key", ["segments.rfm", "ladder.steps", "ladder.migration", "concentration.lorenz"])
def test_every_column_of_a_list_has_a_name_in_both_languages(years, key):
    units = customer_list.page(years, parse(key)).units
    assert {"customer_id", "last_order_on"} < set(units)
    for language in ("sv", "en"):
        assert [name for name in units if not named(Words(language), key, name)] == []


@pytest.mark.parametrize("window", ["6", "9", "12"])
@pytest.mark.parametrize(
    ("language", "before"), [("sv", "Försäljning i förra fönstret, kr"), ("en", "Sales in the window before, SEK")]
)
def test_a_list_of_a_movement_names_the_money_of_the_window_before(years, window, language, before):
    mark = parse(f"ladder.migration;window={window}")
    content = csv_file(years, mark, Words(language), Wish())
    heads = next(csv.reader(io.StringIO(content.decode("utf-8-sig")), delimiter=";" if language == "sv" else ","))
    assert before in heads
    # A year apart is what only one of the windows is.
    assert not [head for head in heads if "år tidigare" in head or "year earlier" in head]
