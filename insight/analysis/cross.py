"""Any segmentation crossed with another or with a field of the customer, and the profile of a selection against all."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from math import sqrt
from typing import Any

from insight.analysis import clusters, fields, lifecycle, rfm, segmenting, tiers
from insight.analysis.basis import account, basis, frame, share
from insight.analysis.registry import Analysis
from insight.errors import NotEnoughDataError, UsageError
from insight.result import Chart, Message, Metric, Note, Result, Unit
from insight.settings import AS_OF, Setting, Settings, resolve
from insight.stats.rfm import segment_keys
from insight.workspace.engine import Query, money

CROSS, PROFILE = "segments.cross", "segments.profile"
_SEGMENTATION: dict[str, tuple[segmenting.Assign, tuple[Setting, ...]]] = {
    "rfm": (rfm.assign, rfm.SETTINGS), "value_tiers": (tiers.assign, tiers.SETTINGS),
    "lifecycle": (lifecycle.assign, lifecycle.SETTINGS), "clusters": (clusters.assign, clusters.SETTINGS),
}  # fmt: skip
SEGMENTATIONS = tuple(_SEGMENTATION)
_KEYS = {
    "rfm": segment_keys(), "lifecycle": lifecycle.STATES, "value_tiers": ("tier_a", "tier_b", "tier_c", tiers.NO_NET),
}  # fmt: skip
_IN_PROFILE = ("lifecycle", "value_tiers", "rfm")
OTHERS = "other_values"
MOST_VALUES = 20
# A cell is spoken of when it holds more customers than chance would put there: Pearson residual above this.
_CLEAR = 3.0
_FEW = 30

_VALUES = """
    SELECT customer_id, segment AS value FROM assigned_here WHERE segment IS NOT NULL
"""
_NAMED = """
    SELECT
        everyone.customer_id,
        CASE
            WHEN found.value IS NULL THEN 'unknown'
            WHEN ranked.place <= $most THEN found.value
            ELSE 'other_values'
        END AS value
    FROM everyone
    LEFT JOIN field_values AS found ON found.customer_id = everyone.customer_id
    LEFT JOIN (
        SELECT value, row_number() OVER (ORDER BY n DESC, value) AS place
        FROM (
            SELECT field_values.value, count(*) AS n
            FROM field_values JOIN everyone ON everyone.customer_id = field_values.customer_id
            WHERE field_values.value IS NOT NULL GROUP BY field_values.value) AS counted) AS ranked
    ON ranked.value = found.value
"""
# Everyone with at least one purchase before `as_of`, whatever the scope; `inside` says who is in it.
_EVERYONE = """
    SELECT
        customer_id, n_orders, sales, margin,
        (NOT $scoped OR customer_id IN (SELECT customer_id FROM scope)) AS inside
    FROM bought WHERE outside IS NULL
"""
_CROSSED = """
    SELECT
        everyone.customer_id, by_row.value AS "row", by_column.value AS "column",
        everyone.n_orders, everyone.sales, everyone.margin
    FROM everyone
    JOIN by_row ON by_row.customer_id = everyone.customer_id
    JOIN by_column ON by_column.customer_id = everyone.customer_id
    WHERE everyone.inside
"""
_CELLS = """
    SELECT "row" AS row_key, "column" AS column_key, count(*) AS n, sum(sales) AS sales
    FROM members GROUP BY "row", "column"
"""
_OUTSIDE = """
    SELECT count(*) AS n, coalesce(sum(sales), 0) AS sales FROM bought
    WHERE outside IS NOT NULL AND (NOT $scoped OR customer_id IN (SELECT customer_id FROM scope))
"""
_PROFILED = """
    SELECT everyone.customer_id, $field AS field, named.value, everyone.n_orders, everyone.sales, everyone.inside
    FROM everyone JOIN named ON named.customer_id = everyone.customer_id
"""
_MORE_PROFILED = "SELECT * FROM profiled UNION ALL SELECT * FROM profiled_next"
_PROFILE_MEMBERS = "SELECT customer_id, field, value, n_orders, sales FROM profiled WHERE inside"
_PROFILE_ROWS = """
    SELECT
        field, value, count(CASE WHEN inside THEN 1 END) AS n, count(*) AS n_all,
        sum(CASE WHEN inside THEN sales ELSE 0 END) AS sales
    FROM profiled GROUP BY field, value
"""
_SIZES = "SELECT count(CASE WHEN inside THEN 1 END) AS n, count(*) AS n_all FROM everyone"

_CROSS_UNITS: dict[str, Unit] = {
    "row": "text", "column": "text", "n_customers": "count", "sales": "money", "share": "ratio",
    "share_of_row": "ratio", "index": "score",
}  # fmt: skip
_MARGIN_UNITS: dict[str, Unit] = {"n_customers": "count", "sales": "money", "share": "ratio"}
_PROFILE_UNITS: dict[str, Unit] = {
    "field": "text", "value": "text", "n_customers": "count", "share_customers": "ratio", "n_customers_all": "count",
    "share_all": "ratio", "index": "score", "sales": "money",
}  # fmt: skip


# --- what customers are told apart by ---------------------------------------------------------------------------------


def dimensions(query: Query) -> list[str]:
    """Every key that rows and columns take: the segmentations, then the customer fields that hold something."""
    return [*SEGMENTATIONS, *fields.available(query, of_customers=True)]


def _name(query: Query, key: str) -> Message | str:
    if key in SEGMENTATIONS:
        return Message(f"segments.noun.{key}")
    field = fields.find(query, key, of_customers=True)
    return field.name if field.own else Message(field.name)


def _make_dimension(query: Query, key: str, as_of: date, into: str) -> None:
    """Temporary table `into`: customer_id, value: everyone with a purchase, 'unknown' where the file says nothing.

    Makes `bought` anew for a segmentation: everyone must be there before.
    """
    if key in SEGMENTATIONS:
        assign, settings = _SEGMENTATION[key]
        assign(query, resolve(settings, {"as_of": as_of.isoformat()}, query), as_of, "assigned_here")
        query.make("field_values", _VALUES)
    else:
        known = dimensions(query)
        if key not in known:
            raise UsageError("fields.unknown", value=key, known=", ".join(known))
        fields.make_values(query, fields.find(query, key, of_customers=True), as_of)
    query.make(into, _NAMED, most=MOST_VALUES)


def _order(key: str, sizes: Mapping[str, int]) -> list[str]:
    """The values of a dimension as they are to stand: a segmentation's own order, else the most common first."""
    known = _KEYS.get(key, ())
    if key in ("clusters", "age_band", "n_channels"):
        known = tuple(sorted(value for value in sizes if value not in segmenting.OUTSIDE))
    last = (OTHERS, fields.UNKNOWN, *segmenting.OUTSIDE)
    rank = {value: place for place, value in enumerate(known)} | {v: 1000 + place for place, v in enumerate(last)}
    return sorted(sizes, key=lambda value: (rank.get(value, 500), -sizes[value], value))


def _labels(values: set[str], query: Query, keys: set[str], as_of: date) -> dict[str, str]:
    """Catalogue keys for our own values; what users have written stays as it is."""
    own = {OTHERS, fields.UNKNOWN, *segmenting.OUTSIDE, *fields.AGE_KEYS, "member", "no_member"}
    for key in keys & set(_KEYS):
        own |= set(_KEYS[key])
    found = {value: f"label.{value}" for value in values if value in own}
    if "clusters" in keys:
        found |= clusters.labels_of(query, as_of)
    return found


# --- crossed ----------------------------------------------------------------------------------------------------------


def cross_members(query: Query, settings: Settings) -> None:
    """Temporary table `members`: customer_id, row, column, n_orders, sales: everyone with a purchase before `as_of`."""
    as_of = settings["as_of"]
    if settings["rows"] == settings["columns"]:
        raise UsageError("cross.same_twice", value=settings["rows"])
    segmenting.make_bought(query, None, as_of)
    query.make("everyone", _EVERYONE)
    _make_dimension(query, settings["rows"], as_of, "by_row")
    _make_dimension(query, settings["columns"], as_of, "by_column")
    query.make("members", _CROSSED)
    segmenting.make_bought(query, None, as_of)


def cross(query: Query, settings: Settings) -> Result:
    """Customers by two ways to tell them apart at `as_of`: segmentations (by their own defaults) or customer fields.

    Everyone with a purchase before `as_of`; sales over all that time, after returns. Table: row, column, n_customers,
    sales, share (of all), share_of_row, index = 100 × share of the column in the row / its share among all. Empty cells
    left out. tables['rows'] and ['columns']: the margins; they add up to everyone. Twenty largest values of a field,
    the rest in 'other_values'. Raises UsageError for unknown or equal fields, NotEnoughDataError when nobody has
    bought.
    """
    as_of, rows_by, columns_by = settings["as_of"], settings["rows"], settings["columns"]
    cross_members(query, settings)
    cells = {(row, column): (int(n), money(sales)) for row, column, n, sales in query.rows(_CELLS)}
    if not cells:
        raise NotEnoughDataError("cross.nobody", as_of=as_of)
    rows, columns = _margin(cells, 0), _margin(cells, 1)
    row_order = _order(rows_by, {key: n for key, (n, _) in rows.items()})
    column_order = _order(columns_by, {key: n for key, (n, _) in columns.items()})
    total = sum(n for n, _ in cells.values())
    table: list[dict[str, Any]] = [
        {
            "row": row, "column": column, "n_customers": cells[row, column][0], "sales": cells[row, column][1],
            "share": cells[row, column][0] / total, "share_of_row": cells[row, column][0] / rows[row][0],
            "index": 100 * cells[row, column][0] * total / (rows[row][0] * columns[column][0]),
        }
        for row in row_order for column in column_order if (row, column) in cells
    ]  # fmt: skip
    n_outside, sales_outside = query.one(_OUTSIDE)
    found = account(query, None, as_of)
    sales = sum((sales for _, sales in cells.values()), Decimal("0.00"))
    parts = {"cells": sales} | ({"customers_outside": money(sales_outside)} if n_outside else {})
    names = {"rows": _name(query, rows_by), "columns": _name(query, columns_by)}
    values = {*rows, *columns}
    return Result(
        key=CROSS,
        headline=_cross_headline(table, rows, columns, total, names),
        metrics={"customers": Metric(total, "count"), "sales": Metric(sales, "money")},
        table=frame(table, list(_CROSS_UNITS)),
        units=_CROSS_UNITS,
        basis=basis(
            found, None, as_of, rule=Message("segments.cross.rule", {**names, "as_of": as_of}), formula="index",
            parts=parts, n_customers=total,
        ),
        chart=Chart("matrix", x="column", y="row", color="n_customers", subtitle=Message("segments.cross.measure")),
        charts=(Chart("matrix", x="column", y="row", color="index", subtitle=Message("segments.cross.index")),),
        drill=("row", "column"),
        notes=(
            *((Note("segments_of_all"),) if query.scoped else ()),
            *((Note("customers_outside", {"n": n_outside}),) if n_outside else ()),
        ),
        labels={**_labels(values, query, {rows_by, columns_by}, as_of), **_PART_LABELS},
        evidence="association",
        tables={
            "rows": frame(_margin_rows("row", rows, row_order, total), ["row", *_MARGIN_UNITS]),
            "columns": frame(_margin_rows("column", columns, column_order, total), ["column", *_MARGIN_UNITS]),
        },
        more_units={"rows": {"row": "text", **_MARGIN_UNITS}, "columns": {"column": "text", **_MARGIN_UNITS}},
    )  # fmt: skip


_PART_LABELS = {"cells": "segments.cross.cells", "customers_outside": "segments.cross.outside"}


def _margin(cells: Mapping[tuple[str, str], tuple[int, Decimal]], side: int) -> dict[str, tuple[int, Decimal]]:
    sums: dict[str, tuple[int, Decimal]] = {}
    for key, (n, sales) in cells.items():
        before = sums.get(key[side], (0, Decimal("0.00")))
        sums[key[side]] = before[0] + n, before[1] + sales
    return sums


def _margin_rows(
    name: str, margin: Mapping[str, tuple[int, Decimal]], order: list[str], total: int
) -> list[dict[str, Any]]:
    return [
        {name: key, "n_customers": margin[key][0], "sales": margin[key][1], "share": margin[key][0] / total}
        for key in order
    ]


def _cross_headline(
    table: list[dict[str, Any]], rows: Mapping[str, tuple[int, Decimal]], columns: Mapping[str, tuple[int, Decimal]],
    total: int, names: Mapping[str, Message | str],
) -> Message:  # fmt: skip
    def residual(cell: Mapping[str, Any]) -> float:
        expected = rows[cell["row"]][0] * columns[cell["column"]][0] / total
        return (cell["n_customers"] - expected) / sqrt(expected)

    unnamed = {OTHERS, fields.UNKNOWN, *segmenting.OUTSIDE}
    named = [
        cell for cell in table
        if cell["row"] not in unnamed and cell["column"] not in unnamed and cell["n_customers"] >= _FEW
    ]  # fmt: skip
    clearest = max(named, key=residual, default=None)
    if clearest is None or residual(clearest) < _CLEAR:
        return Message("segments.cross.even", dict(names))
    return Message(
        "segments.cross.apart",
        {"row": clearest["row"], "column": clearest["column"], "times": clearest["index"] / 100},
    )


# --- profile ----------------------------------------------------------------------------------------------------------


def profile_members(query: Query, settings: Settings) -> None:
    """Temporary table `members`: customer_id, field, value, n_orders, sales: the scope's customers once a field."""
    as_of = settings["as_of"]
    segmenting.make_bought(query, None, as_of)
    query.make("everyone", _EVERYONE)
    for place, key in enumerate([*_IN_PROFILE, *fields.available(query, of_customers=True)]):
        _make_dimension(query, key, as_of, "named")
        if place == 0:
            query.make("profiled", _PROFILED, field=key)
        else:
            query.make("profiled_next", _PROFILED, field=key)
            query.make("profiled", _MORE_PROFILED)
    query.make("members", _PROFILE_MEMBERS)
    segmenting.make_bought(query, None, as_of)


def profile(query: Query, settings: Settings) -> Result:
    """What sets the selection (scope) apart from all customers: every field's values, share inside and among all.

    Everyone with a purchase before `as_of`. Table: field, value, n_customers, share_customers (inside),
    n_customers_all, share_all, index = 100 × share inside / share among all, sales (of those inside, after returns);
    the clearest difference first. Without a scope every index is 100. A field that the selection has one value of, and
    others have more, is what it was chosen by: it is left out while others are left. Raises NotEnoughDataError when
    nobody inside has bought.
    """
    as_of = settings["as_of"]
    profile_members(query, settings)
    n, n_all = query.one(_SIZES)
    if not n:
        raise NotEnoughDataError("cross.nobody", as_of=as_of)
    keys = [*_IN_PROFILE, *fields.available(query, of_customers=True)]
    rows: list[dict[str, Any]] = [
        {
            "field": field, "value": value, "n_customers": int(inside), "share_customers": int(inside) / int(n),
            "n_customers_all": int(among), "share_all": int(among) / int(n_all),
            "index": 100 * (int(inside) / int(n)) / (int(among) / int(n_all)), "sales": money(sales),
        }
        for field, value, inside, among, sales in query.rows(_PROFILE_ROWS)
    ]  # fmt: skip
    rows.sort(key=lambda row: (-abs(_apart(row, int(n))), keys.index(row["field"]), row["value"]))
    n_outside, sales_outside = query.one(_OUTSIDE)
    found = account(query, None, as_of)
    sales = sum((row["sales"] for row in rows if row["field"] == keys[0]), Decimal("0.00"))
    parts = {"cells": sales} | ({"customers_outside": money(sales_outside)} if n_outside else {})
    values = {row["value"] for row in rows}
    names = {key: f"analysis.segments.{key}.title" if key in SEGMENTATIONS else f"field.named.{key}" for key in keys}
    names = {key: name for key, name in names.items() if key in SEGMENTATIONS or not _is_own(query, key)}
    return Result(
        key=PROFILE,
        headline=_profile_headline(query, rows, int(n)),
        metrics={
            "customers": Metric(int(n), "count"),
            "share_of_all": Metric(share(int(n), int(n_all)), "ratio", better=0),
        },
        table=frame(_telling(rows), list(_PROFILE_UNITS)),
        units=_PROFILE_UNITS,
        basis=basis(
            found, None, as_of, rule=Message("segments.profile.rule", {"as_of": as_of}), formula="index", parts=parts,
            n_customers=int(n),
        ),
        chart=Chart(
            "hbar", x="value", y="share_customers", before="share_all", subtitle=Message("segments.profile.measure")
        ),
        drill=("field", "value"),
        notes=(Note("few_inside", {"n": int(n), "few": _FEW}, "warning"),) if n < _FEW else (),
        labels={**_labels(values, query, set(_IN_PROFILE), as_of), **_PART_LABELS, **names},
        evidence="association",
    )  # fmt: skip


def _telling(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows without the fields that the selection was chosen by."""
    chosen_by = {row["field"] for row in rows if row["share_customers"] == 1 and row["share_all"] < 1}
    return [row for row in rows if row["field"] not in chosen_by] or rows


def _is_own(query: Query, key: str) -> bool:
    return fields.find(query, key, of_customers=True).own


def _apart(row: Mapping[str, Any], n: int) -> float:
    """How far a share inside lies from the share among all, in standard errors of a sample of that size."""
    among = row["share_all"]
    spread = sqrt(among * (1 - among) / n)
    return (row["share_customers"] - among) / spread if spread > 0 else 0.0


def _profile_headline(query: Query, rows: list[dict[str, Any]], n: int) -> Message:
    if not query.scoped:
        return Message("segments.profile.no_scope")
    unnamed = {OTHERS, fields.UNKNOWN, *segmenting.OUTSIDE}
    # What everybody inside shares is as a rule what they were chosen by: no news.
    more = [row for row in rows if row["index"] > 100 and row["share_customers"] < 1 and row["value"] not in unnamed]
    clearest = max(more, key=lambda row: _apart(row, n), default=None)
    if clearest is None or _apart(clearest, n) < _CLEAR:
        return Message("segments.profile.alike")
    return Message(
        "segments.profile.apart",
        {
            "field": clearest["field"],
            "value": clearest["value"],
            "share": clearest["share_customers"],
            "all": clearest["share_all"],
        },
    )


ANALYSES = (
    Analysis(
        CROSS, cross, (AS_OF, Setting("rows", "text", "value_tiers"), Setting("columns", "text", "lifecycle")),
        cross_members, ("row", "column"),
    ),
    Analysis(
        PROFILE, profile, (AS_OF,), profile_members, ("field", "value"), listed=f"field = '{_IN_PROFILE[0]}'"
    ),
)  # fmt: skip
