"""Words of the trade: where the session's client chooses them."""

from dataclasses import replace
from zlib import crc32

import streamlit as st

from insight import recipe
from insight.errors import InsightError
from insight.i18n import terms
from insight.i18n.catalog import LANGUAGES, Words
from insight.result import Message
from ui import session, text, view

_OURS, _OWN = "ours", "own"


def editor() -> None:
    """A choice a word and language: ours, a trade's that we know, or the client's own forms."""
    words = view.words()
    chosen = recipe.read(session.ensure_workspace().folder).words
    for language in LANGUAGES:
        st.markdown(text.grey(words.t(f"trade.in_{language}")))
        for column, term in zip(
            st.columns(len(terms.TERMS[language]), gap="large"), terms.TERMS[language], strict=True
        ):
            with column:
                _one(words, language, term, chosen.get(language, {}).get(term, ""))


def _one(words: Words, language: str, term: str, forms: str) -> None:
    presets = terms.PRESETS[language][term]
    options = [_OURS, *presets, _OWN]
    known = _OURS if not forms else forms if forms in presets else _OWN
    names = {_OURS: words.t("trade.ours", term=term), _OWN: words.t("trade.own")}
    # Another choice is another field: what a recipe brings is not undone by what the field held before.
    key = f"trade_{language}_{term}_{crc32(forms.encode())}"
    wanted = st.selectbox(
        words.t("trade.label", term=term), options, index=options.index(known), key=key,
        format_func=lambda option: text.plain(names.get(option) or option.split(",")[0]),
    )  # fmt: skip
    if wanted == _OWN:
        own = st.text_input(
            words.t("trade.forms"), forms if known == _OWN else "", key=f"{key}_own", help=words.t("trade.forms_help"),
            placeholder=presets[0],
        )  # fmt: skip
        if not own:
            return
        wanted = own
    _choose(words, language, term, "" if wanted == _OURS else wanted, forms)


def _choose(words: Words, language: str, term: str, wanted: str, before: str) -> None:
    """Keep the choice; forms that cannot be read are said and change nothing."""
    if wanted == before:
        return
    try:
        if wanted:
            terms.read(language, term, wanted)
    except InsightError as refusal:
        st.markdown(text.grey(words.message(Message(refusal.key, refusal.values))))
        return
    folder = session.ensure_workspace().folder
    found = recipe.read(folder)
    held = {name: forms for name, forms in found.words.get(language, {}).items() if name != term}
    held |= {term: wanted} if wanted else {}
    recipe.write(folder, replace(found, words={**found.words, language: held}))
    st.rerun()
