"""One drawing to be made: the result, the chart it asks for, and what every kind of figure needs from them."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from insight.charts import text
from insight.charts.drawn import Mark
from insight.charts.scale import Scale, scale_for
from insight.charts.theme import Palette, Sizes
from insight.i18n.catalog import Words
from insight.result import Chart, Result, Unit

Floats = NDArray[np.float64]
# Columns that say how many stand behind a mark, most telling first.
_BASES = ("n_answers", "n_customers", "n_orders", "n_obs", "n")
_MONTH = re.compile(r"(\d{4})-(\d{2})$")
_DIFFERENCE = re.compile(r"(^|_)(effect|lift|diff|difference|change|contribution|net|premium|delta|extra|gain)(_|$)")
_HOVER_WIDTH = 420
_LONGEST_NAME = 600


@dataclass(frozen=True)
class Annotation:
    """A quiet remark beside a point of a line: `at` is a value of the x column, `text` its finished lines."""

    at: object
    text: tuple[str, ...]


@dataclass(frozen=True)
class Subject:
    """What is drawn, for whom and how large.

    width: the expected width in pixels, for what fits and what breaks. reach: from where to where the value axis goes,
    where another figure shares it; by the figure's own values unless told.
    """

    result: Result
    chart: Chart
    table: pd.DataFrame
    units: Mapping[str, Unit]
    words: Words
    palette: Palette
    sizes: Sizes
    scale: float
    width: int
    selected: Mapping[str, object]
    annotations: tuple[Annotation, ...] = ()
    reach: tuple[float, float] | None = None

    def px(self, pixels: float) -> int:
        """A length in pixels at the drawing's scale."""
        return round(pixels * self.scale)

    @property
    def ys(self) -> tuple[str, ...]:
        """The value columns, at least one."""
        return (self.chart.y,) if isinstance(self.chart.y, str) else tuple(self.chart.y)

    def values(self, column: str) -> Floats:
        """A column as numbers, NaN where undefined."""
        if column not in self._numbers:
            numbers = pd.to_numeric(self.table[column], errors="coerce")
            self._numbers[column] = numbers.to_numpy(dtype=np.float64, na_value=np.nan)
        return self._numbers[column]

    @cached_property
    def _numbers(self) -> dict[str, Floats]:
        # Every hover asks for its row's value; the columns are converted once.
        return {}

    def unit(self, column: str) -> Unit:
        """The unit of a column of the drawn table."""
        return self.units.get(column, "number")

    def is_difference(self, column: str) -> bool:
        """Whether a column holds differences, which are written with their sign, by its name."""
        return bool(_DIFFERENCE.search(column))

    def measure(self, *columns: str) -> Scale:
        """One scale for all these columns, in the first one's unit."""
        present = [self.values(column) for column in columns if column]
        return scale_for(self.words, self.unit(columns[0]), np.concatenate(present).tolist() if present else [])

    def names(self, column: str) -> list[str]:
        """A column's cells as words, unshortened and not yet made harmless for an engine.

        Where bars of several fields stand together, each is named with its field: 'Region: Skåne'.
        """
        named = [self.name(cell, self.unit(column)) for cell in self.table[column].tolist()]
        field = self._field_of(column)
        if not field:
            return named
        return [f"{self.name(of)}: {name}" for of, name in zip(self.table[field].tolist(), named, strict=True)]

    def _field_of(self, column: str) -> str:
        """The mark column that the bars' names need beside theirs to say whose they are; '' where none is needed."""
        if column != self.chart.x or self.chart.kind not in ("bar", "hbar") or self.chart.color:
            return ""
        others = [name for name in self.result.drill if name != column and name in self.table]
        return "field" if "field" in others else ""

    def name(self, cell: object, unit: Unit = "text") -> str:
        """A cell as words: a key's label, a month, a date, a number."""
        if cell is None or (isinstance(cell, float) and cell != cell) or cell is pd.NaT:
            return self.words.t("common.unknown")
        day = as_date(cell)
        if day is not None:
            return self.words.month(day) if day.day == 1 else self.words.day(day)
        if unit == "text" or isinstance(cell, str):
            return text.clean(self.words.label(cell)).strip() or self.words.t("common.unknown")
        number = float(str(cell))
        if unit in ("days", "months"):
            return self.words.t(f"chart.{unit}", n=self.words.number(number))
        measure = scale_for(self.words, unit, [number])
        return measure.full(number) if unit in ("money", "ratio") else measure.plain(number)

    def column(self, name: str) -> str:
        """A column's name in words: `column.<name>` of the catalogues, the result's label for it, else the name."""
        if self.words.has(f"column.{name}"):
            return self.words.t(f"column.{name}")
        found = self.words.label(name)
        return text.clean(found) if found != name else name.replace("_", " ")

    @cached_property
    def mark_columns(self) -> tuple[str, ...]:
        """The drill columns that the drawn table has."""
        return tuple(column for column in self.result.drill if column in self.table.columns)

    def mark(self, row: int, columns: Sequence[str] | None = None) -> Mark:
        """What names the customers behind a row; `columns` narrows it to those that the mark can name."""
        wanted = self.mark_columns if columns is None else [c for c in columns if c in self.mark_columns]
        return {column: plain(self.table[column].iloc[row]) for column in wanted}

    def marks(self, rows: Sequence[int] | None = None) -> tuple[Mark, ...]:
        """The marks of the rows, all of them unless told; none where no customers stand behind the figure."""
        if not self.mark_columns:
            return ()
        return tuple(self.mark(row) for row in (range(len(self.table)) if rows is None else rows))

    def is_chosen(self, mark: Mark) -> bool:
        """Whether this mark is the selected one, or all that is selected of it."""
        shared = [column for column in mark if column in self.selected]
        return bool(shared) and all(str(plain(self.selected[column])) == str(mark[column]) for column in shared)

    @cached_property
    def chosen(self) -> NDArray[np.bool_]:
        """For each row whether it is the selected one."""
        if not self.selected:
            return np.zeros(len(self.table), dtype=bool)
        return np.array([self.is_chosen(self.mark(row)) for row in range(len(self.table))], dtype=bool)

    def base(self, row: int) -> str:
        """How many stand behind a row: '1 810 svar'; empty where the table does not say."""
        for column in _BASES:
            if column in self.table.columns and column not in (*self.ys, self.chart.color):
                count = self.values(column)[row]
                return "" if np.isnan(count) else self.words.t(f"chart.base.{column}", n=int(count))
        return ""

    def said(self, value: float, unit: Unit) -> str:
        """A value as a hover says it, with its unit; small money keeps the tenths that its card has."""
        if unit == "money" and abs(value) < 100:
            return scale_for(self.words, unit, [value]).full(value)
        return self.words.value(value, unit)

    def hover_lines(self, row: int, column: str, *, name: str = "", low: str = "", high: str = "") -> list[str]:
        """What a hover says of a row: whose value, the value with unit, its interval, what it was, how many."""
        words, value, unit = self.words, self.values(column)[row], self.unit(column)
        lines = [name or self.name(self.table[self.chart.x].iloc[row], self.unit(self.chart.x))]
        lines.append(f"{self.column(column)}: {self.said(value, unit)}")
        if low and high:
            ends = self.values(low)[row], self.values(high)[row]
            if not np.isnan(ends).any():
                lines.append(words.t("chart.likely", low=self.said(ends[0], unit), high=self.said(ends[1], unit)))
        if self.chart.before and column == self.ys[0]:
            earlier = self.values(self.chart.before)[row]
            known = words.has(f"column.{self.chart.before}")
            name = self.column(self.chart.before) if known else words.t("chart.before_total")
            lines.append(f"{name}: {self.said(earlier, unit)}")
        return [*lines, *([self.base(row)] if self.base(row) else [])]

    def plotly_hover(self, lines: Sequence[str]) -> str:
        """Hover lines as Plotly's markup, the first bold, long names broken."""
        first = "<br>".join(text.for_plotly(part) for part in self.broken(lines[0]))
        return "<br>".join([text.bold(first), *(text.for_plotly(text.clean(line)) for line in lines[1:])])

    def tooltip(self, lines: Sequence[str]) -> dict[str, Any]:
        """Hover lines as the tooltip of one ECharts datum."""
        first = "<br/>".join(text.for_tooltip(part) for part in self.broken(lines[0]))
        return {"formatter": "<br/>".join([text.bold(first), *(text.for_tooltip(line) for line in lines[1:])])}

    def broken(self, name: str) -> list[str]:
        """A long name in lines short enough for a hover box."""
        return text.fold(name[:_LONGEST_NAME], self.px(_HOVER_WIDTH), self.sizes.tick)


def as_date(cell: object) -> date | None:
    """A date, a timestamp or a month written '2024-03' as a date; None for anything else."""
    if isinstance(cell, datetime):
        return cell.date()
    if isinstance(cell, date):
        return cell
    month = _MONTH.match(cell) if isinstance(cell, str) else None
    if month and 1 <= int(month[2]) <= 12 and int(month[1]) > 0:
        return date(int(month[1]), int(month[2]), 1)
    return None


def plain(cell: Any) -> object:
    """A cell as a plain Python value: marks are kept in links and session state."""
    if isinstance(cell, datetime):
        return cell.date()
    if isinstance(cell, np.generic):
        return cell.item()
    return cell
