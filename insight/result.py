"""The one shape of an answer: page, slide, sheet, JSON and test all read the same `Result`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Literal

import pandas as pd

Unit = Literal["count", "money", "ratio", "points", "days", "months", "number", "date", "text", "score", "pvalue"]
ChartKind = Literal[
    "bar", "hbar", "line", "columns", "matrix", "flow", "bridge", "staircase", "two_sided", "lorenz", "dots",
    "interval", "driver_tree", "density", "treemap", "stacked",
]  # fmt: skip
Evidence = Literal["", "control", "before_after", "association"]
Number = int | float | Decimal


@dataclass(frozen=True)
class Message:
    """A catalogue sentence and the values in it, so that one object reads well in every language."""

    key: str
    values: Mapping[str, object] = field(default_factory=dict)

    def __getstate__(self) -> tuple[str, dict[str, object]]:
        return self.key, dict(self.values)

    def __setstate__(self, state: tuple[str, dict[str, object]]) -> None:
        object.__setattr__(self, "key", state[0])
        object.__setattr__(self, "values", state[1])


@dataclass(frozen=True)
class Metric:
    """One figure: its value, unit and, where estimated, its interval. Undefined is None, with a note beside.

    `before` is the same figure in the compared period. `better` says which way is good: 1 up, -1 down, 0 neither.
    `series` holds the last points of the figure over time (for a sparkline), oldest first.
    `mark` names the customers behind the figure: values of the analysis' mark columns. `error` is the standard error of
    a mean that stands without an interval, so that the difference between two groups' can have one.
    """

    value: Number | date | None
    unit: Unit
    low: Number | None = None
    high: Number | None = None
    before: Number | None = None
    better: int = 1
    series: tuple[float, ...] = ()
    mark: Mapping[str, object] = field(default_factory=dict)
    error: float | None = None


@dataclass(frozen=True)
class Note:
    """A remark on the result. `code` is stable and is also the catalogue key `note.<code>`."""

    code: str
    values: Mapping[str, object] = field(default_factory=dict)
    severity: Literal["note", "warning"] = "note"


@dataclass(frozen=True)
class SumCheck:
    """Parts against total, in money or counts: what `Why this number` shows. `difference` must be 0."""

    total: Number
    parts: Mapping[str, Number]

    @property
    def difference(self) -> Number:
        """Parts minus total."""
        return sum((Decimal(str(part)) for part in self.parts.values()), Decimal(0)) - Decimal(str(self.total))


@dataclass(frozen=True)
class Basis:
    """Why this number: period [start, end), rows used and left out by reason, the rule in words, the formula's name.

    `rule` is a catalogue sentence; `formula` a catalogue key of the definitions page (`definition.<formula>`).
    `windows`: the earlier and the later [start, end) that the period is made of, where two are set against each other.
    """

    start: date | None
    end: date | None
    rows_used: int
    rows_left_out: Mapping[str, int] = field(default_factory=dict)
    rule: Message = field(default_factory=lambda: Message("rule.none"))
    formula: str = ""
    sum_check: SumCheck | None = None
    n_customers: int | None = None
    windows: tuple[tuple[date, date], tuple[date, date]] | None = None


@dataclass(frozen=True)
class Chart:
    """Which columns of the table a figure draws, and how. Colours, fonts and words are the drawer's business.

    `x` names the categories or time, `y` one or more value columns, `color` a grouping column, `low`/`high` interval
    columns, `before` the compared period's column, `title` a finding (catalogue sentence), `subtitle` the measure.
    `interim` names the column that holds 'no' at points of a line that decide nothing yet: they are drawn grey.
    `part` names the columns of the first and last day counted at points of a line that hold only part of their time,
    such as a month that has just begun (empty at whole ones): they are drawn apart and named by their days.
    """

    kind: ChartKind
    x: str
    y: str | tuple[str, ...]
    color: str = ""
    low: str = ""
    high: str = ""
    before: str = ""
    interim: str = ""
    part: tuple[str, str] | None = None
    title: Message | None = None
    subtitle: Message | None = None


@dataclass(frozen=True)
class Result:
    """One answer.

    key: the analysis. headline: the finding. metrics: named figures in order. table: a row a mark; money columns hold
    exact `Decimal`s. units: unit of every column of the table. chart: which columns are drawn. drill: the columns of
    the table whose values name a set of customers. labels: words for the stable keys that cells hold
    ({key: catalogue key}). tables: further tables by name (a matrix beside its list …) with units in `more_units`.
    leads: the metrics that the headline speaks of, where these are not the first ones.
    """

    key: str
    headline: Message
    metrics: Mapping[str, Metric]
    table: pd.DataFrame
    units: Mapping[str, Unit]
    basis: Basis
    chart: Chart | None = None
    drill: tuple[str, ...] = ()
    notes: tuple[Note, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)
    evidence: Evidence = ""
    charts: tuple[Chart, ...] = ()
    tables: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    more_units: Mapping[str, Mapping[str, Unit]] = field(default_factory=dict)
    leads: tuple[str, ...] = ()
