"""A random hold-out among those near the next step: who gets the offer and who does not, drawn once and for all.

The draw depends on the seed and the customer ids only, so the same settings give the same arms on every machine. Its
list goes out as a file and comes back as test assignments, and then shows what the offer did.
"""

from decimal import Decimal
from typing import Any

from insight.analysis.basis import frame
from insight.analysis.ladder_near import NEAR_SETTINGS, Near, make_near
from insight.analysis.ladder_next import BENEFIT_COST, near_labels
from insight.analysis.registry import Analysis
from insight.errors import NotEnoughDataError
from insight.result import Basis, Chart, Message, Metric, Note, Result, SumCheck, Unit
from insight.settings import AS_OF, Setting, Settings
from insight.stats.power import mde_mean
from insight.workspace.engine import Query, money

OFFER, CONTROL = "offer", "control"
AIM = Setting("aim", "choice", "about_to_climb", choices=("about_to_climb", "about_to_fall"))
CONTROL_SHARE = Setting("control_share", "number", 0.2, low=0.01, high=0.9)
SEED = Setting("seed", "integer", 1, low=0, high=2_000_000_000)
TEST_NAME = Setting("test_name", "text", None)
UNNAMED = "next_step"
ASSIGNED_ON = Setting("assigned_on", "date", AS_OF.default)

# The digest is as good as random; the id breaks the tie that never comes.
_DRAWN = """
    SELECT
        customer_id,
        step,
        CASE WHEN draw <= round($control_share * of_step) THEN 'control' ELSE 'offer' END AS arm,
        $test_name AS test,
        cast($assigned_on AS DATE) AS assigned_on,
        CASE WHEN draw <= round($control_share * of_step) THEN 0 ELSE $cost END AS contact_cost,
        draw <= round($control_share * of_step) AS is_control,
        sales,
        n_orders
    FROM (
        SELECT
            customer_id, step, sales, n_orders,
            row_number() OVER (PARTITION BY step ORDER BY md5($seed || '|' || customer_id), customer_id) AS draw,
            count(*) OVER (PARTITION BY step) AS of_step
        FROM members
        WHERE CASE WHEN $aim = 'about_to_climb' THEN climb = 'near' ELSE fall = 'slipping_step' END) AS placed
"""
# How the arms are expected to do without an offer: the chances from one window earlier.
_CHANCE = """
    SELECT avg(chances.chance) AS chance FROM members
    JOIN distance ON distance.customer_id = members.customer_id
    JOIN chances ON chances.step = distance.step AND chances.band = distance.band
"""
_TABLE = """
    SELECT step, arm, count(*) AS n_customers, sum(sales) AS sales, sum(n_orders) AS n_orders
    FROM members GROUP BY step, arm
"""
_UNITS: dict[str, Unit] = {
    "step": "text", "arm": "text", "n_customers": "count", "sales": "money", "n_orders": "count",
    "sales_per_customer": "money",
}  # fmt: skip


def make_draw(query: Query, settings: Settings) -> Near:
    """Temporary table `members`: customer_id, step, arm, test, assigned_on, contact_cost, is_control, and sales."""
    near = make_near(query, settings)
    query.make(
        "members", _DRAWN, control_share=Decimal(str(settings["control_share"])), seed=str(settings["seed"]),
        aim=settings["aim"], test_name=settings["test_name"] or UNNAMED, assigned_on=settings["assigned_on"],
        cost=settings["benefit_cost"],
    )  # fmt: skip
    return near


def holdout(query: Query, settings: Settings) -> Result:
    """Those about to climb (or fall), drawn at random into 'offer' and 'control' within each step.

    Table: step, arm, n_customers, sales and n_orders of the window, sales_per_customer (the two arms of a step should
    look alike). The control arm of a step is the rounded `control_share` of it. drawn_seen: the smallest difference in
    the share that reaches the next step that these sizes can see (95 %, power 80 %), from the chances of history.
    Raises NotEnoughDataError when nobody is near, or an arm would be empty.
    """
    near = make_draw(query, settings)
    order = {key: rank for rank, key in enumerate(reversed(near.ladder.keys))}
    found = sorted(query.rows(_TABLE), key=lambda row: (order[row[0]], row[1] == CONTROL))
    rows: list[dict[str, Any]] = [
        {
            "step": step, "arm": arm, "n_customers": int(n), "sales": money(sales), "n_orders": int(orders),
            "sales_per_customer": money(money(sales) / int(n)),
        }
        for step, arm, n, sales, orders in found
    ]  # fmt: skip
    sizes = {arm: sum(row["n_customers"] for row in rows if row["arm"] == arm) for arm in (OFFER, CONTROL)}
    if not all(sizes.values()):
        raise NotEnoughDataError("ladder.nobody_to_draw", n=sum(sizes.values()))
    chance = query.one(_CHANCE)[0]
    seen = mde_mean(chance * (1 - chance), sizes[OFFER], sizes[CONTROL]) if chance else None
    return Result(
        key="ladder.holdout",
        headline=Message("ladder.drawn", {"offer": sizes[OFFER], "control": sizes[CONTROL]}),
        metrics={
            "drawn_offer": Metric(sizes[OFFER], "count", mark={"arm": OFFER}),
            "drawn_control": Metric(sizes[CONTROL], "count", better=0, mark={"arm": CONTROL}),
            "drawn_seen": Metric(seen, "ratio", better=-1),
            "drawn_cost": Metric(money(sizes[OFFER] * settings["benefit_cost"]), "money", better=-1),
        },
        table=frame(rows, list(_UNITS)),
        units=_UNITS,
        basis=Basis(
            near.span.opened_last, near.span.end, sum(row["n_orders"] for row in rows),
            rule=Message(
                "ladder.draw_rule",
                {"share": settings["control_share"], "seed": settings["seed"], "day": settings["assigned_on"]},
            ),
            formula="holdout", n_customers=sum(sizes.values()),
            sum_check=SumCheck(sum(sizes.values()), sizes),
        ),
        chart=Chart("matrix", x="arm", y="step", color="n_customers", title=Message("ladder.draw_title")),
        drill=("step", "arm"),
        notes=(Note("keep_the_file"),),
        labels={
            **near_labels(near), UNNAMED: "ladder.unnamed_test", OFFER: "ladder.arm.offer",
            CONTROL: "ladder.arm.control",
        },
    )  # fmt: skip


def _list(query: Query, settings: Settings) -> None:
    make_draw(query, settings)


ANALYSES = (
    Analysis(
        "ladder.holdout",
        holdout,
        (*NEAR_SETTINGS, AIM, CONTROL_SHARE, SEED, TEST_NAME, ASSIGNED_ON, BENEFIT_COST),
        _list,
        ("step", "arm"),
    ),
)
