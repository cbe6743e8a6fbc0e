"""The ladder's bounds, locked: proposed or typed once, then the same whatever is loaded later.

A lock belongs to what the ladder counts and to the kind of its window, and holds bounds and window; it lies in the
workspace's recipe. A setting that is given goes before it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from insight.analysis import registry
from insight.analysis.ladder_rules import BASIS, BOUNDS, WINDOW, WINDOW_KIND, Rule, checked_bounds, proposal, windows
from insight.settings import read_value
from insight.workspace.engine import Query

_FAMILY = "ladder."


@dataclass(frozen=True)
class LockedBounds:
    """Bounds that stay. `window` in months; `bounds` as setting text; `proposed`: what the data proposed that day."""

    basis: str
    window_kind: str
    window: str
    bounds: str
    proposed: str
    locked_on: str


@dataclass(frozen=True)
class InForce:
    """The bounds of an answer, and those that the data propose from the purchases of [opened, closed)."""

    basis: str
    window_kind: str
    window: int
    bounds: tuple[Decimal, ...]
    proposed: tuple[Decimal, ...]
    opened: date
    closed: date

    def locked(self, day: date) -> LockedBounds:
        """These bounds, locked that day."""
        return LockedBounds(
            self.basis, self.window_kind, str(self.window), as_text(self.bounds), as_text(self.proposed),
            day.isoformat(),
        )  # fmt: skip


def as_text(bounds: Sequence[Decimal]) -> str:
    """Bounds as the setting is written."""
    return ",".join(f"{bound.normalize():f}" for bound in bounds)


def amounts(text: str) -> tuple[Decimal, ...]:
    """Bounds from a setting's text. Raises UsageError for bounds that do not rise, none and too many."""
    found = read_value(BOUNDS, text)
    return checked_bounds(found if isinstance(found, tuple) else ())


def checked(lock: LockedBounds) -> LockedBounds:
    """The lock as it is. Raises UsageError, ValueError for one that no ladder could follow."""
    read_value(BASIS, lock.basis)
    read_value(WINDOW_KIND, lock.window_kind)
    read_value(WINDOW, lock.window)
    amounts(lock.bounds)
    amounts(lock.proposed)
    date.fromisoformat(lock.locked_on)
    return lock


def find(locks: Sequence[LockedBounds], basis: str, window_kind: str) -> LockedBounds | None:
    """The lock of that ladder. A ladder of a file's levels has no bounds: its other questions count sales."""
    counted = basis if basis in BASIS.choices else str(BASIS.default)
    return next((lock for lock in locks if (lock.basis, lock.window_kind) == (counted, window_kind)), None)


def replaced(locks: Sequence[LockedBounds], lock: LockedBounds) -> tuple[LockedBounds, ...]:
    """The locks with this one in place of the older one of the same ladder."""
    return (*without(locks, lock.basis, lock.window_kind), lock)


def without(locks: Sequence[LockedBounds], basis: str, window_kind: str) -> tuple[LockedBounds, ...]:
    """The locks but that of one ladder."""
    return tuple(lock for lock in locks if (lock.basis, lock.window_kind) != (basis, window_kind))


def following(analysis: str, given: Mapping[str, str], locks: Sequence[LockedBounds]) -> dict[str, str]:
    """The settings of a question with the locked bounds and window, where it is of the ladder and says none itself."""
    if not analysis.startswith(_FAMILY) or given.get("bounds"):
        return dict(given)
    known = {setting.name for setting in registry.find(analysis).settings}
    kind = given.get("window_kind") or str(WINDOW_KIND.default)
    lock = find(locks, given.get("basis") or str(BASIS.default), kind)
    if lock is None:
        return dict(given)
    held = {"bounds": lock.bounds, "window": lock.window}
    return {name: value for name, value in held.items() if name in known} | {
        name: value for name, value in given.items() if value
    }


def in_force(query: Query, analysis: str, chosen: Mapping[str, str]) -> InForce | None:
    """The bounds that a question of the ladder is answered with; None where a file's own levels are the steps.

    Raises InsightError when the data or the settings cannot carry a ladder.
    """
    settings = registry.settings_for(query, registry.find(analysis), chosen)
    span = windows(query, settings)
    basis = str(settings.get("basis", BASIS.default))
    if basis not in BASIS.choices:
        return None
    rule = Rule(basis, span.months, span.kind, None, span.first_day)
    found = proposal(query, rule)
    asked: tuple[Decimal, ...] | None = settings["bounds"]
    bounds = checked_bounds(asked) if asked else found.bounds
    return InForce(rule.basis, rule.kind, rule.months, bounds, found.bounds, found.opened, found.closed)
