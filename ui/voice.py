"""What the pages of answers have beyond other questions: their pickers, the ratios, the word list, the list to call."""

from collections.abc import Sequence

import streamlit as st

from insight.analysis import registry
from insight.analysis.nps_steps import PRESETS
from insight.analysis.nps_themes import LONGEST, themes_of
from insight.audience import Mark
from insight.errors import InsightError
from insight.settings import Settings
from ui import asked, cache, filters, marks, people, show, state, text, view

SCORE, STEPS, GROUPS, ACT, THEMES = "nps.score", "nps.by_step", "nps.groups", "nps.act", "nps.themes"
_WORDS = "nps.themes.words"
_RATIOS = (
    "spend_more", "spend_more_standardised", "orders_more", "orders_more_standardised", "margin_more",
)  # fmt: skip


def grouping() -> None:
    """What the answers are grouped by: every field and segmentation that the data hold."""
    there = cache.groupings()
    words, held_name, key = view.words(), f"{SCORE}.by", "w_row_nps.score.by"
    held = state.view().get(held_name)
    state.set_widget(key, held if held in there else "score")
    with st.container(width=320):
        st.selectbox(
            words.t("ui.field"), list(there), key=key, on_change=_chosen, args=(held_name, key, "score"),
            format_func=lambda by: _name(words.t(there[by]) if words.has(there[by]) else there[by]),
        )  # fmt: skip


def _name(found: str) -> str:
    return found[:1].upper() + found[1:]


def _chosen(name: str, key: str, default: str) -> None:
    value = state.widget(key)
    state.change_view_of(name, None if value == default else value)


def score_columns() -> tuple[str, ...]:
    """Which columns the table of groups shows; a table of the answers themselves has no NPS."""
    if state.view().get(f"{SCORE}.by", "score") in ("score", "nps_group"):
        return ()
    return (
        "group_key", "n_answers", "promoters", "passives", "detractors", "mean_score", "nps", "difference",
        "pvalue_adjusted", "base_size",
    )  # fmt: skip


def steps() -> None:
    """What the steps are made of, their bounds, and how far back; other steps need other bounds."""
    words, name, key = view.words(), "nps.on", "w_row_nps.on"
    setting = next(setting for setting in registry.find(STEPS).settings if setting.name == "on")
    held = state.view().get(name, "")
    state.set_widget(key, held if held in setting.choices else setting.default)

    def chosen() -> None:
        _chosen(name, key, str(setting.default))
        for analysis in (STEPS, "nps.spread"):
            state.change_view_of(f"{analysis}.bounds", None)

    with st.container(horizontal=True, vertical_alignment="bottom", key="nps_steps"):
        st.segmented_control(
            words.t("setting.on.label"), setting.choices, key=key, required=True, on_change=chosen,
            format_func=lambda value: filters.choice_word(words, "on", value), width="content",
        )  # fmt: skip
        with st.container(width=260):
            filters.pick_value(STEPS, "bounds")
        with st.container(width=120):
            filters.pick_value(STEPS, "months")
        _preset(state.widget(key))


def _preset(on: object) -> None:
    """One click to the fixed steps that others can be compared by, and back to those of one's own buyers."""
    bounds = PRESETS.get(str(on))
    if bounds is None:
        return
    words, name = view.words(), filters.held_as(STEPS, "bounds")
    there = state.view().get(name) == bounds
    said = "own" if there else str(on)
    st.button(
        words.t(f"nps.preset_{said}"), key="preset_steps", help=words.t(f"nps.preset_{said}_help"),
        icon=":material/straighten:", on_click=state.change_view_of, args=(name, None if there else bounds),
    )  # fmt: skip


def ratios() -> None:
    """Which window, and how much more promoters buy than detractors: plain, and at equal tenure and channel."""
    filters.pick_choice(GROUPS, "side")
    figures(GROUPS, _RATIOS)


def figures(analysis: str, names: Sequence[str] = ()) -> None:
    """The figures of a further question on a page."""
    try:
        result, chosen = asked.run(analysis, filters.chosen(analysis), quietly=True)
    except InsightError:
        # The section itself says why there is no answer.
        return
    show.metrics(result, chosen=chosen, names=names)


def called() -> None:
    """The customers of the chosen list, the detractors at first: what they are worth, how long ago, what they said."""
    try:
        result, chosen = asked.run(ACT, filters.chosen(ACT), quietly=True)
    except InsightError:
        # The page says what is missing; there is nobody to list.
        return
    picked = marks.current(result, chosen)
    first = str(result.table["list"].iloc[0])
    mark = picked or Mark(ACT, chosen, (("list", first),), view.scope())
    words = view.words().with_labels(result.labels)
    st.space("small")
    st.header(text.plain(marks.in_words(words, result, mark.mark)), anchor=False)
    st.markdown(text.grey(words.t("nps.called_how")))
    people.rows(mark)


def word_list() -> None:
    """The themes and their words, to read and to change; a theme a line."""
    words, key = view.words(), "w_words_nps.themes"
    held = state.view().get(_WORDS)
    too_long = len(_typed_words(key)) - LONGEST
    if too_long <= 0:
        state.set_widget(key, held.replace(";", "\n") if held else _house_list())
    with st.expander(words.t("nps.word_list"), icon=":material/edit_note:"):
        st.text_area(words.t("nps.word_list_help"), key=key, height=260, on_change=_words_chosen, args=(key,))
        if too_long > 0:
            said = words.t("nps.words_too_long", n=too_long + LONGEST, most=LONGEST, over=too_long)
            st.markdown(f":red[:material/error: {text.plain(said)}]")
        if held:
            st.button(words.t("nps.word_list_reset"), key="reset_words", type="tertiary", on_click=_words_reset)


def _house_list() -> str:
    """The house's themes by their names in the page's language."""
    words = view.words()
    found = themes_of(Settings({"words": None}, {}))
    return "\n".join(f"{words.t(f'nps.theme.{theme}')}: {', '.join(listed)}" for theme, listed in found.items())


def _words_chosen(key: str) -> None:
    typed = _typed_words(key)
    if len(typed) > LONGEST:
        # The field keeps it all and says so; the list in force stays.
        return
    state.change_view_of(_WORDS, None if typed == "; ".join(_house_list().splitlines()) else typed)


def _typed_words(key: str) -> str:
    """The list of the field, a theme after the other, as a setting holds it."""
    return "; ".join(line.strip() for line in str(state.widget(key) or "").splitlines() if line.strip())


def _words_reset() -> None:
    state.change_view_of(_WORDS, None)
