"""What all lift questions share: who was assigned to which arm, what counts as outcome, cost and margin.

One row per customer as assigned (intention to treat): zeros included, non-openers stay. Day 0 is the assignment date,
the window is [d, d + W). Customers in two arms of the same test, and customers whose window is not complete, are left
out of all arms by a rule that does not look at the arm.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from urllib.parse import unquote

import pyarrow as pa

from insight.arms import is_control_word
from insight.errors import NotEnoughDataError, UsageError
from insight.result import Basis, Message, Note
from insight.settings import Setting, Settings
from insight.workspace.engine import Query

TEST = Setting("test", "text", None)
LIFT_WINDOW = Setting("window", "integer", None, low=1, high=730)
CONTROL = Setting("control", "text", None)
PLANNED = Setting("planned", "shares", None)
MARGIN_RATE = Setting("margin_rate", "number", None, low=0, high=1)
COST = Setting("cost", "shares", None)
FIXED_COST = Setting("fixed_cost", "shares", None)
BEFORE = Setting("before", "integer", 365, low=1, high=1095)
LOOKS = Setting("looks", "choice", "one", choices=("one", "many"))
PLANNED_SIZE = Setting("planned_size", "integer", None, low=2, high=1_000_000_000)
COMMON = (TEST, LIFT_WINDOW, CONTROL, PLANNED, MARGIN_RATE, COST, FIXED_COST, BEFORE, LOOKS, PLANNED_SIZE)
ARRIVE_DAYS = 14

DEFAULT_WINDOW = 30
SHORTEST_DEFAULT = 7
MOST_ARMS = 10
MARGIN_COVER = 0.95

_TESTS = """
    SELECT coalesce(test, '') AS test, max(assigned_on) AS last_on, count(DISTINCT lower(trim(arm))) AS n_arms
    FROM assignments
    WHERE arm IS NOT NULL
    GROUP BY coalesce(test, '')
    ORDER BY CASE WHEN count(DISTINCT lower(trim(arm))) > 1 THEN 0 ELSE 1 END, max(assigned_on) DESC, test
"""

# One arm is one word whatever the capitals and blanks; its commonest spelling stands for it.
_SPELLINGS = """
    SELECT lower(trim(arm)) AS arm_key, trim(arm) AS spelling, count(*) AS n
    FROM assignments
    WHERE coalesce(test, '') = $test AND arm IS NOT NULL
    GROUP BY lower(trim(arm)), trim(arm)
    ORDER BY arm_key, n DESC, spelling
"""

# One row a customer. Whether any stands there twice is asked first: putting together those who never do is the dearest
# part of a large test.
_REPEATED = """
    SELECT count(*) > count(DISTINCT customer_id) FROM assignments
    WHERE coalesce(test, '') = $test AND arm IS NOT NULL
"""
_ONCE = """
    SELECT
        customer_id, lower(trim(arm)) AS arm_key, 1 AS n_arms, assigned_on, contact_cost, contact_cost AS lowest_cost,
        coalesce(is_control, false) AS is_control
    FROM assignments
    WHERE coalesce(test, '') = $test AND arm IS NOT NULL
        AND (NOT $scoped OR customer_id IN (SELECT customer_id FROM scope))
"""
# Two arms are seen without counting the different ones, which would be slow.
_PUT_TOGETHER = """
    SELECT
        customer_id,
        min(lower(trim(arm))) AS arm_key,
        CASE WHEN min(lower(trim(arm))) = max(lower(trim(arm))) THEN 1 ELSE 2 END AS n_arms,
        min(assigned_on) AS assigned_on,
        max(contact_cost) AS contact_cost,
        min(contact_cost) AS lowest_cost,
        bool_or(coalesce(is_control, false)) AS is_control
    FROM assignments
    WHERE coalesce(test, '') = $test AND arm IS NOT NULL
        AND (NOT $scoped OR customer_id IN (SELECT customer_id FROM scope))
    GROUP BY customer_id
"""
# The arm's name and what is known of the customer; what stands in FROM is one of the two above.
_ASSIGNED_PARTS = (
    """
    SELECT
        found.customer_id,
        names.arm,
        found.assigned_on,
        found.contact_cost,
        found.is_control,
        found.n_arms,
        found.lowest_cost,
        facts.first_order_on,
        facts.customer_id IS NOT NULL AS is_known
    FROM (""",
    """) AS found
    JOIN lift_arm_names AS names ON names.arm_key = found.arm_key
    LEFT JOIN customer_facts AS facts ON facts.customer_id = found.customer_id
""",
)
_ASSIGNED_ONCE, _ASSIGNED_TOGETHER = (part.join(_ASSIGNED_PARTS) for part in (_ONCE, _PUT_TOGETHER))

_COUNTS = """
    SELECT
        count(*) AS n,
        sum(CASE WHEN n_arms > 1 THEN 1 ELSE 0 END) AS n_two_arms,
        sum(CASE WHEN n_arms = 1 AND assigned_on IS NULL THEN 1 ELSE 0 END) AS n_undated,
        sum(CASE WHEN n_arms = 1 AND assigned_on + cast($window AS INTEGER) > CAST($after AS DATE) THEN 1 ELSE 0 END)
            AS n_incomplete,
        sum(CASE WHEN is_known THEN 0 ELSE 1 END) AS n_unknown
    FROM lift_all
"""

_COSTS = """
    SELECT arm, count(contact_cost) AS n_cost, min(lowest_cost) AS lowest_cost FROM lift_all GROUP BY arm ORDER BY arm
"""

# What each assigned customer bought in the window, and in the days before the assignment: orders meet the far fewer
# assigned customers on customer alone, then each customer's are summed. From here on a customer is known by its place
# in `lift_all`, a number, which is quicker to join than a name.
_SUMS = """
    SELECT
        found.rowid AS place,
        count(CASE WHEN orders.ordered_on >= found.assigned_on AND NOT orders.is_return THEN 1 END) AS n_orders,
        sum(CASE WHEN orders.ordered_on >= found.assigned_on THEN orders.sales END) AS sales,
        sum(CASE WHEN orders.ordered_on >= found.assigned_on THEN orders.margin END) AS margin,
        sum(CASE WHEN orders.ordered_on >= found.assigned_on THEN orders.n_lines END) AS n_lines,
        sum(CASE WHEN orders.ordered_on >= found.assigned_on THEN orders.n_margin_lines END) AS n_margin_lines,
        count(CASE WHEN orders.ordered_on < found.assigned_on AND NOT orders.is_return THEN 1 END) AS n_orders_before,
        sum(CASE WHEN orders.ordered_on < found.assigned_on THEN orders.sales END) AS sales_before,
        min(CASE WHEN orders.ordered_on < found.assigned_on THEN orders.channel END) AS channel_before
    FROM orders
    JOIN lift_all AS found ON found.customer_id = orders.customer_id
    WHERE orders.ordered_on >= CAST($first AS DATE) - cast($before AS INTEGER)
        AND orders.ordered_on < CAST($last AS DATE) + cast($window AS INTEGER)
        AND orders.ordered_on >= found.assigned_on - cast($before AS INTEGER)
        AND orders.ordered_on < found.assigned_on + cast($window AS INTEGER)
    GROUP BY found.rowid
"""
# Everyone assigned with what they bought, and no assumption of cost or margin rate in it.
_WINDOWS = """
    SELECT
        found.customer_id,
        found.arm,
        found.n_arms,
        found.n_arms = 1 AND coalesce(
            found.assigned_on + cast($window AS INTEGER) <= CAST($after AS DATE), false) AS is_counted,
        found.assigned_on,
        found.first_order_on,
        found.contact_cost,
        coalesce(sums.n_orders, 0) AS n_orders,
        coalesce(sums.sales, 0) AS sales,
        cast(coalesce(sums.margin, 0) AS DOUBLE) AS margin,
        coalesce(sums.n_orders_before, 0) AS n_orders_before,
        coalesce(sums.sales_before, 0) AS sales_before,
        sums.channel_before
    FROM lift_all AS found
    LEFT JOIN lift_sums AS sums ON sums.place = found.rowid
"""
_MARGIN_LINES = """
    SELECT sum(sums.n_lines), sum(sums.n_margin_lines)
    FROM lift_sums AS sums JOIN lift_all AS found ON found.rowid = sums.place
    WHERE found.n_arms = 1 AND found.assigned_on + cast($window AS INTEGER) <= CAST($after AS DATE)
"""
# Those who are counted, with the cost and the margin that the user assumes, where they are assumed.
_CUSTOMERS = """
    SELECT
        found.customer_id, found.arm, found.assigned_on, found.first_order_on, {cost} AS cost, found.n_orders,
        found.sales, {margin} AS margin, found.n_orders_before, found.sales_before, found.channel_before
    FROM lift_windows AS found {rates} {costs}
    WHERE found.is_counted
"""
_COST = ("cast(coalesce(found.contact_cost, 0) AS DOUBLE)", "")
_COST_GIVEN = (
    "cast(coalesce(costs.cost, found.contact_cost, 0) AS DOUBLE)",
    "LEFT JOIN lift_costs AS costs ON costs.arm = found.arm",
)
_MARGIN = ("found.margin", "")
_MARGIN_GIVEN = ("lift_rate.rate * found.sales", "CROSS JOIN lift_rate")
_ALL_READ = "SELECT * FROM lift_windows"
_KEPT, _MOST_ROWS = "lift.windows", 2_000_000
_OF_DATA = (LIFT_WINDOW, CONTROL, BEFORE)


@dataclass(frozen=True)
class Trial:
    """One test as it is read: arms in order (control first), window in days, and what was left out."""

    test: str
    arms: tuple[str, ...]
    control: str | None
    window: int
    shortened: bool
    first_on: date
    last_on: date
    n_assigned: int
    n_two_arms: int
    n_undated: int
    n_incomplete: int
    n_unknown: int
    has_cost: bool
    has_margin: bool
    spellings: tuple[str, ...]
    fixed_cost: Mapping[str, float]
    costless: tuple[str, ...]
    negative: tuple[str, ...] = ()
    many_looks: bool = False
    planned_size: int | None = None
    more_controls: tuple[str, ...] = ()

    @property
    def primary(self) -> str:
        """The figure that decides: net profit where cost and margin are known, else margin, else spend."""
        if self.has_margin:
            return "net_profit" if self.has_cost else "margin"
        return "spend"

    @property
    def reference(self) -> str:
        """What the table compares the other arms with: the control, else the first arm."""
        return self.control or self.arms[0]

    @property
    def notes(self) -> tuple[Note, ...]:
        """What must be said about the input itself."""
        found: list[Note] = []
        if self.spellings:
            found.append(Note("arm_spellings", {"names": ", ".join(self.spellings)}, "warning"))
        if self.control is None:
            found.append(Note("no_control", {"arm": self.reference}, "warning"))
        if self.more_controls:
            values = {"arm": self.control, "names": ", ".join(self.more_controls)}
            found.append(Note("several_controls", values, "warning"))
        if not self.has_margin:
            found.append(Note("no_margin", {}, "warning"))
        if not self.has_cost:
            found.append(Note("no_cost", {}, "warning"))
        if self.has_cost and self.costless:
            found.append(Note("cost_missing", {"names": ", ".join(self.costless)}, "warning"))
        if self.shortened:
            found.append(Note("window_shortened", {"window": self.window}, "warning"))
        if self.many_looks:
            found.append(Note("always_valid"))
        elif (self.last_on - self.first_on).days >= ARRIVE_DAYS:
            found.append(Note("arrive_over_time", {"days": (self.last_on - self.first_on).days}))
        if self.n_two_arms:
            found.append(Note("customers_in_two_arms", {"n": self.n_two_arms}, "warning"))
        if self.n_undated:
            found.append(Note("assigned_undated", {"n": self.n_undated}, "warning"))
        if self.n_incomplete:
            found.append(Note("windows_incomplete", {"n": self.n_incomplete, "window": self.window}, "warning"))
        if self.n_unknown:
            found.append(Note("assigned_unknown", {"n": self.n_unknown}))
        return tuple(found)

    def basis(self, rule: Message, formula: str) -> Basis:
        """Assigned customers used, and those left out by reason."""
        left = {"two_arms": self.n_two_arms, "no_date": self.n_undated, "window_incomplete": self.n_incomplete}
        used = self.n_assigned - sum(left.values())
        return Basis(
            self.first_on, self.last_on + timedelta(days=self.window), used,
            {reason: n for reason, n in left.items() if n}, rule, formula, n_customers=used,
        )  # fmt: skip


def costs_per_arm(settings: Settings, name: str, arms: tuple[str, ...]) -> dict[str, float]:
    """Cost per arm from ARM:amount. Raises UsageError for an unknown arm or a cost below 0."""
    found: dict[str, float] = {}
    for arm, cost in settings[name] or ():
        if cost < 0:
            raise UsageError("lift.negative_cost", arm=arm)
        found[named(arms, arm)] = cost
    return found


def named(arms: tuple[str, ...], name: str) -> str:
    """The arm of that name, whatever the capitals and blanks; %2C stands for a comma within a name.

    Raises UsageError that lists the arms.
    """
    known = {arm.lower(): arm for arm in arms}
    key = name.strip().lower()
    found = known.get(key) or known.get(unquote(key))
    if found is None:
        raise UsageError("lift.unknown_arm", name=name, known=", ".join(arms))
    return found


def find_tests(query: Query) -> tuple[list[str], list[str]]:
    """(tests that compare at least two arms, those with one), latest first."""
    found = [(str(test), int(n)) for test, _, n in query.rows(_TESTS)]
    return [test for test, n in found if n > 1], [test for test, n in found if n == 1]


def _pick_test(query: Query, settings: Settings) -> str:
    compared, single = find_tests(query)
    names = [*compared, *single]
    if not names:
        raise NotEnoughDataError("error.no_assignments")
    if settings["test"] is None:
        return names[0]
    if settings["test"] not in names:
        raise UsageError("lift.unknown_test", name=settings["test"], known=", ".join(sorted(names)))
    return str(settings["test"])


def asked_test(query: Query, settings: Settings) -> str:
    """The test that is asked about: the one named, else the latest that compares arms; looked up once."""
    key = ("lift.test", settings["test"])
    if key not in query.kept:
        query.kept[key] = _pick_test(query, settings)
    return query.kept[key]


def _arms(query: Query, test: str) -> tuple[dict[str, str], tuple[str, ...]]:
    """Arm key → the arm's name, and the names that stood in several spellings."""
    names: dict[str, str] = {}
    several: list[str] = []
    for key, spelling, _ in query.rows(_SPELLINGS, test=test):
        if key in names:
            several.append(str(spelling))
        else:
            names[str(key)] = str(spelling)
    return names, tuple(several)


def _pick_controls(query: Query, settings: Settings, arms: tuple[str, ...]) -> tuple[str, ...]:
    """The control first: the one asked for, else the largest that the file marks, else one with a control's name; then
    what else could be one, where nobody has said which."""
    if settings["control"]:
        return (named(arms, str(settings["control"])),)
    marked = query.rows("SELECT arm FROM lift_all WHERE is_control GROUP BY arm ORDER BY count(*) DESC, arm")
    return tuple(str(arm) for (arm,) in marked) or tuple(arm for arm in arms if is_control_word(arm))


def _costs_told(query: Query, control: str | None) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The contacted arms of which the file says no cost, and the arms with a cost below 0."""
    known = query.rows(_COSTS)
    negative = tuple(str(arm) for arm, _, lowest in known if lowest is not None and lowest < 0)
    return tuple(str(arm) for arm, n_cost, _ in known if not n_cost and arm != control), negative


def require_costs(trial: Trial, settings: Settings) -> None:
    """Raise UsageError that names an arm whose cost in the file is below 0 and is not given instead."""
    given = costs_per_arm(settings, "cost", trial.arms)
    wrong = [arm for arm in trial.negative if arm not in given]
    if wrong:
        raise UsageError("lift.negative_cost", arm=wrong[0])


def make_customers(query: Query, settings: Settings) -> Trial:
    """View `lift_customers`: customer_id, arm, assigned_on, cost, n_orders, sales, margin, and the same customers'
    n_orders_before and sales_before; and the trial as it was read. Beside it `lift_windows`: everyone assigned.

    What everybody bought is kept with this state of the data, so that the next question about the same test, or with
    another cost or margin rate, does not read the purchases anew. What a scope narrows is not kept.

    Raises NotEnoughDataError or UsageError: no such test, one arm only, too many arms, no complete window.
    """
    key = (_KEPT, asked_test(query, settings), *(settings[setting.name] for setting in _OF_DATA))
    kept = None if query.scoped else query.kept.get(key)
    if kept is None:
        trial = _read_windows(query, settings)
        if not query.scoped:
            _keep(query, key, trial)
    else:
        trial, windows = kept
        query.lend("lift_windows", windows)
    _make_counted(query, settings, trial)
    return with_assumptions(
        replace(trial, has_margin=trial.has_margin or settings["margin_rate"] is not None), settings
    )


def _keep(query: Query, key: tuple[object, ...], trial: Trial) -> None:
    """Keep what was read for the next question about the same test: the latest that memory has room for."""
    if query.count("lift_windows") > _MOST_ROWS:
        return
    query.kept[key] = trial, query.arrow(_ALL_READ)
    held = [known for known in list(query.kept) if known[0] == _KEPT]
    while sum(query.kept[known][1].num_rows for known in held) > _MOST_ROWS:
        query.kept.pop(held.pop(0), None)


def _make_counted(query: Query, settings: Settings, trial: Trial) -> None:
    """View `lift_customers` on `lift_windows`, with the cost and the margin rate that the user assumes."""
    costs, rate = costs_per_arm(settings, "cost", trial.arms), settings["margin_rate"]
    query.put(
        "lift_costs",
        pa.table({"arm": pa.array(list(costs), pa.string()), "cost": pa.array(list(costs.values()), pa.float64())}),
    )
    query.put("lift_rate", pa.table({"rate": pa.array([rate], pa.float64())}))
    cost, joined = _COST_GIVEN if costs else _COST
    margin, rated = _MARGIN if rate is None else _MARGIN_GIVEN
    sql = _CUSTOMERS
    for name, part in (("cost", cost), ("costs", joined), ("margin", margin), ("rates", rated)):
        sql = sql.replace(f"{{{name}}}", part)
    query.view("lift_customers", sql)


def _read_windows(query: Query, settings: Settings) -> Trial:
    """Temporary table `lift_windows`, and the trial as the data have it: no assumption of cost or margin rate."""
    test = asked_test(query, settings)
    names, spellings = _arms(query, test)
    if len(names) < 2:
        raise NotEnoughDataError("lift.one_arm", test=test)
    if len(names) > MOST_ARMS:
        raise NotEnoughDataError("lift.too_many_arms", n=len(names), most=MOST_ARMS)
    query.put("lift_arm_names", pa.table({"arm_key": list(names), "arm": list(names.values())}))
    query.make("lift_all", _ASSIGNED_TOGETHER if query.one(_REPEATED, test=test)[0] else _ASSIGNED_ONCE, test=test)
    if query.count("lift_all") == 0:
        raise NotEnoughDataError("error.empty_scope")
    controls = _pick_controls(query, settings, tuple(names.values()))
    control = controls[0] if controls else None
    arms = tuple(sorted(names.values(), key=lambda arm: (arm != control, arm.lower())))
    after = query.day_after_last()
    first, last = query.one("SELECT min(assigned_on), max(assigned_on) FROM lift_all")
    if first is None:
        raise NotEnoughDataError("lift.no_dates")
    window = settings["window"] or DEFAULT_WINDOW
    room = (after - last).days
    shortened = settings["window"] is None and SHORTEST_DEFAULT <= room < DEFAULT_WINDOW
    if shortened:
        window = room
    n, two, undated, incomplete, unknown = query.one(_COUNTS, window=window, after=after)
    if n - two - undated - incomplete <= 0:
        raise NotEnoughDataError(
            "lift.window_not_complete", window=window, first=first, last=last, until=first + timedelta(days=window)
        )
    costless, negative = _costs_told(query, control)
    query.make("lift_sums", _SUMS, window=window, before=settings["before"], first=first, last=last)
    query.make("lift_windows", _WINDOWS, window=window, after=after)
    lines, margin_lines = query.one(_MARGIN_LINES, window=window, after=after)
    has_margin = bool(lines) and margin_lines >= MARGIN_COVER * float(lines)
    return Trial(
        test, arms, control, window, shortened, first, last, n, two, undated, incomplete, unknown, False, has_margin,
        spellings, {}, costless, negative, more_controls=controls[1:],
    )  # fmt: skip


def with_assumptions(trial: Trial, settings: Settings) -> Trial:
    """The trial with what the user assumes: the costs, of whom none is known, and whether it is looked at many times.

    Raises UsageError for an unknown arm or a cost below 0.
    """
    fixed = costs_per_arm(settings, "fixed_cost", trial.arms)
    given = {*costs_per_arm(settings, "cost", trial.arms), *fixed}
    costless = tuple(arm for arm in trial.costless if arm not in given)
    contacted = len(trial.arms) - (trial.control is not None)
    return replace(
        trial, fixed_cost=fixed, costless=costless, has_cost=len(costless) < contacted,
        many_looks=settings["looks"] == "many", planned_size=settings["planned_size"],
    )  # fmt: skip
