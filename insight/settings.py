"""What a user may change, read from text and frozen: the same for page, link and command line."""

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from itertools import pairwise
from typing import Any, Literal

from insight.errors import UsageError
from insight.workspace.engine import Query

SettingKind = Literal["date", "integer", "number", "money", "text", "choice", "amounts", "integers", "shares", "names"]


@dataclass(frozen=True)
class Setting:
    """One setting of an analysis.

    `default` is a value or a function of the query (the data decides); None means "not set". `choices` for kind
    'choice'; `low`/`high` bound numbers. Its words are catalogue keys `setting.<name>` and `setting.<name>.help`.
    """

    name: str
    kind: SettingKind
    default: object | Callable[[Query], object] = None
    choices: tuple[str, ...] = ()
    low: float | None = None
    high: float | None = None


class Settings(Mapping[str, Any]):
    """The settings of one run, every one with its value; hashable, and readable as a mapping."""

    def __init__(self, values: Mapping[str, object], chosen: Mapping[str, str]) -> None:
        self._values = dict(values)
        self._chosen = tuple(sorted(chosen.items()))

    def __getitem__(self, name: str) -> Any:
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    @property
    def chosen(self) -> tuple[tuple[str, str], ...]:
        """What the user set, as text, sorted: with the analysis' key this is the whole recipe of a run."""
        return self._chosen


def day_after_last(query: Query) -> date:
    """The default `as_of`."""
    return query.day_after_last()


def years_before(query: Query) -> date:
    """The default `start`: twelve months before the default end, or the first transaction if that is later.

    Data that are less than a month longer than a year are looked at whole: their sum is then the file's own.
    """
    first, _ = query.extent()
    end = query.day_after_last()
    return first if first > add_months(end, -13) else add_months(end, -12)


AS_OF = Setting("as_of", "date", day_after_last)
START = Setting("start", "date", years_before)
END = Setting("end", "date", day_after_last)


def add_months(day: date, months: int) -> date:
    """The same day `months` later; the last of the month when that month is shorter."""
    index = 12 * day.year + day.month - 1 + months
    year, month = divmod(index, 12)
    for last in (day.day, 30, 29, 28):
        try:
            return date(year, month + 1, last)
        except ValueError:
            continue
    raise ValueError("no such month")


def month_start(month_no: int) -> date:
    """The first day of month number 12 × year + month − 1."""
    return date(month_no // 12, month_no % 12 + 1, 1)


def month_number(day: date) -> int:
    """12 × year + month − 1 of a day."""
    return 12 * day.year + day.month - 1


def year_before(start: date, end: date) -> tuple[date, date]:
    """The same period one year earlier, [start, end)."""
    last = add_months(end - timedelta(days=1), -12) + timedelta(days=1)
    return add_months(start, -12), last if end.day != 1 else add_months(end, -12)


def _amount(setting: Setting, text: str) -> Decimal:
    try:
        number = Decimal(text.strip())
    except InvalidOperation:
        number = Decimal("NaN")
    # NaN, infinities, and what no float can hold.
    if not math.isfinite(float(number)):
        raise UsageError("setting.not_a_number", name=setting.name, value=text)
    return number


def _rising(setting: Setting, values: tuple[Any, ...]) -> tuple[Any, ...]:
    if any(later <= earlier for earlier, later in pairwise(values)):
        raise UsageError("setting.not_rising", name=setting.name)
    return values


def read_value(setting: Setting, text: str) -> object:
    """A setting's value from text. Raises UsageError that names the setting and what it takes."""
    text = text.strip()
    if setting.kind == "date":
        try:
            return date.fromisoformat(text)
        except ValueError:
            raise UsageError("setting.not_a_date", name=setting.name, value=text) from None
    if setting.kind == "integer":
        try:
            number = int(text)
        except ValueError:
            raise UsageError("setting.not_an_integer", name=setting.name, value=text) from None
        return _bounded(setting, number)
    if setting.kind == "number":
        return _bounded(setting, float(_amount(setting, text)))
    if setting.kind == "money":
        return _bounded(setting, _amount(setting, text))
    if setting.kind == "choice":
        if text not in setting.choices:
            raise UsageError("setting.not_a_choice", name=setting.name, value=text, choices=", ".join(setting.choices))
        return text
    parts = [part.strip() for part in text.split(",") if part.strip()]
    if setting.kind == "amounts":
        return _rising(setting, tuple(_bounded(setting, _amount(setting, part)) for part in parts))
    if setting.kind == "integers":
        return _rising(setting, tuple(_bounded(setting, int(_amount(setting, part))) for part in parts))
    if setting.kind == "names":
        return tuple(parts)
    if setting.kind == "shares":
        shares: dict[str, float] = {}
        for part in parts:
            name, _, share = part.rpartition(":")
            if not name:
                raise UsageError("setting.not_a_share", name=setting.name, value=part)
            shares[name] = float(_amount(setting, share))
        return tuple(shares.items())
    return text


def _bounded(setting: Setting, value: Any) -> Any:
    if (setting.low is not None and value < setting.low) or (setting.high is not None and value > setting.high):
        raise _out_of_range(setting, value)
    return value


def _out_of_range(setting: Setting, value: object) -> UsageError:
    """The refusal in the words of the bounds that there are."""
    bounds = {name: bound for name, bound in (("low", setting.low), ("high", setting.high)) if bound is not None}
    key = "out_of_range" if len(bounds) > 1 else "too_low" if "low" in bounds else "too_high"
    return UsageError(f"setting.{key}", name=setting.name, value=value, **bounds)


def resolve(settings: tuple[Setting, ...], chosen: Mapping[str, str], query: Query) -> Settings:
    """Every setting with its value: the user's text where given, else the default.

    Raises UsageError for a name that the analysis does not know and for values that cannot be read.
    """
    known = {setting.name for setting in settings}
    for name in chosen:
        if name not in known:
            raise UsageError("setting.unknown", name=name, known=", ".join(sorted(known)))
    values: dict[str, object] = {}
    for setting in settings:
        if setting.name in chosen and chosen[setting.name] != "":
            values[setting.name] = read_value(setting, chosen[setting.name])
        elif callable(setting.default):
            values[setting.name] = setting.default(query)
        else:
            values[setting.name] = setting.default
    start, end = values.get("start"), values.get("end")
    if isinstance(start, date) and isinstance(end, date) and start >= end:
        raise UsageError("setting.period_backwards", start=start, end=end)
    return Settings(values, {name: text for name, text in chosen.items() if text != ""})
