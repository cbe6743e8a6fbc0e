"""The demo company's planted tests are found, its aimed campaign has no effect, the source's own case is a loss."""

from functools import cache

import pytest

from data import demo
from data.truths import TRUTHS
from insight.i18n.catalog import Words
from insight.words import evidence_words
from insight.workspace.store import Workspace
from tests.analysis.test_lift import rows_of, run
from tests.build import workspace

TRUTH = {truth.key: truth for truth in TRUTHS}


@cache
def company() -> Workspace:
    made = workspace()
    made.load_tables(demo.tables(), name="demo", demo=True)
    return made


def near(name):
    return pytest.approx(TRUTH[name].value, abs=TRUTH[name].tolerance)


def test_letter_and_email_together_win_in_kronor():
    result = run(company(), test="Höstbrev 2025", window=30, planned="kontroll:1,brev:1,e-post:1,brev + e-post:1")
    net = rows_of(result, "net_profit")
    assert net["e-post"].effect_size == near("letter_email")
    assert net["brev"].effect_size == near("letter_letter")
    assert net["brev + e-post"].effect_size == near("letter_both")
    assert (result.headline.key, result.headline.values["arm"]) == ("lift.verdict_won", "brev + e-post")
    # Three arms against one control: each whisker is its arm's alone, and that is said.
    assert result.chart.subtitle.key == "lift.effect_subtitle_several"
    assert result.headline.values["total"] == pytest.approx(2218 * net["brev + e-post"].effect_size)
    assert result.evidence == "control"
    assert set(result.tables["checks"]["state"]) == {"ok"}


def test_the_channel_test_has_24_times_the_buyers_and_no_control():
    result = run(company(), test="Kanaltest", window=30)
    bought = rows_of(result, "conversion")
    assert bought["brev"].mean / bought["sms"].mean == near("channel_buyers")
    assert result.headline.key == "lift.verdict_won_uncontrolled"
    assert result.chart.subtitle.key == "lift.effect_subtitle"
    assert result.evidence == "control"
    assert evidence_words(result, Words("sv"))[0] == "Mätt mot annan grupp"


def test_the_aimed_campaign_gets_no_effect_claimed():
    checks = run(company(), "lift.checks", test="VIP-vår")
    spend = {row.arm: row.spend_before for row in checks.table.itertuples()}
    assert spend["utskick"] / spend["ej utskick"] == near("aimed_before")
    for key in ("lift.verdict", "lift.curve", "lift.segments", "lift.sold"):
        result = run(company(), key, test="VIP-vår")
        assert result.headline.key == "lift.verdict_not_drawn"
        assert result.evidence == "association"
        assert result.chart is None
        assert "effect" not in result.metrics or result.metrics["effect"].value is None
    row = run(company(), "lift.register").table.set_index("test").loc["VIP-vår"]
    assert (row["arm"], row["outcome"], row["total"]) == ("utskick", "not_drawn", None)


def test_the_sources_own_case_is_2346_per_cent_and_a_loss_of_671700_kr():
    assigned, bought = demo.source_case()
    made = workspace()
    made.load_tables({"assignments": assigned, "transactions": bought}, name="source")
    result = run(made, window=30)
    assert rows_of(result, "spend")["sms"].rel_effect_size == pytest.approx(120 / 2935 - 1, abs=1e-6)
    money = {row["arm"]: row for row in result.tables["money"].to_dict("records")}
    assert float(money["brev"]["net"]) == pytest.approx(-671_700, abs=50)
    assert money["brev"]["rel_sales"] == pytest.approx(23.46, abs=0.005)
    assert result.headline.values["arm"] == "sms"
    first = result.notes[0]
    assert (first.code, first.values["arm"]) == ("lift_despite_loss_own", "brev")
    assert float(first.values["total"]) == pytest.approx(-671_700, abs=50)
