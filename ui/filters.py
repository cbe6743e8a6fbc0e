"""Pickers that return plain text settings. The view holds what was chosen, so that links, pages and languages keep it.

Period and comparison are shared by all pages; other settings belong to their analysis (`<analysis>.<setting>` in the
address). A setting is only kept where it differs from what the data propose.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import streamlit as st

from data import demo
from insight import ladder_lock, periods
from insight.analysis import registry
from insight.audience import Pairs, pairs
from insight.errors import InsightError
from insight.i18n.catalog import Words
from insight.periods import KINDS, Kind, Period
from insight.settings import Setting, Settings
from ui import cache, recipes, session, state, text, view

KIND, START, END, FIRST_MONTH = "period", "start", "end", "fy"
SHARED = ("start", "end", "compare")
# What all questions about one test share.
OF_TESTS = (
    "test", "window", "control", "planned", "cost", "fixed_cost", "margin_rate", "looks", "planned_size", "before",
)  # fmt: skip
_MONTHS = tuple(range(1, 13))
# Settings that all questions of a family share: one ladder, whichever page asks about it.
_OF_FAMILY = {
    "ladder": (
        "bounds", "window", "window_kind", "basis", "keep", "names", "horizon", "near", "benefit_cost",
        "new_bounds", "new_window", "new_window_kind", "new_keep", "level_costs",
    ),
    "nps": ("months", "on"),
}  # fmt: skip
_OF_DEMO = {"ladder.bounds": demo.CLUB_BOUNDS}


def chosen(analysis: str, *, shared: Sequence[str] = SHARED) -> Pairs:
    """What the view holds for an analysis, as its settings: the shared period where it takes one, and its own."""
    settings = {setting.name: setting for setting in registry.find(analysis).settings}
    known, held = set(settings), _held_view()
    found = {name: held[name] for name in shared if name in known and name in held}
    if ("start" in found) != ("end" in found):
        found.pop("start", None)
        found.pop("end", None)
    found |= {name: held[kept] for name in known if (kept := held_as(analysis, name)) in held}
    return pairs({name: value for name, value in found.items() if not _of_others(analysis, settings[name], value)})


def _of_others(analysis: str, setting: Setting, value: str) -> bool:
    """Whether a family's choice is one that only its other questions offer: this one then takes its own default."""
    shared = setting.name in _OF_FAMILY.get(analysis.partition(".")[0], ())
    return shared and setting.kind == "choice" and value not in setting.choices


def held_as(analysis: str, setting: str) -> str:
    """Under which name the view holds a setting of an analysis."""
    family = analysis.partition(".")[0]
    return f"{family if setting in _OF_FAMILY.get(family, ()) else analysis}.{setting}"


def _held_view() -> Mapping[str, str]:
    """What the view holds, on top of the ladder's locked bounds, on top of what the demo company proposes."""
    held = state.view()
    basis, kind = held.get("ladder.basis", "sales"), held.get("ladder.window_kind", "rolling")
    lock = ladder_lock.find(recipes.locks(), basis, kind)
    if lock is not None:
        return {"ladder.bounds": lock.bounds, "ladder.window": lock.window, **held}
    of_money = basis in ("sales", "level")
    return {**_OF_DEMO, **held} if of_money and session.ensure_workspace().manifest.demo else held


def typed(name: str) -> bool:
    """Whether the reader has set a setting of the view, other than the demo company or a lock has."""
    return name in state.view()


def takes_period(analysis: str) -> bool:
    """Whether the analysis speaks of a period."""
    return {"start", "end"} <= {setting.name for setting in registry.find(analysis).settings}


def controls(analysis: str, *, hidden: Sequence[str] = (), period: bool = True) -> None:
    """The quiet row of pickers: period, and everything else the analysis lets one change."""
    settings = registry.find(analysis).settings
    by_name = {setting.name: setting for setting in settings}
    shared = [name for name in SHARED if name in by_name] if period and takes_period(analysis) else []
    own = [setting for setting in settings if setting.name not in (*shared, *hidden)]
    try:
        defaults = cache.defaults(analysis)
    except InsightError:
        # The page says in full what is missing; there is nothing to choose from.
        return
    if shared:
        with st.popover(_period_words(analysis, defaults), type="tertiary", icon=":material/calendar_month:"):
            _period_picker()
            if "compare" in by_name:
                _choice("compare", by_name["compare"], defaults)
    if own:
        with st.popover(view.t("ui.settings"), type="tertiary", icon=":material/tune:"):
            for setting in own:
                one_setting(analysis, setting, defaults)


def _period_words(analysis: str, defaults: Settings) -> str:
    held = state.view()
    start = _day(held.get(START)) or defaults.get("start")
    end = _day(held.get(END)) or defaults.get("end")
    if start is None and end is None and "window" in defaults:
        # Without dates these questions set the latest, longest equal windows that the data hold against each other.
        start, end = cache.two_dates(analysis, chosen(analysis))
    return view.words().period(start, end)


def _day(found: str | None) -> date | None:
    try:
        return date.fromisoformat(found) if found else None
    except ValueError:
        return None


# --- period -----------------------------------------------------------------------------------------------------------


def _period_picker() -> None:
    words = view.words()
    first, last = cache.extent()
    kind = _held_kind()
    state.set_widget("w_period", kind)
    st.pills(
        words.t("ui.period"), KINDS, key="w_period", required=True, on_change=_kind_chosen,
        format_func=lambda kind: words.t(f"ui.period_{kind}"),
    )  # fmt: skip
    months = periods.months_between(first, last)
    held = _held(first, last)
    with st.container(width=420):
        if kind in ("rolling", "months"):
            _month_pickers(kind, months, held)
        elif kind in ("calendar", "fiscal", "to_date"):
            _year_pickers(kind, first, last, held)
        else:
            _range_picker(first, last, held)


def _held_kind() -> Kind:
    kind = state.view().get(KIND, "")
    return kind if kind in KINDS else "rolling"


def _held(first: date, last: date) -> Period:
    start, end = _day(state.view().get(START)), _day(state.view().get(END))
    if start and end and start < end:
        return Period(start, end)
    default = periods.rolling(periods.first_of_month(last))
    return Period(max(first, default.start), last + timedelta(days=1))


def _keep(found: Period, **more: str | None) -> None:
    state.change_view(start=found.start.isoformat(), end=found.end.isoformat(), **more)


def _fiscal_first() -> int:
    held = state.view().get(FIRST_MONTH, "")
    return int(held) if held.isdigit() and int(held) in _MONTHS else 7


def _kind_chosen() -> None:
    kind: Kind = state.widget("w_period") or "rolling"
    first, last = cache.extent()
    latest = periods.last_whole_month(last)
    proposals: Mapping[Kind, Callable[[], Period]] = {
        "rolling": lambda: periods.rolling(latest),
        "months": lambda: periods.whole_months(latest, latest),
        "calendar": lambda: periods.as_far_as(periods.calendar_year(last.year), last),
        "fiscal": lambda: periods.as_far_as(
            periods.fiscal_year(periods.fiscal_years(first, last, _fiscal_first())[0], _fiscal_first()), last
        ),
        "to_date": lambda: periods.year_to_date(last),
        "range": lambda: _held(first, last),
    }
    _keep(proposals[kind](), period=kind)


def _month_pickers(kind: Kind, months: Sequence[date], held: Period) -> None:
    words = view.words()
    options = list(reversed(months))
    last = periods.first_of_month(held.end - timedelta(days=1))
    state.set_widget("w_last_month", last if last in options else options[0])
    if kind == "months":
        start = periods.first_of_month(held.start)
        state.set_widget("w_first_month", start if start in options else options[-1])
        st.selectbox(
            words.t("ui.first_month"), options, key="w_first_month", format_func=words.month, on_change=_months_chosen
        )
    st.selectbox(
        words.t("ui.last_month"), options, key="w_last_month", format_func=words.month, on_change=_months_chosen
    )


def _months_chosen() -> None:
    last = state.widget("w_last_month")
    if _held_kind() == "months":
        _keep(periods.whole_months(state.widget("w_first_month"), last))
    else:
        _keep(periods.rolling(last))


def _year_pickers(kind: Kind, first: date, last: date, held: Period) -> None:
    words = view.words()
    month = 1 if kind == "calendar" else _fiscal_first()
    if kind != "calendar":
        state.set_widget("w_fiscal_month", month if kind == "fiscal" else held.start.month)
        st.selectbox(
            words.t("ui.fiscal_first_month"), _MONTHS, key="w_fiscal_month", on_change=_year_chosen,
            format_func=lambda number: words.day(date(2000, number, 1), form="LLLL"),
        )  # fmt: skip
    if kind != "to_date":
        years = periods.fiscal_years(first, last, month)
        named = (held.end - timedelta(days=1)).year
        state.set_widget("w_year", named if named in years else years[0])
        st.selectbox(words.t("ui.year"), years, key="w_year", on_change=_year_chosen)


def _year_chosen() -> None:
    kind = _held_kind()
    month = int(state.widget("w_fiscal_month") or 1)
    if kind == "calendar":
        _keep(periods.as_far_as(periods.calendar_year(state.widget("w_year")), cache.extent()[1]))
    elif kind == "fiscal":
        _keep(periods.as_far_as(periods.fiscal_year(state.widget("w_year"), month), cache.extent()[1]), fy=str(month))
    else:
        _keep(periods.year_to_date(cache.extent()[1], month))


def _range_picker(first: date, last: date, held: Period) -> None:
    words = view.words()
    inside = (max(first, held.start), min(last, held.end - timedelta(days=1)))
    state.set_widget("w_range", inside if inside[0] <= inside[1] else (first, last))
    st.date_input(
        words.t("ui.range"), min_value=first, max_value=last, key="w_range", format="YYYY-MM-DD",
        on_change=_range_chosen,
    )  # fmt: skip


def _range_chosen() -> None:
    days = state.widget("w_range")
    if isinstance(days, tuple) and len(days) == 2:
        _keep(Period(days[0], days[1] + timedelta(days=1)))


# --- settings ---------------------------------------------------------------------------------------------------------


def _label(setting: Setting) -> str:
    return text.plain(view.t(f"setting.{setting.name}.label"))


def _help(setting: Setting) -> str | None:
    words = view.words()
    key = f"setting.{setting.name}.help"
    return text.plain(words.t(key)) if words.has(key) else None


def choice_word(words: Words, setting: str, value: str) -> str:
    """A choice in words: `setting.<name>.<choice>`, else the choice's own label."""
    key = f"setting.{setting}.{value}"
    return words.t(key) if words.has(key) else words.label(value)


def as_text(value: Any) -> str:
    """A setting's value as the text that settings are read from."""
    if value is None:
        return ""
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, tuple | list):
        return ",".join(f"{part[0]}:{part[1]}" if isinstance(part, tuple) else as_text(part) for part in value)
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    return str(value)


def _held_value(name: str, setting: Setting, defaults: Settings) -> str:
    return _held_view().get(name) or as_text(defaults[setting.name])


def one_setting(analysis: str, setting: Setting, defaults: Settings) -> None:
    """The widget of one setting, kept in the view under `<analysis>.<setting>`."""
    name = held_as(analysis, setting.name)
    if setting.kind == "choice":
        _choice(name, setting, defaults)
        return
    key = f"w_{name}"
    held = _held_value(name, setting, defaults)
    default = as_text(defaults[setting.name])
    common: dict[str, Any] = {
        "key": key,
        "help": _help(setting),
        "on_change": _value_chosen,
        "args": (name, key, default),
    }
    if setting.kind == "date":
        first, last = cache.extent()
        state.set_widget(key, _day(held))
        st.date_input(
            _label(setting), min_value=first, max_value=last + timedelta(days=1), format="YYYY-MM-DD",
            **({"value": None} if not held else {}), **common,
        )  # fmt: skip
    elif setting.kind == "integer" and (held or default):
        state.set_widget(key, int(held) if held.lstrip("-").isdigit() else None)
        bounds = {"min_value": _whole(setting.low), "max_value": _whole(setting.high)}
        st.number_input(_label(setting), step=1, **bounds, **common)
    else:
        state.set_widget(key, held)
        if setting.kind in ("amounts", "integers", "money", "number"):
            common["on_change"] = _list_chosen
        st.text_input(_label(setting), placeholder=view.t("ui.setting_automatic"), **common)


def _whole(bound: float | None) -> int | None:
    return None if bound is None else int(bound)


def _value_chosen(name: str, key: str, default: str) -> None:
    value = as_text(state.widget(key))
    state.change_view_of(name, None if value == default else value)


def _list_chosen(name: str, key: str, default: str) -> None:
    """Numbers as people write them: blanks within, semicolons or commas between."""
    value = as_text(state.widget(key)).replace("\u00a0", "").replace(" ", "").replace(";", ",")
    state.change_view_of(name, None if value == default else value)


def _choice(name: str, setting: Setting, defaults: Settings) -> None:
    words, key = view.words(), f"w_{name}"
    held = _held_value(name, setting, defaults)
    state.set_widget(key, held if held in setting.choices else setting.choices[0])
    st.selectbox(
        _label(setting), setting.choices, key=key, help=_help(setting), on_change=_value_chosen,
        args=(name, key, as_text(defaults[setting.name])),
        format_func=lambda value: choice_word(words, setting.name, value),
    )  # fmt: skip


def pick_choice(analysis: str, name: str, *, options: Sequence[str] = ()) -> str:
    """A choice that is the page's own question, as a row of buttons on the page; returns what is chosen."""
    setting = next(setting for setting in registry.find(analysis).settings if setting.name == name)
    defaults = cache.defaults(analysis)
    words, held_name = view.words(), f"{analysis}.{name}"
    key = f"w_row_{held_name}"
    held = _held_value(held_name, setting, defaults)
    offered = [value for value in setting.choices if not options or value in options]
    state.set_widget(key, held if held in offered else offered[0])
    st.segmented_control(
        _label(setting), offered, key=key, required=True, label_visibility="collapsed", on_change=_value_chosen,
        args=(held_name, key, as_text(defaults[name])), format_func=lambda value: choice_word(words, name, value),
    )  # fmt: skip
    return state.widget(key)


def pick_value(analysis: str, name: str) -> None:
    """A setting that is the page's own question, as a field on the page."""
    setting = next(setting for setting in registry.find(analysis).settings if setting.name == name)
    one_setting(analysis, setting, cache.defaults(analysis))


def pick_field(analysis: str, name: str, *, of_customers: bool = False) -> None:
    """A field of the data that the page divides by, picked from those that hold something."""
    there = cache.fields(of_customers)
    if not there:
        return
    words = view.words()
    held_name, key = f"{analysis}.{name}", f"w_row_{analysis}.{name}"
    held = state.view().get(held_name)
    first = _first_field(analysis, name, there)
    state.set_widget(key, held if held in there else first)
    st.selectbox(
        words.t("ui.field"), list(there), key=key, width=260, on_change=_value_chosen, args=(held_name, key, first),
        format_func=lambda field: field_name(words, field, there[field]),
    )  # fmt: skip


def _first_field(analysis: str, name: str, there: Mapping[str, bool]) -> str:
    """The field that the question begins with by itself."""
    try:
        own = cache.defaults(analysis).get(name)
    except InsightError:
        # The question says itself why it cannot be asked of these data.
        own = None
    return own if isinstance(own, str) and own in there else next(iter(there))


def field_name(words: Words, key: str, own: bool) -> str:
    """A field in words; a column that the file brought along keeps its own name."""
    found = key if own else words.t(f"field.{key}")
    return found[:1].upper() + found[1:]
