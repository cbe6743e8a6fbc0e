"""Which tests the files hold: their arms, sizes and costs, without looking at any outcome."""

from insight.analysis.basis import frame
from insight.analysis.lift_measures import records
from insight.analysis.registry import Analysis
from insight.errors import NotEnoughDataError
from insight.result import Basis, Message, Metric, Result, Unit
from insight.settings import Settings
from insight.workspace.engine import Query

_ARMS = """
    SELECT
        coalesce(test, '') AS test,
        mode(trim(arm)) AS arm,
        count(DISTINCT customer_id) AS n_customers,
        min(assigned_on) AS first_on,
        max(assigned_on) AS last_on,
        bool_or(coalesce(is_control, false)) AS is_control,
        avg(cast(contact_cost AS DOUBLE)) AS cost_per_contact
    FROM assignments
    WHERE arm IS NOT NULL AND (NOT $scoped OR customer_id IN (SELECT customer_id FROM scope))
    GROUP BY coalesce(test, ''), lower(trim(arm))
    ORDER BY max(assigned_on) DESC, test, arm
"""
_MEMBERS = """
    SELECT assignments.customer_id, coalesce(test, '') AS test, names.arm, max(assigned_on) AS assigned_on
    FROM assignments
    JOIN (
        SELECT coalesce(test, '') AS of_test, lower(trim(arm)) AS arm_key, mode(trim(arm)) AS arm
        FROM assignments
        WHERE arm IS NOT NULL AND (NOT $scoped OR customer_id IN (SELECT customer_id FROM scope))
        GROUP BY coalesce(test, ''), lower(trim(arm))) AS names
        ON names.of_test = coalesce(test, '') AND names.arm_key = lower(trim(assignments.arm))
    WHERE NOT $scoped OR customer_id IN (SELECT customer_id FROM scope)
    GROUP BY assignments.customer_id, coalesce(test, ''), names.arm
"""
_UNITS: dict[str, Unit] = {
    "test": "text", "arm": "text", "n_customers": "count", "first_on": "date", "last_on": "date", "is_control": "text",
    "cost_per_contact": "money",
}  # fmt: skip


def tests(query: Query, settings: Settings) -> Result:  # noqa: ARG001 - the shape of every analysis
    """The tests of the workspace, latest first: a row per test and arm.

    Table: test, arm (its commonest spelling), n_customers, first_on, last_on, is_control, cost_per_contact (mean, None
    where the file has none). Raises NotEnoughDataError when the scope holds none.
    """
    rows = query.frame(_ARMS)
    if rows.empty:
        raise NotEnoughDataError("error.empty_scope")
    table = frame(records(rows), list(_UNITS))
    n_rows, n_customers = query.one(
        "SELECT count(*), count(DISTINCT customer_id) FROM assignments"
        " WHERE NOT $scoped OR customer_id IN (SELECT customer_id FROM scope)"
    )
    names = list(dict.fromkeys(table["test"]))
    return Result(
        key="lift.tests",
        headline=Message("lift.tests_headline", {"n": len(names), "customers": n_customers}),
        metrics={
            "n_tests": Metric(len(names), "count", better=0),
            "n_assigned": Metric(n_customers, "count", better=0),
        },
        table=table,
        units=dict(_UNITS),
        basis=Basis(
            table["first_on"].min(), None, n_rows, {}, Message("lift.tests_rule"), "lift_tests", n_customers=n_customers
        ),
        drill=("test", "arm"),
    )


def _make_members(query: Query, settings: Settings) -> None:  # noqa: ARG001
    query.make("members", _MEMBERS)


ANALYSES = (Analysis("lift.tests", tests, (), _make_members, ("test", "arm"), ("assignments",)),)
