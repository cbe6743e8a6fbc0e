"""The analyses by key: what each takes, gives and names. A module in this folder with `ANALYSES` is found by itself."""

import importlib
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache

from insight import analysis as package
from insight.errors import InsightError, UsageError
from insight.result import Result
from insight.settings import Setting, Settings, resolve
from insight.workspace.engine import Query


@dataclass(frozen=True)
class Analysis:
    """One question that can be asked of a workspace.

    run: (query, settings) → Result.
    members: makes the temporary table `members` on the query's cursor: `customer_id`, the columns in `marks`, and
        what a list of them should show (`sales`, `n_orders` … add up to the mark's own figures). At most one row a
        customer and mark. None where no customers stand behind the figures.
    marks: the columns of `members` whose values name a mark; a mark's list has as many customers as the mark says.
    tables: canonical tables that must hold rows before the question makes sense.
    listed: SQL condition on `members` for the list that no mark narrows (a segmentation lists those in a segment; who
        stands outside is listed by their own mark).
    Its words are the catalogue keys `analysis.<key>.title`, `.question` (what it answers) and, for the sentence of a
    mark, `audience.marks.<key>` with the mark columns as values.
    """

    key: str
    run: Callable[[Query, Settings], Result]
    settings: tuple[Setting, ...] = ()
    members: Callable[[Query, Settings], None] | None = None
    marks: tuple[str, ...] = ()
    tables: tuple[str, ...] = ("transactions",)
    listed: str = "true"


@cache
def analyses() -> Mapping[str, Analysis]:
    """Every analysis by key, in the order of the modules' names."""
    found: dict[str, Analysis] = {}
    for module in sorted(info.name for info in pkgutil.iter_modules(package.__path__)):
        for analysis in getattr(importlib.import_module(f"{package.__name__}.{module}"), "ANALYSES", ()):
            found[analysis.key] = analysis
    return found


def find(key: str) -> Analysis:
    """The analysis of that key. Raises UsageError that lists what there is."""
    if key not in analyses():
        raise UsageError("analysis.unknown", value=key, known=", ".join(analyses()))
    return analyses()[key]


def settings_for(query: Query, analysis: Analysis, chosen: Mapping[str, str]) -> Settings:
    """The resolved settings, after checking that the needed tables hold rows. Raises InsightError otherwise."""
    for table in analysis.tables:
        if query.count(table) == 0:
            raise InsightError(f"error.no_{table}")
    return resolve(analysis.settings, chosen, query)


def run(query: Query, key: str, chosen: Mapping[str, str] | None = None) -> Result:
    """Run one analysis with settings as text. Raises InsightError when the data or the settings cannot carry it."""
    analysis = find(key)
    return analysis.run(query, settings_for(query, analysis, chosen or {}))
