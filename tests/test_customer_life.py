"""A customer's life by hand: what happened when, the rhythm, steps up and down, and the rule behind each segment."""

from datetime import date
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from insight import customer_life, customer_why
from insight.analysis import registry
from insight.charts import life
from insight.charts.theme import DARK, LIGHT
from insight.customer_card import card
from insight.customer_life import KINDS, moves, rhythm
from insight.i18n.catalog import LANGUAGES, Words
from tests.build import workspace

# 'a' buys at 0, 30 and 70 days, returns once, and is in every other table once.
ROWS = [
    {"customer_id": "a", "ordered_at": "2024-01-01", "amount": 100, "store": "Lund", "channel": "butik"},
    {"customer_id": "a", "ordered_at": "2024-01-31", "amount": 200, "store": "Webb", "channel": "webb"},
    {"customer_id": "a", "ordered_at": "2024-02-05", "amount": -50},
    {"customer_id": "a", "ordered_at": "2024-03-11", "amount": 300},
    *({"customer_id": f"b{at}", "ordered_at": f"2024-0{1 + at % 6}-15", "amount": 40 * at} for at in range(1, 40)),
]
MORE = {
    "contacts": [
        {"customer_id": "a", "sent_at": "2024-02-01", "channel": "e-post", "message_type": "brev", "opened": True},
    ],
    "answers": [{"customer_id": "a", "answered_on": "2024-02-10", "score": 3, "comment": "För dyrt"}],
    "assignments": [{"customer_id": "a", "assigned_on": "2024-02-02", "test": "Vår", "arm": "brev"}],
    "rewards": [
        {"customer_id": "a", "given_on": "2024-03-01", "kind": "check", "value": 50, "redeemed_on": "2024-03-11"},
    ],
    "events": [{"customer_id": "a", "at": "2024-03-05", "kind": "besök", "channel": "app"}],
    "agreements": [
        {"customer_id": "a", "started_on": "2024-01-10", "ended_on": "2024-02-20", "plan": "Bas", "fee": 99},
    ],
}  # fmt: skip
CUSTOMERS = [
    {"customer_id": "a", "name": "Anna", "email": "a@x.se", "city": "Lund", "region": "Skåne",
     "joined_on": "2023-12-01", "left_on": "2024-04-01", "leave_reason": "flytt", "consent_email": True},
]  # fmt: skip


@pytest.fixture(scope="module")
def shop():
    made = workspace(ROWS, customers=CUSTOMERS, **MORE)
    yield made
    made.close()


@pytest.fixture(scope="module")
def anna(shop):
    with shop.query() as query:
        return card(query, "a")


def test_every_table_tells_its_part_newest_first(anna):
    told = [(one.on.isoformat(), one.kind) for one in anna.life]
    assert told == [
        ("2024-04-01", "membership"), ("2024-03-11", "purchase"), ("2024-03-05", "event"), ("2024-03-01", "reward"),
        ("2024-02-10", "answer"), ("2024-02-05", "return"), ("2024-02-02", "test"), ("2024-02-01", "message"),
        ("2024-01-31", "purchase"), ("2024-01-10", "agreement"), ("2024-01-01", "purchase"),
        ("2023-12-01", "membership"),
    ]  # fmt: skip
    assert sum(one.amount for one in anna.life if one.kind in ("purchase", "return")) == anna.sales == Decimal("550.00")
    assert next(one.comment for one in anna.life if one.kind == "answer") == "För dyrt"


def test_happenings_are_sentences_in_both_languages(anna):
    said = {one.kind: Words("sv").message(one.what) for one in reversed(anna.life)}
    assert said["purchase"] == "Köp"
    assert Words("sv").message(anna.life[-2].what) == "Köp, Lund, butik"
    assert Words("sv").message(anna.life[-4].what) == "Köp, Webb"  # what says the same twice, once
    assert said["message"] == "brev, e-post, öppnat"
    assert said["reward"] == "check, använd 11 mars 2024"
    assert said["agreement"] == "Bas, till och med 20 feb 2024"
    assert said["test"] == "Vår: brev"
    assert said["membership"] == "Lämnade: flytt"
    assert all(Words("en").message(one.what) for one in anna.life)
    tones = {one.kind: one.tone for one in anna.life}
    assert (tones["answer"], tones["return"], tones["reward"], tones["event"]) == (-1, -1, 1, 0)


def test_rhythm_by_hand(anna):
    """Gaps of 30 and 40 days: median 35; the next is expected 35 days after 11 March."""
    found = anna.rhythm
    assert (found.n_gaps, found.usual, found.low, found.high) == (2, 35.0, 30, 40)
    assert found.expected_on == date(2024, 4, 15)
    assert anna.as_of == date(2024, 6, 16)
    assert (found.days_since_last, found.overdue) == (97, 62)


def test_too_few_purchases_have_no_rhythm():
    assert rhythm([], date(2024, 1, 1)).days_since_last is None
    found = rhythm([date(2024, 1, 1), date(2024, 1, 5)], date(2024, 1, 8))
    assert (found.days_since_last, found.usual, found.expected_on) == (3, None, None)


@given(st.lists(st.integers(0, 3000), min_size=3, max_size=40, unique=True))
def test_half_of_the_gaps_lie_between_the_quartiles(days):
    rising = sorted(days)
    found = rhythm([date.fromordinal(730_000 + day) for day in rising], date.fromordinal(735_000))
    gaps = np.diff(rising)
    assert found.usual == np.median(gaps)
    assert found.low <= found.usual <= found.high
    assert np.mean((gaps >= found.low) & (gaps <= found.high)) >= 0.5


def test_what_tells_who_somebody_is_is_named_as_such(anna):
    assert {"name", "email", "city"} <= anna.personal
    assert not {"region", "joined_on", "consent_email"} & anna.personal


def test_steps_up_and_down_between_dates():
    months = [date(2024, month, 1) for month in range(1, 7)]
    standing = list(zip(months, ["none", "step_1", "step_3", "step_3", "step_2", "none"], strict=True))
    found = moves(standing, ["step_1", "step_2", "step_3"])
    assert [(one.on.month, one.kind) for one in found] == [
        (2, "step_up"), (3, "step_up"), (5, "step_down"), (6, "step_down"),
    ]  # fmt: skip
    words = Words("sv", labels={"step_1": "Brons", "step_2": "Silver", "step_3": "Guld"})
    assert words.message(found[1].what) == "Brons → Guld"
    assert words.message(found[3].what) == "Silver → inga köp i fönstret"


def test_steps_are_those_of_the_ladder_for_that_customer():
    """100 kr a month, bounds 250 and 550, windows of six months: step 2 from the third, 3 from the sixth."""
    rows = [("a", f"2024-{month:02d}-10", 100) for month in range(1, 10)] + [
        ("b", "2023-01-01", 10),
        ("b", "2025-01-01", 10),
    ]
    made = workspace(rows)
    with made.query() as query:
        query.put("scope", pa.table({"customer_id": ["a"]}))
        query.scoped = True
        found = dict(customer_life.steps(query, "a", {"bounds": "250,550", "window": "6"}, date(2025, 1, 2)))
    made.close()
    by_hand = {
        day: min(sum(1 for month in range(1, 10) if first <= date(2024, month, 10) < day), 9)
        for day, first in ((date(2024, m, 1), date(2024 - (m <= 6), (m + 5) % 12 + 1, 1)) for m in range(2, 13))
    }
    expected = {
        day: "none" if n == 0 else "step_1" if n < 3 else "step_2" if n < 6 else "step_3" for day, n in by_hand.items()
    }
    assert {day: step for day, step in found.items() if day in expected} == expected


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
def test_the_time_line_has_a_mark_for_everything_and_a_lane_a_kind(anna, language, palette):
    result = customer_life.as_result(anna.life, {})
    drawn = life.draw(result, Words(language), palette, until=date(2024, 6, 15), expected=date(2024, 7, 1))
    dots = [trace for trace in drawn.spec.data if trace.mode == "markers"]
    hovers = [hover for trace in dots for hover in trace.hovertext]
    assert len(hovers) == len(anna.life) + 1  # and the purchase that is expected
    lanes = {float(y) for trace in dots for y in trace.y if y < 0 and trace.marker.symbol != life.SYMBOLS["return"]}
    assert len(lanes) == len({one.kind for one in anna.life} - {"purchase", "return"})
    shapes = {trace.marker.symbol for trace in dots}
    assert len(shapes) == len(dots)  # no two kinds look alike
    assert all("<b>" in hover for hover in hovers)


def test_names_from_files_stay_text_in_the_time_line():
    made = workspace([("a", "2024-01-01", 5)], events=[{"customer_id": "a", "at": "2024-01-02", "kind": "<b>$x$</b>"}])
    with made.query() as query:
        found = card(query, "a")
    made.close()
    drawn = life.draw(customer_life.as_result(found.life, {}), Words("sv"), LIGHT, until=date(2024, 2, 1))
    assert "&lt;b&gt;&#36;x&#36;" in str(drawn.spec.to_dict())


def test_kinds_have_words():
    for language in LANGUAGES:
        assert all(Words(language).has(f"card.kind.{kind}") for kind in KINDS)
        assert all(Words(language).has(f"card.lane.{name}") for name, _ in life.LANES)
    assert {kind for _, kinds in life.LANES for kind in kinds} | {"purchase", "return"} == set(KINDS)


@pytest.mark.parametrize("key", [customer_why.RFM, customer_why.VALUE, customer_why.LIFECYCLE])
def test_every_segment_says_why_in_the_customers_own_figures(shop, key):
    with shop.query() as query:
        result = registry.run(query, key, {})
        table, settings = customer_why.members(query, key, {})
    for row in table.to_pylist():
        said = [
            Words(language, labels=result.labels).message(message)
            for language in LANGUAGES
            for message in customer_why.reasons(result, table, row, settings)
        ]
        assert said
        assert all(said)
    row = customer_why.row_of(table, "a")
    words = Words("sv", labels=result.labels)
    why = [words.message(message) for message in customer_why.reasons(result, table, row, settings)]
    figure = {"segments.rfm": "97 dagar sedan", "segments.value_tiers": "550", "segments.lifecycle": "97 dagar"}[key]
    assert any(figure in line for line in why)


def test_the_rule_of_an_rfm_segment_holds_for_everybody_in_it(shop):
    """What the card says of a segment ('nyligen 4–5 …') is true of each customer's scores."""
    with shop.query() as query:
        result = registry.run(query, customer_why.RFM, {})
        table, settings = customer_why.members(query, customer_why.RFM, {})
    for row in table.to_pylist():
        *scores, rule = customer_why.reasons(result, table, row, settings)
        for message in scores:
            assert message.values["low"] <= message.values["value"] <= message.values["high"]
        for score in "rfm":
            low, _, high = str(rule.values.get(score, "1–5")).partition("–")
            assert int(low) <= row[score] <= int(high or low)


def test_next_step_says_kronor_and_purchases():
    row = {"step": "step_1", "to_next": Decimal("150.00"), "purchases_left": 2, "usual_receipt": Decimal("100"),
           "fall": "slipping_step"}  # fmt: skip
    words = Words("sv", labels={"step_1": "Brons"})
    assert [words.message(message) for message in customer_why.next_step(row, "sales")] == [
        "Står på Brons.",
        "Det fattas 150\u00a0kr till nästa steg: 2 vanliga köp om 100\u00a0kr.",
        "Utan nya köp faller kunden från sitt steg.",
    ]
    assert [m.key for m in customer_why.next_step({**row, "to_next": None, "fall": "safe"}, "sales")][
        -1
    ] == "card.next.top"
    assert [m.key for m in customer_why.next_step(None, "sales")] == ["card.next.none"]
    assert customer_why.next_step({**row, "to_next": 3}, "orders")[1].values == {"n": 3}
