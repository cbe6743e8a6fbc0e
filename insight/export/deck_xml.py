"""Elements that the library has no word for."""

from typing import Any

from pptx.oxml.xmlchemy import OxmlElement


def element(name: str, **attributes: str) -> Any:
    """A loose element, such as `c:errBars`."""
    made: Any = OxmlElement(name)
    for attribute, value in attributes.items():
        made.set(attribute, value)
    return made


def child(parent: Any, name: str, **attributes: str) -> Any:
    """An element, last in its parent."""
    made = element(name, **attributes)
    parent.append(made)
    return made
