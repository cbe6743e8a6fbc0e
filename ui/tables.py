"""Tables on the page: numbers as the language writes them and to the right, the unit once, in the head."""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pandas as pd
import streamlit as st
from pandas.io.formats.style import Styler

from insight.audience import Pairs
from insight.export.written import formatter, head, is_change, shown, undefined
from insight.i18n.catalog import Words
from insight.result import Result, Unit
from ui import chrome, marks, state, text, view

_LONG = 25
# The head grows with the page's type, the rows do not.
_ROW, _HEAD = 42, 36
_PANEL_COLUMNS = 3


def show(result: Result, chosen: Pairs, wanted: Sequence[str] = ()) -> None:
    """The table of an answer; `wanted` columns of it, else all that have a name. The file holds every column.

    Rows that name customers can be chosen; short ones without are plain paper.
    """
    words = view.words().with_labels(result.labels)
    columns = [name for name in map(str, result.table.columns) if shown(words, result, name)]
    columns = [name for name in wanted if name in columns] or columns
    if not columns:
        return
    frame = pd.DataFrame(result.table[columns])
    heads = {
        name: head(words, name, result.units.get(name, "text"), cells_of(frame, name), result.key) for name in columns
    }
    title = f"ui.table.{result.key}"
    st.header(text.plain(words.t(title) if words.has(title) else words.t("ui.table_title")), anchor=False)
    named = words.t("ui.table_alt", title=words.t(f"analysis.{result.key}.title"))
    if marks.drillable(result):
        key = sized(f"w_rows_{result.key}_{len(frame)}")
        canvas(styled(frame, result.units, words, heads, escape=False), named, key, _row_chooser(key, result, chosen))
    elif len(frame) > _LONG:
        canvas(styled(frame, result.units, words, heads, escape=False), named)
    else:
        st.table(styled(frame, result.units, words, heads), border="horizontal", hide_index=True, alt=named)


def sized(key: str) -> str:
    """The key of a table on canvas at the page's type size: it takes that size when it is made, and keeps it."""
    scale = chrome.scale(view.presenting())
    return f"{key}_{scale:g}" if scale > 1 else key


def canvas(table: Styler, alt: str, key: str | None = None, chose: Callable[[], None] | None = None) -> None:
    """A table that scrolls and sorts; with `chose`, one whose cells can be chosen."""
    rows = len(table.data)  # type: ignore[attr-defined]
    options: dict[str, Any] = {"on_select": chose, "selection_mode": "single-cell", "key": key} if chose else {}
    st.dataframe(
        table,
        hide_index=True,
        row_height=_ROW,
        height=round(_HEAD * chrome.scale(view.presenting())) + min(rows, _LONG) * _ROW + 4,
        placeholder="–",
        alt=alt,
        **options,
    )


def _row_chooser(key: str, result: Result, chosen: Pairs) -> Callable[[], None]:
    found = marks.of_rows(result)
    kept = marks.pick_key(result, chosen)

    def chose() -> None:
        event = state.widget(key)
        cells = event["selection"]["cells"] if event else []
        if cells and cells[0][0] < len(found):
            state.set_pick(kept, found[cells[0][0]])

    return chose


def cells_of(frame: pd.DataFrame, column: str) -> list[Any]:
    """A column's cells."""
    return list(frame[column])


def styled(
    frame: pd.DataFrame, units: Mapping[str, Unit], words: Words, heads: Mapping[str, str], *, escape: bool = True
) -> Styler:
    """The frame with formatted cells; numbers stay numbers underneath, so that they stand right and sort rightly.

    escape: for tables whose cells are read as markdown; those drawn on a canvas show text as it is.
    """
    made, forms = pd.DataFrame(index=frame.index), {}
    for name in map(str, frame.columns):
        unit = units.get(name, "text")
        cells = cells_of(frame, name)
        write = formatter(words, unit, cells, signed=is_change(name))
        title = _unused(text.plain(heads[name]) if escape else heads[name], made)
        if unit in ("text", "date"):
            written = [write(value) for value in cells]
            made[title] = [text.plain(cell) for cell in written] if escape else written
        else:
            made[title] = [math.nan if undefined(value) else float(value) for value in cells]
            forms[title] = write
    return made.style.format(forms)  # type: ignore[arg-type]


def _unused(title: str, made: pd.DataFrame) -> str:
    """Heads must differ from each other; a name from a file may repeat one of ours."""
    return title if title not in made.columns else _unused(title + "\u00a0", made)


def few(frame: pd.DataFrame, units: Mapping[str, Unit], lead: str = "", analysis: str = "") -> Styler:
    """The first customers of a list in three columns: id, last purchase, money (`lead`, else the list's first)."""
    words = view.words()
    money = [lead] if units.get(lead) == "money" else [name for name, unit in units.items() if unit == "money"][:1]
    wanted = ["customer_id", *(["last_order_on"] if "last_order_on" in units else []), *money][:_PANEL_COLUMNS]
    heads = {name: head(words, name, units[name], cells_of(frame, name), analysis) for name in wanted}
    return styled(pd.DataFrame(frame[wanted]), units, words, heads)
