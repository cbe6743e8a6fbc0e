"""What every analysis promises, whichever it is: its columns exist, its words read, its marks hold their customers.

A number on a chart, the count of the list that opens from it and the list's money are equal, always.
"""

import csv
import io
import pickle
import random
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from functools import cache
from typing import Any, get_args

import pandas as pd
import pytest

from data import demo
from insight.analysis import registry
from insight.analysis.registry import Analysis
from insight.audience import Mark, customer_ids, pairs, scoped_query, select
from insight.errors import InsightError
from insight.export.people import Wish, csv_file
from insight.i18n.catalog import LANGUAGES, Words
from insight.result import Chart, Message, Result, Unit
from insight.workspace.store import Workspace
from tests.build import empty, workspace

KEYS = sorted(registry.analyses())
_KEY = re.compile(r"[a-z][a-z0-9_]*(\.[a-z0-9_]+)+")
_LONGEST_HEADLINE = 90


# A year and more between the first and the last: enough to set a changed score against changed purchases.
WAVES = (date(2023, 8, 1), date(2024, 4, 1), date(2024, 9, 15))
# What is typed in where nothing follows from the data.
TYPED: Mapping[str, Mapping[str, str]] = {"lift.totals": {"totals": "letter,1000,120,54000;control,1000,90,41000"}}
# The best customers of the period bought alike a year before: too few moves for a scenario.
REFUSES = {("ladder.scenario", "some")}
# Estimates: groups, means and intervals, of which nothing adds up to a total of money or heads.
ESTIMATES = {
    "lift.checks", "lift.curve", "lift.draw", "lift.plan", "lift.register", "lift.repeat", "lift.segments",
    "lift.tests", "lift.totals", "lift.verdict", "nps.act", "nps.before_after", "nps.by_step", "nps.change",
    "nps.groups", "nps.response", "nps.spread", "nps.themes", "nps.trend",
}  # fmt: skip


# --- data -------------------------------------------------------------------------------------------------------------


@cache
def company() -> Workspace:
    """Eighty customers over thirty months, with everything a table can hold, from one seed."""
    chance = random.Random(7)
    names = [f"K{number:03}" for number in range(80)]
    pick = chance.choice
    lines: list[dict[str, Any]] = []
    for order in range(900):
        who = pick(names[: 10 + order % 70]) if chance.random() < 0.85 else None
        day = date(2022, 7, 1) + timedelta(days=chance.randrange(910))
        for _ in range(pick((1, 1, 2))):
            odd = chance.random() < 0.2
            amount = pick((-120, 0, 49, 99, 250, 999.5)) if odd else chance.randrange(2000) + 0.25
            lines.append({
                "customer_id": who, "ordered_at": f"{day} {chance.randrange(8, 20):02}:15", "amount": amount,
                "order_id": f"o{order}", "channel": pick(("web", "store", "phone")), "store": pick("ABC"),
                "category": pick(("shoes", "coats", None)), "cost": amount / 2, "article_id": pick("xyz"),
                "campaign_id": pick(("spring", None)), "Season": pick(("warm", "cold")),
                "quantity": 1, "discount": pick((0, 10)), "bonus_used": pick((0, 5)),
                "article": pick(("boot", "coat")), "brand": pick(("own", "other")),
            })  # fmt: skip
    lines += [{"customer_id": "RET", "ordered_at": "2024-05-05", "amount": -70, "order_id": "r1"}]
    customers = [
        {
            "customer_id": name, "region": pick(("Skåne", "Uppland", None)), "gender": pick(("K", "M")),
            "birth_date": date(1940 + chance.randrange(65), 5, 5), "member_level": pick(("Guld", "Silver", "Brons")),
            "is_member": pick(("true", "false")), "joined_on": date(2022, 1, 1) + timedelta(chance.randrange(500)),
            "join_channel": pick(("web", "store")), "Housing": pick(("house", "flat", None)),
            "consent_email": pick(("true", "false")), "postcode": "11122", "industry": pick(("47", "56")),
            "org_id": f"org{chance.randrange(20)}", "workplace_id": f"w{chance.randrange(30)}", "potential": 9000,
            "left_on": pick((None, None, None, "2024-08-01")), "household_id": f"h{chance.randrange(50)}",
        }
        for name in [*names, "NEVER"]
    ]  # fmt: skip
    sent = date(2024, 9, 1)
    return workspace(
        lines, customers,
        assignments=[
            {"customer_id": name, "arm": arm, "test": "autumn", "assigned_on": sent, "channel": arm,
             "is_control": str(arm == "control").lower(), "contact_cost": 0 if arm == "control" else 4}
            for name in names for arm in (pick(("control", "letter", "email")),)
        ],
        answers=[
            {"customer_id": name, "score": chance.randrange(11), "answered_on": WAVES[wave],
             "wave": str(wave), "comment": pick(("slow delivery", "friendly staff", None)), "touchpoint": "store"}
            for name in names for wave in range(3) if chance.random() < 0.8
        ],
        contacts=[
            {"customer_id": name, "sent_at": date(2024, 1, 1) + timedelta(days=7 * week), "channel": "email",
             "message_type": "news", "opened": pick(("true", "false")), "contact_cost": 1}
            for name in names for week in range(0, 40, 4)
        ],
        rewards=[
            {"customer_id": name, "given_on": "2024-02-01", "kind": "check", "value": 50,
             "redeemed_on": pick((None, "2024-03-01"))}
            for name in names[:40]
        ],
        events=[
            {"customer_id": name, "at": f"2024-04-{chance.randrange(1, 29):02} 10:00", "kind": kind, "step": kind}
            for name in names for kind in ("visit", "login") if chance.random() < 0.6
        ],
        agreements=[
            {"customer_id": name, "started_on": date(2022, 7, 1) + timedelta(days=chance.randrange(600)),
             "ended_on": pick((None, "2024-11-01")), "plan": pick(("basic", "plus")), "fee": 99}
            for name in names[:60]
        ],
    )  # fmt: skip


TINY: dict[str, list[tuple[Any, ...]]] = {
    "nothing": [],
    "one_customer": [("a", "2024-01-05", 100)],
    "one_day": [(name, "2024-01-05", amount) for name, amount in (("a", 10), ("b", 20), ("c", 30), ("d", -5))],
    "equal": [(name, f"2024-0{month}-05", 100) for name in "abcdef" for month in (1, 2, 3)],
    "only_returns": [("a", "2024-01-05", -10), ("b", "2024-02-05", -20)],
    "nobody_known": [(None, "2024-01-05", 10), (None, "2024-02-05", 20)],
    "nothing_paid": [("a", "2024-01-05", 0), ("b", "2024-02-05", 0)],
}


@cache
def tiny(name: str) -> Workspace:
    return workspace(TINY[name])


@cache
def demo_company() -> Workspace:
    """The company that a first visit meets: twenty thousand customers."""
    made = empty()
    made.load_tables(demo.tables(), name="demo", demo=True)
    return made


SCOPES: Mapping[str, Mark | None] = {
    "all": None,
    "some": Mark("segments.value_tiers", mark=(("segment", "tier_a"),)),
    "outside": Mark("segments.rfm", mark=(("segment", "none_no_orders"),)),
    "demo": None,
}


def place(scope: str) -> Workspace:
    return demo_company() if scope == "demo" else company()


def outcome(
    made: Workspace, key: str, scope: Mark | None = None, typed: Mapping[str, str] | None = None
) -> Result | InsightError:
    """The analysis without settings but what must be typed: its result, or the refusal that a user would read."""
    with scoped_query(made, scope) as query:
        try:
            return registry.run(query, key, dict(typed or {}))
        except InsightError as refused:
            return refused


@cache
def result_of(key: str, scope: str) -> Result | InsightError:
    return outcome(place(scope), key, SCOPES[scope], TYPED.get(key))


def answered(key: str, scope: str) -> Result:
    """The answer; every question has one on this data but those of `REFUSES`, which are not walked."""
    found = result_of(key, scope)
    assert isinstance(found, Result), f"{key} refuses here, with the words of {found.key}"
    return found


def walked(keys: Sequence[str], scopes: Sequence[str] = ("all", "some", "demo")) -> list[tuple[str, str]]:
    return [(key, scope) for scope in scopes for key in keys if (key, scope) not in REFUSES]


# --- what is walked ---------------------------------------------------------------------------------------------------


def tables_of(result: Result) -> Iterator[tuple[pd.DataFrame, Mapping[str, Unit]]]:
    yield result.table, result.units
    for name, table in result.tables.items():
        yield table, {**result.units, **result.more_units.get(name, {})}


def charts_of(result: Result) -> Iterator[Chart]:
    yield from (chart for chart in (result.chart, *result.charts) if chart)


def messages_of(result: Result) -> Iterator[Message]:
    yield result.headline
    yield result.basis.rule
    for chart in charts_of(result):
        yield from (message for message in (chart.title, chart.subtitle) if message)
    for note in result.notes:
        yield Message(f"note.{note.code}", note.values)


def is_empty(value: object) -> bool:
    return value is None or (isinstance(value, float) and value != value)


@cache
def members_of(key: str, scope: str) -> Any:
    """Every member with the mark columns as text, and sales where the list shows them."""
    analysis = registry.find(key)
    assert analysis.members is not None
    with scoped_query(place(scope), SCOPES[scope]) as query:
        analysis.members(query, registry.settings_for(query, analysis, {}))
        members: Any = query.frame("SELECT * FROM members")
    for name in analysis.marks:
        members[name] = ["" if is_empty(value) else _as_text(value) for value in members[name]]
    return members


def _as_text(value: object) -> str:
    if isinstance(value, float) and value.is_integer():
        return str(int(value))  # a column of whole numbers with gaps
    return str(value.date() if isinstance(value, pd.Timestamp) else value)


def marked(members: Any, mark: Mapping[str, str]) -> Any:
    found = members
    for name, value in mark.items():
        found = found[found[name] == value]
    return found


def sums_by(members: Any, columns: Sequence[str]) -> dict[tuple[str, ...], tuple[int, Decimal]]:
    """Distinct customers and sales by the values of mark columns."""
    customers: dict[tuple[str, ...], set[str]] = {}
    sales: dict[tuple[str, ...], Decimal] = {}
    amounts = members["sales"] if "sales" in members else [Decimal(0)] * len(members)
    for who, amount, *mark in zip(members["customer_id"], amounts, *(members[name] for name in columns), strict=True):
        customers.setdefault(tuple(mark), set()).add(who)
        sales[tuple(mark)] = sales.get(tuple(mark), Decimal(0)) + (0 if is_empty(amount) else amount)
    return {mark: (len(found), sales[mark]) for mark, found in customers.items()}


# --- the promises -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("scope", SCOPES)
@pytest.mark.parametrize("key", KEYS)
def test_an_answer_or_a_refusal_in_both_languages(key: str, scope: str) -> None:
    found = result_of(key, scope)
    assert scope == "outside" or isinstance(found, InsightError) == ((key, scope) in REFUSES)
    for language in LANGUAGES:
        if isinstance(found, InsightError):
            assert Words(language).t(found.key, **found.values)
            continue
        words = Words(language, labels=found.labels)
        for message in messages_of(found):
            assert words.message(message)
        assert len(words.message(found.headline)) <= _LONGEST_HEADLINE
        missing = [name for name in found.labels.values() if _KEY.fullmatch(name) and not words.has(name)]
        assert missing == []
        unnamed = [n for n in found.metrics if not words.has(f"metric.{n}") and not words.has(f"metric.{key}.{n}")]
        assert unnamed == []
        assert not found.basis.formula or words.has(f"definition.{found.basis.formula}")


@pytest.mark.parametrize("key", KEYS)
def test_columns_units_and_pickle(key: str) -> None:
    result = answered(key, "all")
    for table, units in tables_of(result):
        assert set(table.columns) <= set(units), "a column without a unit"
        assert {units[name] for name in table.columns} <= set(get_args(Unit))
    every = [set(table.columns) for table, _ in tables_of(result)]
    for chart in charts_of(result):
        ys = (chart.y,) if isinstance(chart.y, str) else chart.y
        named = {name for name in (chart.x, *ys, chart.low, chart.high, chart.before, chart.color) if name}
        assert any(named <= columns for columns in every), f"no table has all of {sorted(named)}"
    assert all(any(name in columns for columns in every) for name in result.drill)
    again = pickle.loads(pickle.dumps(result))
    assert again.headline == result.headline
    assert again.table.equals(result.table)
    assert again.metrics == result.metrics


@pytest.mark.parametrize(("key", "scope"), walked([key for key in KEYS if key not in ESTIMATES]))
def test_the_sum_check_closes(key: str, scope: str) -> None:
    check = answered(key, scope).basis.sum_check
    assert check is not None, f"{key} has parts: let them be added up, or count it among the estimates"
    assert check.difference == 0


def test_an_estimate_promises_no_sum() -> None:
    assert {key for key in ESTIMATES if answered(key, "all").basis.sum_check} == set()


@pytest.mark.parametrize(("key", "scope"), walked([key for key in KEYS if registry.find(key).members]))
def test_every_mark_holds_its_customers_and_their_money(key: str, scope: str) -> None:
    result, analysis, members = answered(key, scope), registry.find(key), members_of(key, scope)
    assert not members.duplicated(["customer_id", *analysis.marks]).any(), "a customer twice under one mark"
    wrong: list[str] = []
    for table, _ in tables_of(result):
        columns = [name for name in analysis.marks if name in table.columns]
        if not columns or "n_customers" not in table.columns:
            continue
        money = next((name for name in ("sales_listed", "sales") if name in table.columns and "sales" in members), "")
        lists = sums_by(members, columns)
        for row in table.to_dict("records"):
            if is_empty(row["n_customers"]) or any(is_empty(row[name]) for name in columns):
                continue
            mark = tuple(_as_text(row[name]) for name in columns)
            n, sales = lists.get(mark, (0, 0))
            if n != row["n_customers"]:
                wrong.append(f"{mark}: {row['n_customers']} in the table, {n} in the list")
            if money and not is_empty(row[money]) and sales != row[money]:
                wrong.append(f"{mark}: {row[money]} in the table, {sales} in the list")
    for name, metric in result.metrics.items():
        if metric.mark and metric.unit == "count" and metric.value is not None:
            found = marked(members, {column: str(value) for column, value in metric.mark.items()})
            if found["customer_id"].nunique() != metric.value:
                wrong.append(f"metric {name}: {metric.value}, {found['customer_id'].nunique()} in the list")
    assert wrong == []


@pytest.mark.parametrize("key", [key for key in KEYS if registry.find(key).members])
def test_a_mark_opens_the_same_customers_as_an_audience(key: str) -> None:
    result, analysis, members = answered(key, "all"), registry.find(key), members_of(key, "all")
    columns = [name for name in result.drill if name in result.table.columns and name in analysis.marks]
    rows = [row for row in result.table.to_dict("records") if not any(is_empty(row[name]) for name in columns)]
    if not columns or not rows:
        pytest.skip(f"the table of {key} names no customers")
    for row in (rows[0], rows[-1]):
        values = {name: _as_text(row[name]) for name in columns}
        mark = Mark(key, mark=pairs(values))
        expected = sorted(set(marked(members, values)["customer_id"]))
        assert customer_ids(company(), mark)["customer_id"].to_pylist() == expected
        with select(company(), mark) as query:
            assert query.count("selected") == len(expected)
        with scoped_query(company(), mark) as query:
            assert query.count("scope") == len(expected)
        _, *listed = csv.reader(
            io.StringIO(csv_file(company(), mark, Words("sv"), Wish()).decode("utf-8-sig")), delimiter=";"
        )
        assert sorted(line[0] for line in listed) == expected, "the rows of the file that is downloaded"


@pytest.mark.parametrize("name", TINY)
@pytest.mark.parametrize("key", KEYS)
def test_little_data_gives_an_answer_or_a_clear_refusal(key: str, name: str) -> None:
    found = outcome(tiny(name), key)
    for language in LANGUAGES:
        if isinstance(found, InsightError):
            assert Words(language).t(found.key, **found.values)
        else:
            for message in messages_of(found):
                assert Words(language, labels=found.labels).message(message)


@pytest.mark.parametrize("key", KEYS)
def test_titles_and_settings_have_words(key: str) -> None:
    analysis: Analysis = registry.find(key)
    for language in LANGUAGES:
        words = Words(language)
        wanted = [f"analysis.{key}.title", f"analysis.{key}.question"]
        wanted += [f"setting.{setting.name}.label" for setting in analysis.settings]
        assert [name for name in wanted if not words.has(name)] == []
        for setting in analysis.settings:
            unnamed = [
                choice for choice in setting.choices
                if not words.has(f"setting.{setting.name}.{choice}") and words.label(choice) == choice
            ]  # fmt: skip
            assert unnamed == []
