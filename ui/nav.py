"""The pages as data: section, file, address. A page is in the menu when its file exists.

A new file in `pages/<section>/` is found by itself; `_ORDER` only says where it stands. Its title is the catalogue key
`page.<section>.<file>`, its address the file's name. The first page lives at `/`.
"""

from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from insight.i18n.catalog import Words

ROOT = Path(__file__).parent.parent / "pages"
SECTIONS = ("customers", "value", "campaigns", "voice", "data")
FIRST = ("customers", "overview")
# The address of the page of files.
FILES = "upload"
_HIDDEN = {("customers", "card")}
_ORDER = {
    "customers": (
        "overview", "segments_rfm", "segments_value", "segments_lifecycle", "segments_clusters", "concentration",
        "cross", "list", "card",
    ),
    "value": ("ladder", "movement", "bridge", "next_step", "what_if", "potential"),
    "campaigns": ("verdict", "checks", "curve", "segments", "plan", "register", "totals"),
    "voice": ("nps", "nps_spend", "nps_before_after", "nps_response", "nps_act"),
    "data": ("upload", "quality", "recipe", "story", "pack", "log", "definitions"),
}  # fmt: skip


@dataclass(frozen=True)
class Entry:
    """One page of the registry."""

    section: str
    name: str

    @property
    def path(self) -> str:
        """The file, as Streamlit is told of it."""
        return f"pages/{self.section}/{self.name}.py"

    @property
    def address(self) -> str:
        """The address; the same in every language."""
        return self.name.replace("_", "-")

    @property
    def title(self) -> str:
        """The catalogue key of its name in the menu."""
        return f"page.{self.section}.{self.name}"

    @property
    def hidden(self) -> bool:
        """Whether it is reached from other pages only."""
        return (self.section, self.name) in _HIDDEN


def entries() -> list[Entry]:
    """Every page whose file exists, in the menu's order."""
    found: list[Entry] = []
    for section in SECTIONS:
        names = {path.stem for path in (ROOT / section).glob("[a-z]*.py")}
        ordered = [name for name in _ORDER.get(section, ()) if name in names]
        found += [Entry(section, name) for name in (*ordered, *sorted(names - set(ordered)))]
    return found


def at(url_path: str) -> Entry | None:
    """The page at an address, as Streamlit gives it: nothing for the first page."""
    return next((entry for entry in entries() if entry.address == (url_path or FIRST[1].replace("_", "-"))), None)


def path(section: str, name: str) -> str:
    """The page's file, as Streamlit is told of it."""
    return Entry(section, name).path


def exists(section: str, name: str) -> bool:
    """Whether the product has that page."""
    return (ROOT / section / f"{name}.py").is_file()


def pages(words: Words) -> dict[str, list["st.Page"]]:
    """The menu in the words' language: section title → pages."""
    menu: dict[str, list[st.Page]] = {}
    for entry in entries():
        page = st.Page(
            entry.path,
            title=words.t(entry.title),
            url_path=entry.address,
            default=(entry.section, entry.name) == FIRST,
            visibility="hidden" if entry.hidden else "visible",
        )
        menu.setdefault(words.t(f"section.{entry.section}"), []).append(page)
    return menu
