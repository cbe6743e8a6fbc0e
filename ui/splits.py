"""What customers are crossed by: two pickers over the segmentations and the fields of customers."""

import streamlit as st

from insight.i18n.catalog import Words
from ui import cache, filters, state, view

CROSS = "segments.cross"
_DEFAULTS = {"rows": "value_tiers", "columns": "lifecycle"}


def pickers() -> None:
    """Rows and columns of the crossing; what one of them shows the other does not offer."""
    words = view.words()
    own = cache.fields(True)
    options = [*cache.segmentations(), *own]
    names = {key: dimension_name(words, key, own) for key in options}
    held = {name: state.view().get(f"{CROSS}.{name}") or default for name, default in _DEFAULTS.items()}
    with st.container(horizontal=True, key="splits"):
        for name, other in (("rows", "columns"), ("columns", "rows")):
            key = f"w_{CROSS}.{name}"
            offered = [option for option in options if option != held[other]]
            state.set_widget(key, held[name] if held[name] in offered else offered[0])
            st.selectbox(
                words.t(f"ui.cross.{name}"), offered, key=key, width=260, on_change=_chosen, args=(name, key),
                format_func=names.__getitem__,
            )  # fmt: skip


def _chosen(name: str, key: str) -> None:
    value = str(state.widget(key))
    state.change_view_of(f"{CROSS}.{name}", None if value == _DEFAULTS[name] else value)


def dimension_name(words: Words, key: str, own: dict[str, bool]) -> str:
    """A segmentation's title, or a field in words."""
    return filters.field_name(words, key, own[key]) if key in own else words.t(f"analysis.segments.{key}.title")
