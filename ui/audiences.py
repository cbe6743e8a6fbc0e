"""Audiences that are kept: saved under a name, picked again on any page, joined by and, or, not, and compared with."""

from dataclasses import replace
from typing import Literal

import streamlit as st

from insight import comparing
from insight.audience import Audience, Combined, Mark, parse
from insight.errors import InsightError
from insight.recipe import SavedAudience
from insight.words import sentence
from ui import cache, confirm, guards, recipes, state, text, view

MENU = "w_audiences"
_HOW, _WIDTH = "w_audience_how", 460
_WAYS = ("only", "and", "or", "not")


def menu() -> None:
    """The saved audiences and what is compared, within reach of every page."""
    words = view.words()
    with st.popover(
        words.t("audiences.menu"), type="tertiary", icon=":material/group:", key=MENU, on_change="rerun"
    ) as box:
        if box.open:
            with st.container(width=_WIDTH, gap="small"):
                _saved()
                if view.scope() is not None:
                    _save_form(view.scope(), "scope")
                _comparing()


def more(mark: Mark) -> None:
    """What else can be done with a chosen mark: keep it, leave it out, add it to the scope, compare with it."""
    words, scope = view.words(), view.scope()
    more = st.popover(words.t("audiences.more"), type="tertiary", key=f"more_{mark.analysis}")
    with more, st.container(width=_WIDTH):
        _save_form(mark, mark.analysis)
        ways: list[tuple[str, Audience]] = [("without", Combined("not", (scope, mark) if scope else (mark,)))]
        if scope is not None:
            ways.append(("or_them", Combined("or", (scope, replace(mark, within=None)))))
        for name, wanted in ways:
            st.button(
                words.t(f"audiences.{name}"), key=f"{name}_{mark.analysis}", type="tertiary",
                on_click=view.look_within, args=(wanted,),
            )  # fmt: skip
        st.button(
            words.t("audiences.compare_with"), key=f"compare_{mark.analysis}", type="tertiary",
            on_click=view.set_beside, args=(mark,),
        )  # fmt: skip


def save_button(audience: Audience) -> None:
    """Save the customers of a list."""
    save = st.popover(view.t("audiences.save"), type="tertiary", icon=":material/bookmark_add:", key="save_list")
    with save, st.container(width=_WIDTH):
        _save_form(audience, "list")


# --- saving -----------------------------------------------------------------------------------------------------------


def _save_form(audience: Audience | None, place: str) -> None:
    """A name and a button; what has no name yet is called what it is."""
    if audience is None:
        return
    words, key = view.words(), f"w_save_{place}"
    known = {saved.link: saved.name for saved in recipes.current().audiences}
    if audience.link() in known:
        st.markdown(text.grey(words.t("audiences.saved", name=known[audience.link()])))
        return
    proposed = text.shortened(sentence(audience, words.with_labels(cache.labels(audience))), recipes.LONGEST_NAME)
    with st.form(f"save_{place}", border=False):
        # A bound of the field's own would drop a longer name that is pasted, without a word.
        st.text_input(words.t("audiences.save_as"), key=key, placeholder=proposed)
        st.form_submit_button(
            words.t("audiences.save"), on_click=_save, args=(audience, key, proposed), key=f"do_save_{place}"
        )
    told = state.told(key)
    if told:
        st.markdown(text.grey(words.message(told)))


def _save(audience: Audience, key: str, proposed: str) -> None:
    name = str(state.widget(key) or "").strip() or proposed
    problem = recipes.problem_with(name)
    if problem:
        state.tell(key, problem, name=name, n=len(name), most=recipes.LONGEST_NAME)
        return
    try:
        recipes.save(name, audience)
    except InsightError as refusal:
        state.tell(key, refusal.key, **refusal.values)


# --- picking ----------------------------------------------------------------------------------------------------------


def _saved() -> None:
    words = view.words()
    st.subheader(text.plain(words.t("audiences.title")), anchor=False)
    found = recipes.counted()
    if not found:
        st.markdown(text.grey(words.t("audiences.none")))
        return
    if view.scope() is not None:
        st.segmented_control(
            words.t("audiences.how"), _WAYS, default="only", required=True, key=_HOW, persist_state="session",
            format_func=lambda way: words.t(f"audiences.how_{way}"),
        )  # fmt: skip
    for saved, refusal in found:
        _row(saved, refusal)


def _row(saved: SavedAudience, refusal: InsightError | None) -> None:
    words = view.words()
    named = text.plain(saved.name)
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.button(
            named, key=f"pick_{saved.name}", type="tertiary", on_click=_picked, args=(saved.link,),
            disabled=refusal is not None,
        )  # fmt: skip
        with st.container(horizontal=True, width="content", vertical_alignment="center"):
            if refusal is None:
                st.markdown(text.grey(count_words(saved)), width="content")
            key = f"w_more_{saved.name}"
            st.menu_button(
                words.t("audiences.more"), ("compare", "rename", "delete"), key=key, type="tertiary",
                format_func=lambda way: words.t(f"audiences.{way}"), on_click=_acted, args=(saved, key),
            )  # fmt: skip
    if refusal is not None:
        st.markdown(text.grey(words.t("audiences.not_here", why=guards.in_words(refusal))))
    if state.opened(f"rename_{saved.name}"):
        _rename_form(saved)
    if state.opened(f"delete_{saved.name}"):
        confirm.ask(
            _deleted, key=f"delete_{saved.name}", question=words.t("audiences.delete_question", name=saved.name),
            yes=words.t("audiences.delete"), args=(saved.name,),
        )  # fmt: skip


def count_words(saved: SavedAudience) -> str:
    """'1 204 kunder, 37 fler än förra gången'."""
    words, change = view.words(), saved.change
    if change is None:
        return words.t("audiences.count", n=saved.n_customers)
    key = "audiences.count_same" if change == 0 else "audiences.count_more" if change > 0 else "audiences.count_fewer"
    return words.t(key, n=saved.n_customers, change=abs(change))


def _picked(link: str) -> None:
    """Let the scope be the audience, or join the two as was asked for."""
    wanted, scope = parse(link), view.scope()
    how: Literal["only", "and", "or", "not"] = state.widget(_HOW) or "only"
    view.set_scope(wanted if scope is None or how == "only" else Combined(how, (scope, wanted)))


def _acted(saved: SavedAudience, key: str) -> None:
    way = state.widget(key)
    if way == "compare":
        view.set_beside(parse(saved.link))
    elif way is not None:
        state.toggle(f"{way}_{saved.name}")


def _deleted(name: str) -> None:
    recipes.keep(recipes.current().without_audience(name))


def _rename_form(saved: SavedAudience) -> None:
    words, key = view.words(), f"w_rename_{saved.name}"
    with st.form(f"rename_form_{saved.name}", border=False):
        st.text_input(words.t("audiences.new_name"), value=saved.name, key=key)
        st.form_submit_button(words.t("audiences.rename"), on_click=_renamed, args=(saved, key))
    told = state.told(key)
    if told:
        st.markdown(text.grey(words.message(told)))


def _renamed(saved: SavedAudience, key: str) -> None:
    name = str(state.widget(key) or "").strip()
    problem = recipes.problem_with(name, besides=saved.name)
    if problem:
        state.tell(key, problem, name=name, n=len(name), most=recipes.LONGEST_NAME)
        return
    state.toggle(f"rename_{saved.name}")
    recipes.keep(recipes.current().renaming(saved.name, name))


# --- comparing --------------------------------------------------------------------------------------------------------


def _comparing() -> None:
    """Whom every page's customers are set beside."""
    words = view.words()
    held = state.view().get(view.BESIDE, "")
    named = {saved.link: saved.name for saved in recipes.current().audiences}
    options = ["", *([view.OTHERS] if view.scope() is not None else []), *named]
    if held and held not in options:
        options.append(held)
    st.space("xsmall")
    state.set_widget("w_beside", held)
    st.selectbox(
        words.t("compare.with"), options, key="w_beside", on_change=_beside_chosen,
        format_func=lambda link: _beside_name(link, named),
    )  # fmt: skip


def _beside_name(link: str, named: dict[str, str]) -> str:
    words = view.words()
    if link in ("", view.OTHERS):
        return words.t("compare.nobody" if not link else "compare.everybody_else")
    if link in named:
        return named[link]
    audience = parse(link)
    return sentence(audience, words.with_labels(cache.labels(audience)))


def _beside_chosen() -> None:
    view.set_beside(state.widget("w_beside") or None)


def saved_name(audience: Audience | None) -> str:
    """The name that an audience was saved under; '' where it was not."""
    known = {saved.link: saved.name for saved in recipes.current().audiences}
    return known.get(audience.link(), "") if audience else ""


def name_of(audience: Audience) -> str:
    """An audience as people call it: its saved name, else its mark or its sentence."""
    return saved_name(audience) or comparing.name_of(audience, view.words().with_labels(cache.labels(audience)))
