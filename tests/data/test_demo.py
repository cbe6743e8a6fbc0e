"""The demo company: the same from the same seed, in the schema's columns, with its planted truths in it."""

import math
import re
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from data import demo
from insight.ingest import schema
from tests.data import recover

ARROW = {
    "VARCHAR": pa.string(),
    "DATE": pa.date32(),
    "TIMESTAMP": pa.timestamp("us"),
    "BIGINT": pa.int64(),
    "BOOLEAN": pa.bool_(),
}


@pytest.fixture(scope="module")
def tables():
    return demo.tables()


@pytest.fixture(scope="module")
def world(tables):
    return recover.World(tables)


@pytest.mark.parametrize("truth", demo.TRUTHS, ids=lambda truth: truth.key)
def test_a_planted_truth_is_found_again(world, truth):
    assert recover.RECOVER[truth.key](world) == pytest.approx(truth.value, abs=truth.tolerance)


def test_every_truth_has_a_way_back_and_a_line_in_the_readme():
    keys = [truth.key for truth in demo.TRUTHS]
    assert len(set(keys)) == len(keys)
    assert set(keys) == set(recover.RECOVER)
    readme = (Path(demo.__file__).parent / "README.md").read_text(encoding="utf-8")
    for truth in demo.TRUTHS:
        assert f"`{truth.key}`" in readme
        assert truth.sentence in readme


def test_another_seed_is_another_company_with_the_same_truths(tables):
    other = demo.tables(7)
    assert all(not other[name].equals(tables[name]) for name in tables)
    world = recover.World(other)
    for truth in demo.TRUTHS:
        assert recover.RECOVER[truth.key](world) == pytest.approx(truth.value, abs=truth.tolerance), truth.key


def test_the_same_seed_is_the_same_company(tables):
    again = demo.tables()
    assert all(again[name].equals(tables[name]) for name in schema.TABLES)


def test_all_tables_with_the_schemas_types_and_required_fields(tables):
    assert list(tables) == list(schema.TABLES)
    for name, table in tables.items():
        table.validate(full=True)
        for column in table.schema:
            field = schema.TABLES[name].field(column.name)
            sql = schema.SQL_TYPES[field.type]
            size = re.match(r"DECIMAL\((\d+),(\d+)\)", sql)
            assert column.type == (pa.decimal128(int(size[1]), int(size[2])) if size else ARROW[sql]), column.name
        for field in schema.TABLES[name].fields:
            if field.required:
                assert table.column(field.name).null_count == 0, (name, field.name)


def test_ids_hang_together(tables):
    customers = set(tables["customers"]["customer_id"].to_pylist())
    assert len(customers) == tables["customers"].num_rows
    for name, table in tables.items():
        used = set(table["customer_id"].drop_null().unique().to_pylist())
        assert used <= customers, name


def test_money_adds_up_on_every_line(tables):
    lines = tables["transactions"]
    ore = {
        name: pc.multiply(lines[name].cast(pa.float64()), 100).to_numpy().round()
        for name in ("amount", "unit_price", "discount", "cost", "margin", "bonus_used")
    }
    quantity = lines["quantity"].cast(pa.float64()).to_numpy()
    assert (ore["amount"] == quantity * ore["unit_price"] - ore["discount"]).all()
    assert (ore["margin"] == ore["amount"] - ore["cost"]).all()
    assert (ore["bonus_used"] >= 0).all()
    assert ((quantity < 0) == (ore["amount"] < 0)).all()


def test_bonus_used_is_what_the_redeemed_cheques_were_worth(tables):
    rewards = tables["rewards"].filter(
        pc.and_(pc.equal(tables["rewards"]["kind"], "bonuscheck"), pc.is_valid(tables["rewards"]["redeemed_on"]))
    )
    assert pc.sum(tables["transactions"]["bonus_used"]).as_py() == pc.sum(rewards["value"]).as_py() > 0


def test_it_looks_like_a_company(world):
    lines = world.lines
    assert 270_000 < len(lines) < 330_000
    assert 100_000 < lines.loc[lines["amount"] > 0, "order_id"].nunique() < 130_000
    assert lines["month"].nunique() == 36
    assert str(lines["ordered_at"].min().date()) == "2022-11-01"
    assert str(lines["ordered_at"].max().date()) == "2025-10-31"
    yearly = lines["amount"].sum() / 3
    assert 60e6 < yearly < 75e6
    spend = world.spend(recover.YEAR_START, recover.END)
    assert 4_700 < spend.mean() < 5_700
    returned = -lines.loc[lines["amount"] < 0, "amount"].sum() / lines.loc[lines["amount"] > 0, "amount"].sum()
    assert 0.02 < returned < 0.05
    assert lines["store"].nunique() == 13
    margin = lines["margin"].sum() / lines["amount"].sum()
    assert 0.38 < margin < 0.48
    assert 4_000 < len(world.answers) < 6_000
    assert world.customers["consent_email"].isna().any()
    for column in ("consent_email", "consent_sms", "consent_post"):
        assert {True, False} <= set(world.customers[column].dropna())


def test_nobody_buys_after_leaving_or_before_joining(world):
    bought = world.purchases.join(world.customers[["left_on", "joined_on"]], on="customer_id")
    day = bought["at"].dt.normalize()
    assert not (day > bought["left_on"]).any()
    own = bought["customer_id"].str.startswith("K")
    assert not (day < bought["joined_on"])[own].any()


def test_the_arms_of_both_randomised_tests_were_alike_before(world):
    for test, arms, size in (("Höstbrev 2025", 4, 2_000), ("Kanaltest", 2, 1_000)):
        drawn = world.assignments[world.assignments["test"] == test]
        sizes = drawn.groupby("arm").size()
        assert len(sizes) == arms
        assert sizes.max() == sizes.min() >= size
        assert drawn["customer_id"].is_unique
        start = drawn["assigned_on"].iloc[0]
        before = world.spend(start - recover.pd.Timedelta(days=730), start).reindex(drawn["customer_id"]).fillna(0)
        groups = before.groupby(drawn["arm"].to_numpy()).agg(["mean", "sem"])
        spread = math.sqrt((groups["sem"] ** 2).sum())
        assert groups["mean"].max() - groups["mean"].min() < 4 * spread


def test_no_personal_numbers_and_only_invented_contacts(tables):
    customers = tables["customers"]
    text = "\n".join(
        value
        for name in customers.column_names
        if customers.schema.field(name).type == pa.string()
        for value in customers[name].drop_null().unique().to_pylist()
    )
    assert not re.search(r"\b(19|20)?\d{6}[-+]\d{4}\b", text.replace("000000-", ""))
    assert all(mail.endswith("@example.se") for mail in customers["email"].drop_null().to_pylist())
    assert all(phone.startswith("070-17406") for phone in customers["phone"].drop_null().unique().to_pylist())


def test_the_sources_own_case_sells_24_times_as_much_and_loses_money():
    assignments, transactions = demo.source_case()
    arm = dict(zip(assignments["customer_id"].to_pylist(), assignments["arm"].to_pylist(), strict=True))
    assert len(arm) == 400_000
    sizes = {name: list(arm.values()).count(name) for name in ("sms", "brev")}
    assert sizes == {"sms": 200_000, "brev": 200_000}
    sales, margin = {"sms": 0, "brev": 0}, {"sms": 0, "brev": 0}
    known = transactions.filter(transactions["customer_id"].is_valid())
    rows = known.select(["customer_id", "amount", "margin"]).to_pylist()
    for row in rows:
        sales[arm[row["customer_id"]]] += row["amount"]
        margin[arm[row["customer_id"]]] += row["margin"]
    assert float(sales["brev"] / sales["sms"]) - 1 == pytest.approx(23.46, abs=0.005)
    assert float(margin["brev"]) - 200_000 * 6 == pytest.approx(-671_700, abs=100)
    assert len({row["customer_id"] for row in rows}) == len(rows) == 3_055
