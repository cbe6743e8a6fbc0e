"""The meeting pack: which findings go along, in which order and language, on whose template; built when asked for."""

import hashlib
from collections.abc import Callable, Mapping, Sequence

import streamlit as st

from insight.errors import InsightError, UsageError
from insight.export import deck, file_names, workbook
from insight.export.item import Item
from insight.export.pack import Wanted
from insight.i18n.catalog import LANGUAGES, Language, Words
from insight.workspace import audit
from ui import cache, guards, meeting, nav, session, state, story, terms, text, view

_NAMES = {"sv": "Svenska", "en": "English"}
_FROM_STORY, _FROM_PAGES = "story", "pages"
_TEMPLATE_MB = 60
# What the button builds, in the order of its downloads: (kind, its label, the ending of its file's name, its type).
_FILES = (
    ("deck", "pack.download_deck", "pptx", meeting.PPTX),
    ("summary", "pack.download_summary", "pptx", meeting.PPTX),
    ("workbook", "pack.download_workbook", "xlsx", meeting.XLSX),
)


def page() -> None:
    """Choose, build, download."""
    words = view.words()
    with st.container(gap=None):
        st.markdown(text.grey(words.t("page.data.pack")))
        st.title(text.plain(words.t("pack.headline")), anchor=False)
    with st.container(width=760):
        st.markdown(text.plain(words.t("pack.help")))
    with st.container(width=760, key="pack_choices"):
        source = _source()
        chosen = _chosen_pages() if source == _FROM_PAGES else []
        language, title, template = _form()
    count = len(story.findings()) if source == _FROM_STORY else len(chosen)
    choices = _signature(source, chosen, language, title, template)
    if st.button(
        words.t("pack.build"), type="primary", key="pack_build", disabled=not count, icon=":material/slideshow:"
    ):
        _build(source, chosen, language, title, template, choices)
    if not count:
        st.markdown(text.grey(words.t("pack.nothing_chosen")))
    _downloads(choices)


# --- choices ----------------------------------------------------------------------------------------------------------


def _source() -> str:
    """The story where there is one, else pages."""
    words, count = view.words(), len(story.findings())
    if not count:
        return _FROM_PAGES
    said = {_FROM_STORY: words.t("pack.from_story", n=count), _FROM_PAGES: words.t("pack.from_pages")}
    found = st.segmented_control(
        words.t("pack.source"), [_FROM_STORY, _FROM_PAGES], default=_FROM_STORY, required=True, key="w_pack_source",
        format_func=lambda value: said[value],
    )  # fmt: skip
    return str(found)


def _chosen_pages() -> list[nav.Entry]:
    """Pages in their order, with the settings and the selection of the session."""
    words = view.words()
    offered = {entry.address: entry for entry in nav.entries() if meeting.questions(entry)}
    picked = st.multiselect(
        words.t("pack.pages"), list(offered), key="w_pack_pages", placeholder=words.t("pack.pages_placeholder"),
        select_all=False,
        format_func=lambda address: _page_name(offered[address], words), help=words.t("pack.pages_help"),
    )  # fmt: skip
    return [offered[address] for address in _ordered(picked, offered)]


def _ordered(picked: Sequence[str], offered: Mapping[str, nav.Entry]) -> list[str]:
    """The picked pages in the order that they were given; a new one comes last. Each can go one step up or down."""
    words = view.words()
    kept = [address for address in state.pack_order() if address in picked]
    order = [*kept, *(address for address in picked if address not in kept)]
    state.set_pack_order(order)
    if len(order) < 2:
        return order
    with st.container(gap="xxsmall", key="pack_order"):
        for place, address in enumerate(order):
            with st.container(horizontal=True, vertical_alignment="center"):
                for step, icon, way in ((-1, "arrow_upward", "up"), (1, "arrow_downward", "down")):
                    st.button(
                        "", key=f"pack_{way}_{address}", type="tertiary", icon=f":material/{icon}:",
                        help=words.t(f"pack.{way}", name=_page_name(offered[address], words)),
                        disabled=not 0 <= place + step < len(order), on_click=_move, args=(address, step),
                    )  # fmt: skip
                st.markdown(text.plain(f"{place + 1}. {_page_name(offered[address], words)}"), width="content")
    return order


def _move(address: str, step: int) -> None:
    order = list(state.pack_order())
    place = order.index(address)
    order.insert(place + step, order.pop(place))
    state.set_pack_order(order)


def _page_name(entry: nav.Entry, words: Words) -> str:
    return f"{words.t(f'section.{entry.section}')}: {words.t(entry.title)}"


def _form() -> tuple[Language, str, bytes | None]:
    words = view.words()
    left, right = st.columns(2)
    with left:
        language = st.segmented_control(
            words.t("pack.language"), LANGUAGES, default=view.language(), required=True, key="w_pack_language",
            format_func=lambda value: _NAMES[value],
        )  # fmt: skip
    with right:
        title = st.text_input(
            words.t("pack.own_title"), key="w_pack_title", max_chars=120, placeholder=words.t("pack.title")
        )
    template = st.file_uploader(
        words.t("pack.template"), type=["pptx", "potx"], key="w_pack_template", max_upload_size=_TEMPLATE_MB,
        help=words.t("pack.template_help"),
    )  # fmt: skip
    picked: Language = "en" if language == "en" else "sv"
    return picked, title.strip(), template.getvalue() if template is not None else None


def _signature(source: str, chosen: Sequence[nav.Entry], language: Language, title: str, template: bytes | None) -> str:
    """What the pack would be built from: another choice, another pack."""
    parts = [
        session.ensure_workspace().data_key, source, language, title, *(entry.address for entry in chosen),
        *(f"{name}={value}" for name, value in sorted(view.parameters("pack").items()) if name != view.LANGUAGE),
        *(repr(finding) for finding in story.findings() if source == _FROM_STORY),
        hashlib.sha256(template or b"").hexdigest(),
    ]  # fmt: skip
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


# --- building ---------------------------------------------------------------------------------------------------------


def _build(
    source: str, chosen: Sequence[nav.Entry], language: Language, title: str, template: bytes | None, choices: str
) -> None:
    """Run the questions, then write the files; a template that cannot be used is said, and nothing is kept."""
    state.set_pack(None)
    opened = session.ensure_workspace()
    words = Words(language, opened.manifest.currency, terms=terms.words_of(opened, language))
    asking = view.t("pack.asking")
    bar = st.progress(0.0, text=text.plain(asking))
    try:
        pages = _of_story() if source == _FROM_STORY else [meeting.wanted(entry) for entry in chosen]
        items, left_out = _answers(pages, words, lambda share: bar.progress(0.6 * share, text=text.plain(asking)))
        said = meeting.about(words)

        def told(share: float) -> None:
            bar.progress(0.6 + 0.3 * share, text=text.plain(view.t("pack.writing")))

        files = {
            "deck": deck.build(items, words, title=title, about=said, template=template, told=told),
            "summary": deck.build(items, words, title=title, about=said, template=template, summary_only=True),
            "workbook": workbook.build(items, words, title=title, about=said),
        }
    except InsightError as refusal:
        st.error(text.plain(guards.in_words(refusal)), icon=":material/error:")
        return
    finally:
        bar.empty()
    told_of = {"format": "pptx, xlsx", "analyses": [one.analysis for one in items]}
    audit.append(opened.folder, "answers_exported", told_of)
    refused = tuple(words.t(f"analysis.{one.analysis}.title") for one in items if not one.results)
    from_story = source == _FROM_STORY
    slides = deck.slide_count(files["deck"])
    state.set_pack(state.Pack(choices, files, slides, refused, left_out, len(pages), from_story))


def _answers(
    pages: Sequence[Sequence[Wanted]], words: Words, told: Callable[[float], object]
) -> tuple[list[Item], tuple[str, ...]]:
    """The answers of every page, and the names of further questions that these data have no answer to.

    A page's first question was asked for: where it has no answer its slide says why. The further ones came along.
    """
    items: list[Item] = []
    left_out: list[str] = []
    for done, page_of in enumerate(pages, start=1):
        for place, one in enumerate(page_of):
            made = meeting.made(one, words)
            if place and not made.results:
                left_out.append(words.t(f"analysis.{one.analysis}.title"))
            else:
                items.append(made)
        told(done / len(pages))
    return items, tuple(dict.fromkeys(left_out))


def _of_story() -> list[list[Wanted]]:
    """The story's findings: each page as it was when it was added, under the presenter's own headline and note."""
    found: list[list[Wanted]] = []
    for finding in story.findings():
        entry = story.entry_of(finding)
        if entry is None or not meeting.questions(entry):
            continue
        with state.viewing({name: value for name, value in finding.view.items() if name != view.LANGUAGE}):
            if view.SCOPE in finding.view and view.scope() is None:
                raise UsageError("pack.story_selection", name=story.name_of(finding))
            found.append(meeting.wanted(entry, title=finding.title, note=finding.note))
    if not found:
        raise UsageError("pack.story_without_answers")
    return found


def _downloads(choices: str) -> None:
    """What was built, as long as nothing has been chosen otherwise since."""
    built, words = state.pack(), view.words()
    if built is None or built.choices != choices:
        return
    with st.container(border=True, key="pack_files"):
        key = "pack.done_story" if built.from_story else "pack.done"
        st.subheader(text.plain(words.t(key, n=built.pages, slides=built.slides)), anchor=False)
        if built.refused:
            st.markdown(text.grey(words.t("pack.done_refused", names=words.list(built.refused))))
        if built.left_out:
            st.markdown(text.grey(words.t("pack.done_left_out", names=words.list(built.left_out))))
        until = cache.extent()[1].isoformat() if session.ensure_workspace().manifest.counts.get("transactions") else ""
        with st.container(horizontal=True):
            for kind, label, ending, mime in _FILES:
                part = words.t("pack.summary_file") if kind == "summary" else ""
                st.download_button(
                    words.t(label), built.files[kind], mime=mime, key=f"pack_{kind}", on_click="ignore",
                    file_name=file_names.of_pack(words, ending, until=until, part=part),
                    type="primary" if kind == "deck" else "secondary", icon=":material/download:",
                )  # fmt: skip
