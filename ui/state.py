"""Everything the session remembers, typed. Nobody else touches `st.session_state`.

`view` is what a link restores (language, period, settings, scope …); `ui/view.py` mirrors it in the address. The rest
is private to the session: the workspace, the chosen marks, the place in a list. Widgets keep their own keys.
"""

import shutil
import tempfile
import weakref
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import streamlit as st

from insight import recipe
from insight.audience import Pairs
from insight.ingest.options import FileMemory
from insight.result import Message
from insight.workspace.forget import Receipt
from insight.workspace.store import Workspace
from ui.reading import Job

_WORKSPACE = "workspace"
_VIEW = "view"
_WRITTEN = "view_written"
_OFFERED = "view_offered"
_PAGE = "page_before"
_PICKS = "picks"
_LATEST = "latest_pick"
_LIST = "list_place"
_CARD = "card_place"
_PERSONAL = "personal_shown"
_TROUBLE = "view_trouble"
_TOLD = "told_in_place"
_OPENED = "opened_parts"
_LEFT_OUT = "settings_left_out_on_the_page"
_INCOMING = "incoming_files"
_KEPT = "files_kept_to_read_again"
_RECEIPT = "forget_receipt"
_FOLDER = "folder_for_files"
_UPLOADER = "uploader_number"
_JOB = "reading_job"
_LEFT_FROM = "story_left_from"
_PACK = "meeting_pack"
_PACK_ORDER = "meeting_pack_order"
_VISIT = "visit"
_TO_TOP = "page_to_top"
_BARE = "address_was_bare"
# What a page that is loaded anew comes back with; the view stands in its address, and what was shown of persons is
# asked for again.
_CARRIED = (_WORKSPACE, _FOLDER, _INCOMING, _KEPT, _JOB, _PACK, _PACK_ORDER, _LEFT_FROM)


@dataclass(frozen=True)
class ListPlace:
    """Where a list stands: sorted by which column, which way, which page (from 1), narrowed by what was typed."""

    sort: str = ""
    descending: bool = True
    page: int = 1
    search: str = ""


@dataclass(frozen=True)
class Pack:
    """A meeting pack that was built: from which choices, its files by kind, how many slides the deck has,
    and what lacked data.

    refused: questions without an answer, which share a slide. left_out: further questions of its pages that had no
    answer, and no slide. pages: of how many pages, or findings.
    """

    choices: str
    files: Mapping[str, bytes]
    slides: int
    refused: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    pages: int = 0
    from_story: bool = False


@dataclass(frozen=True)
class Incoming:
    """A file that waits to be read: where it lies, the name the user knows, and the user's choices.

    ours: it is a copy under a name of ours, to be erased when it is done with; else the user's own file.
    memories: how files were read when it was read first; None for one that was not read yet.
    instead_of: the loaded file whose rows it will replace, itself read in another way.
    refusal: why it was not read as it is chosen now, as a report's JSON form.
    """

    path: Path
    name: str
    options: Pairs = ()
    ours: bool = True
    memories: tuple[FileMemory, ...] | None = None
    instead_of: int | None = None
    refusal: Mapping[str, Any] | None = field(default=None, compare=False)


@dataclass(frozen=True)
class CardPlace:
    """One customer's card as a place in a list (from 0), so that previous and next need no id."""

    audience: str
    sort: str
    descending: bool
    index: int
    search: str = ""


@dataclass(eq=False)
class Visit:
    """What a session holds beyond its address, under a token that only its browser knows."""

    token: str
    held: dict[str, Any]


def keep_visit(token: str) -> Visit:
    """The session's visit with what it holds now; `token` is taken for one that begins."""
    visit: Visit = st.session_state.setdefault(_VISIT, Visit(token, {}))
    visit.held = {key: st.session_state[key] for key in _CARRIED if key in st.session_state}
    return visit


def resume(left: Visit) -> None:
    """Hold what another session of the same browser tab held."""
    for key, value in left.held.items():
        st.session_state[key] = value


def workspace() -> Workspace | None:
    """The session's own workspace, if one is open."""
    return st.session_state.get(_WORKSPACE)


def set_workspace(opened: Workspace, *, afresh: bool = False) -> None:
    """Make it the session's workspace; one in a private folder is erased when the session ends or takes another.

    What was decided (the recipe) goes along from the one before; what the new one knows itself wins. Bounds that fit
    the demo company fit nobody else. afresh: only the words of the trade go along.
    """
    before = workspace()
    if before is not None and before.folder != opened.folder:
        known = recipe.read(before.folder)
        known = replace(known, ladders=()) if before.manifest.demo else known
        known = known.words_alone() if afresh else known
        recipe.write(opened.folder, known.taking(recipe.read(opened.folder)))
        before.close()
        if before.folder.name.startswith("kundkompass-"):
            erase(before.folder)
    if opened.folder.name.startswith("kundkompass-"):
        weakref.finalize(opened, erase, opened.folder)
    st.session_state[_WORKSPACE] = opened
    if before is not None:
        # At the first visit a link may already have said what is chosen.
        set_picks({})
    st.session_state.pop(_CARD, None)


def forget_the_data() -> None:
    """Let go of what was made, said and looked up while the data were open that are now put away."""
    for key in (_PACK, _PACK_ORDER, _LEFT_FROM, _LIST, _RECEIPT, _TOLD, _OPENED):
        st.session_state.pop(key, None)


def erase(folder: Path) -> None:
    """Remove a session's folder; one that is gone already is as it should be."""
    shutil.rmtree(folder, ignore_errors=True)


def view() -> dict[str, str]:
    """What a link restores, by parameter name. Only values that differ from the default are held."""
    return st.session_state.setdefault(_VIEW, {})


def set_view(values: Mapping[str, str]) -> None:
    """Replace what a link restores."""
    st.session_state[_VIEW] = {name: value for name, value in values.items() if value != ""}


@contextmanager
def viewing(values: Mapping[str, str]) -> Iterator[None]:
    """For the time of a block, the view of a finding in place of the reader's own."""
    own = view()
    set_view(values)
    try:
        yield
    finally:
        set_view(own)


def change_view(**changes: str | None) -> None:
    """Change some of it; None or '' goes back to the default."""
    set_view({**view(), **{name: value or "" for name, value in changes.items()}})


def change_view_of(name: str, value: str | None) -> None:
    """Change one parameter whose name is not a Python word."""
    set_view({**view(), name: value or ""})


def written_view() -> dict[str, str] | None:
    """The parameters that the address was last given; None before the first run."""
    return st.session_state.get(_WRITTEN)


def set_written_view(values: Mapping[str, str]) -> None:
    """Remember what the address was given."""
    st.session_state[_WRITTEN] = dict(values)


def offered_view() -> dict[str, str] | None:
    """The parameters that a way to another page was last given."""
    return st.session_state.get(_OFFERED)


def set_offered_view(values: Mapping[str, str]) -> None:
    """Remember what a way to another page was given."""
    st.session_state[_OFFERED] = dict(values)


def page_before() -> str | None:
    """The page of the last run."""
    return st.session_state.get(_PAGE)


def set_page_before(name: str) -> None:
    """Remember the page of this run."""
    st.session_state[_PAGE] = name


def pick(analysis: str) -> Pairs:
    """The mark chosen on an analysis, as meaning; empty when none is."""
    return st.session_state.get(_PICKS, {}).get(analysis, ())


def set_pick(analysis: str, mark: Pairs) -> None:
    """Choose a mark, or none with ()."""
    st.session_state[_PICKS] = {**st.session_state.get(_PICKS, {}), analysis: mark}
    set_latest_pick(page_before(), analysis)


def set_picks(marks: Mapping[str, Pairs]) -> None:
    """Let these be the chosen marks and no others."""
    st.session_state[_PICKS] = dict(marks)
    st.session_state.pop(_LATEST, None)


def latest_pick() -> tuple[str | None, str] | None:
    """The page (None: the one that a link opens) and the analysis where a mark was last chosen or let go."""
    return st.session_state.get(_LATEST)


def set_latest_pick(page: str | None, analysis: str) -> None:
    """Remember where a mark was chosen last."""
    st.session_state[_LATEST] = (page, analysis)


def list_place(audience: str) -> ListPlace:
    """Where the list of that audience stands."""
    kept = st.session_state.get(_LIST)
    return kept[1] if kept and kept[0] == audience else ListPlace()


def set_list_place(audience: str, place: ListPlace) -> None:
    """Remember where the list stands; only the latest list is kept."""
    st.session_state[_LIST] = (audience, place)


def card() -> CardPlace | None:
    """The card that is open, if any."""
    return st.session_state.get(_CARD)


def set_card(place: CardPlace) -> None:
    """Open a card."""
    st.session_state.pop(_RECEIPT, None)
    st.session_state[_CARD] = place


def receipt() -> Receipt | None:
    """The receipt of the customer who was forgotten last, until another card is opened."""
    return st.session_state.get(_RECEIPT)


def set_receipt(found: Receipt) -> None:
    """Show the receipt in the place of the card, which is nobody's any more."""
    st.session_state[_RECEIPT] = found
    st.session_state.pop(_CARD, None)


def personal_shown() -> bool:
    """Whether names and addresses are shown; asked for once a session, never in a link."""
    return bool(st.session_state.get(_PERSONAL, False))


def set_personal_shown(shown: bool) -> None:
    """Show or hide names and addresses."""
    st.session_state[_PERSONAL] = shown


def troubles() -> tuple[Message, ...]:
    """What could not be done as it was asked for, such as following a link; read once."""
    return st.session_state.pop(_TROUBLE, ())


def set_trouble(key: str, **values: object) -> None:
    """Say at the top of the next page what could not be done as it was asked for; the same thing once."""
    said: tuple[Message, ...] = st.session_state.get(_TROUBLE, ())
    message = Message(key, values)
    if message not in said:
        st.session_state[_TROUBLE] = (*said, message)


def tell(place: str, key: str, **values: object) -> None:
    """Say at a place of the page what came of a click there, at the next run."""
    st.session_state[_TOLD] = (place, Message(key, values))


def told(place: str) -> Message | None:
    """What there is to say at that place; read once."""
    kept = st.session_state.get(_TOLD)
    return st.session_state.pop(_TOLD)[1] if kept and kept[0] == place else None


def set_bare(said_nothing: bool) -> None:
    """Remember whether the address of this run had no parameters; runs where it had none are counted."""
    st.session_state[_BARE] = (said_nothing, st.session_state.get(_BARE, (False, 0))[1] + said_nothing)


def bare() -> int:
    """The number of the run whose address had no parameters; 0 when this run's had some."""
    said_nothing, number = st.session_state.get(_BARE, (False, 0))
    return number if said_nothing else 0


def to_top() -> None:
    """Let the next run show the page from its top, where what changed is said."""
    st.session_state[_TO_TOP] = st.session_state.get(_TO_TOP, 0) + 1


def tops() -> int:
    """How many times the page was to be shown from its top."""
    return st.session_state.get(_TO_TOP, 0)


def begin_page() -> None:
    """Nothing has been said on the page yet."""
    st.session_state[_LEFT_OUT] = set()


def first_said(sentence: str) -> bool:
    """Whether the page has not said so yet, of a setting that was left out; from now on it has."""
    said: set[str] = st.session_state.setdefault(_LEFT_OUT, set())
    news = sentence not in said
    said.add(sentence)
    return news


def widget(key: str) -> Any:
    """What a keyed widget holds, for callbacks."""
    return st.session_state.get(key)


def set_widget(key: str, value: Any) -> None:
    """Give a keyed widget its value before it is drawn, so that the view and not the widget is the truth.

    At every run, not only at a change: a run that is cut short may never have reached the browser.
    """
    st.session_state[key] = value


def forget_widget(key: str) -> None:
    """Let a keyed widget start over."""
    st.session_state.pop(key, None)


def opened(name: str) -> bool:
    """Whether a part of the page that can be unfolded is."""
    return name in st.session_state.get(_OPENED, ())


def toggle(name: str) -> None:
    """Unfold it, or fold it again."""
    st.session_state[_OPENED] = frozenset(st.session_state.get(_OPENED, ())) ^ {name}


class _Folder:
    """A private folder that is erased with the session that holds it, or with the process."""

    def __init__(self) -> None:
        self.path = Path(tempfile.mkdtemp(prefix="kundkompass-in-"))
        weakref.finalize(self, erase, self.path)


def folder_for_files() -> Path:
    """Where dropped files lie until they are read; a session that is cut off keeps it, and a reload takes it on."""
    made: _Folder = st.session_state.get(_FOLDER) or _Folder()
    st.session_state[_FOLDER] = made
    return made.path


def incoming() -> tuple[Incoming, ...]:
    """The files that were dropped and wait to be read."""
    return st.session_state.get(_INCOMING, ())


def set_incoming(files: tuple[Incoming, ...]) -> None:
    """Replace the files that wait."""
    st.session_state[_INCOMING] = files


def kept_files() -> dict[str, Incoming]:
    """Files that were read and may be read again, by workspace and file number."""
    return dict(st.session_state.get(_KEPT, {}))


def set_kept_files(files: Mapping[str, Incoming]) -> None:
    """Replace the files that may be read again."""
    st.session_state[_KEPT] = dict(files)


def left_from() -> tuple[str, dict[str, str]] | None:
    """The page and its parameters where a story was started, if it was started in this session."""
    return st.session_state.get(_LEFT_FROM)


def set_left_from(page: str, parameters: Mapping[str, str]) -> None:
    """Remember where a story was started."""
    st.session_state[_LEFT_FROM] = (page, dict(parameters))


def pack() -> Pack | None:
    """The meeting pack that was built last."""
    return st.session_state.get(_PACK)


def set_pack(built: Pack | None) -> None:
    """Keep a meeting pack to be downloaded."""
    st.session_state[_PACK] = built


def pack_order() -> tuple[str, ...]:
    """The pages of a meeting pack in their order, by address."""
    return st.session_state.get(_PACK_ORDER, ())


def set_pack_order(addresses: Sequence[str]) -> None:
    """Let the pages of a meeting pack stand in that order."""
    st.session_state[_PACK_ORDER] = tuple(addresses)


def uploader_number() -> int:
    """Part of the uploader's key: a new number empties it, so that no file stays in memory twice."""
    return st.session_state.get(_UPLOADER, 0)


def empty_uploader() -> None:
    """Let the uploader start over."""
    st.session_state[_UPLOADER] = uploader_number() + 1


def job() -> Job | None:
    """The files that are being read beside the page, if any are."""
    return st.session_state.get(_JOB)


def set_job(started: Job | None) -> None:
    """Remember what is being read, or that nothing is any more."""
    st.session_state[_JOB] = started
