"""The page of the recipe: what it holds, the way to a file, and the way back."""

import streamlit as st

from insight import recipe, recipe_words
from insight.audience import parse
from insight.errors import InsightError
from insight.recipe import Recipe
from ui import cache, guards, recipes, state, story, text, trade, view

_PLACE = "recipe_page"
_ICONS = {
    "files": "description", "settings": "tune", "ladders": "lock", "words": "translate", "audiences": "group",
    "story": "auto_stories",
}  # fmt: skip


def head() -> None:
    """What is remembered, in a sentence, and what a recipe is for."""
    known = recipes.with_settings()
    words = view.words()
    parts = words.list([words.t(f"recipe.holds_{part}") for part in _lines(known)])
    with st.container(gap=None):
        st.markdown(text.grey(words.t("page.data.recipe")))
        said = words.t("recipe.headline", parts=parts) if parts else words.t("recipe.headline_none")
        st.title(text.plain(said), anchor=False)
    with st.container(width=760):
        st.markdown(text.plain(words.t("recipe.help")))
    told = state.told(_PLACE)
    if told:
        st.success(text.plain(words.message(told)), icon=":material/check:")


def ways() -> None:
    """To a file, and from one."""
    words = view.words()
    content = recipe.to_text(recipes.with_settings().for_others())
    st.download_button(
        words.t("recipe.download"), content, file_name=words.t("recipe.file"), mime="application/json",
        key="download_recipe", type="primary", icon=":material/download:", on_click="ignore",
    )  # fmt: skip
    with st.expander(words.t("recipe.take"), icon=":material/upload:", key="take_recipe"):
        st.markdown(text.grey(words.t("recipe.take_help")))
        dropped = st.file_uploader(
            words.t("recipe.choose"), type=["json"], key=f"recipe_file_{state.uploader_number()}", max_upload_size=2
        )
        if dropped is not None:
            _proposed(dropped.getvalue().decode("utf-8", errors="replace"))


def _proposed(content: str) -> None:
    """What the dropped file holds, before any of it is used."""
    words = view.words()
    try:
        found = recipe.from_text(content)
    except InsightError as refusal:
        st.error(text.plain(guards.in_words(refusal)), icon=":material/error:")
        return
    if not _lines(found):
        st.markdown(text.grey(words.t("recipe.empty")))
        return
    _parts(found)
    if found.story and recipes.current().story:
        st.markdown(f":orange[:material/warning:] :small[{text.plain(words.t('recipe.story_replaced'))}]")
    st.button(words.t("recipe.use"), key="use_recipe", type="primary", on_click=_taken, args=(content,))


def _taken(content: str) -> None:
    recipes.taken(content)
    state.empty_uploader()
    state.tell(_PLACE, "recipe.taken")


def holds() -> None:
    """Everything the recipe holds, part by part, and where the words are chosen."""
    _parts(recipes.with_settings())
    with st.expander(view.t("trade.title"), icon=":material/translate:", key="trade"):
        trade.editor()


def _parts(known: Recipe) -> None:
    for part, told in _lines(known).items():
        st.space("xsmall")
        st.header(f":material/{_ICONS[part]}: {text.plain(view.t(f'recipe.part_{part}'))}", anchor=False)
        st.markdown("\n".join(f"- {text.plain(line)}" for line in told))


def _lines(known: Recipe) -> dict[str, list[str]]:
    labels: dict[str, str] = {}
    for saved in known.audiences:
        labels |= cache.labels(parse(saved.link))
    return recipe_words.lines(known, view.words(), page_name=story.about, labels=labels)
