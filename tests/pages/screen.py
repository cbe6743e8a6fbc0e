"""The app without a browser: open a page on some data, and read what it says."""

import re
from collections.abc import Iterator
from typing import Any

from streamlit.testing.v1 import AppTest

from insight.i18n.catalog import Language, catalogue
from insight.workspace.store import Workspace
from ui.nav import ROOT

_ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")
_DRESS = re.compile(r":(?:gray|small|orange|green|red|gray-badge|orange-background|material/\w+)(?:\[|:)|\]|\*\*")
_FIELDS = ("value", "label", "placeholder", "help", "body")


def opened(page: str = "", workspace: Workspace | None = None, **address: str) -> AppTest:
    """The app on a page ('customers/list'; the first one unless told)."""
    app = AppTest.from_file(str(ROOT.parent / "app.py"), default_timeout=120)
    for name, value in address.items():
        app.query_params[name] = value
    if workspace is not None:
        app.session_state["workspace"] = workspace
    app.run()
    # The first run is what makes the pages known; a page that is asked for before it is not found.
    return app.switch_page(f"pages/{page}.py").run() if page else app


def _walk(block: Any) -> Iterator[Any]:
    for child in block.children.values():
        yield child
        if hasattr(child, "children"):
            yield from _walk(child)


def texts(app: AppTest) -> list[str]:
    """Everything a visitor reads outside charts and canvas tables, without its markup."""
    found: list[str] = []
    for element in _walk(app._tree):
        if getattr(element, "type", "") == "html":
            continue
        options = getattr(element, "options", None) or []
        for field in _FIELDS:
            # What a picker holds is a key; what it shows are its options.
            hidden = field == "value" and (options or hasattr(element, "children"))
            value = None if hidden else getattr(element, field, None)
            if isinstance(value, str):
                found.append(value)
        found += [option for option in options if isinstance(option, str)]
    return [plain(text) for text in found if text]


def popovers(app: AppTest) -> list[str]:
    """What stands on the buttons that open further pickers."""
    blocks = [getattr(child, "proto", None) for child in _walk(app._tree)]
    return [plain(block.popover.label) for block in blocks if getattr(block, "popover", None) and block.popover.label]


def plain(text: str) -> str:
    """Text without escapes and colours."""
    return _DRESS.sub("", _ESCAPED.sub(r"\1", text)).strip()


def headline(app: AppTest) -> str:
    """The page's one headline."""
    assert len(app.title) == 1, [title.value for title in app.title]
    return plain(app.title[0].value)


def foreign(language: Language) -> set[str]:
    """Whole sentences and labels that only the other language has."""
    own, other = catalogue(language), catalogue("en" if language == "sv" else "sv")
    return {text for key, text in other.items() if "{" not in text and text != own[key]} - set(own.values())
