"""The error page: what the visitor reads when something of ours breaks, and what the log keeps of it.

Neither shows the error's text: it can quote a row of a customer. The two share a code, so that one can be found from
the other.
"""

import logging
import secrets
from collections.abc import Generator
from contextlib import contextmanager

import streamlit as st

from insight.errors import InsightError
from insight.result import Message
from ui import guards, logs, text, view

_log = logging.getLogger("kundkompass")


@contextmanager
def caught() -> Generator[None]:
    """Run a part of the page; a refusal is said in place, a fault gets a code. The rest of the page stays alive."""
    try:
        yield
    except InsightError as refusal:
        guards.refused(refusal)
    except Exception as fault:  # noqa: BLE001 - the last stop before the visitor
        show(fault)


def show(fault: Exception) -> None:
    """Say that something went wrong, with a code; log where, never what."""
    code = f"{type(fault).__name__}-{secrets.token_hex(3)}"
    _log.error("%s at %s", code, logs.places(fault.__traceback__))
    words = view.words()
    with st.container(key="fault", gap="small"):
        st.title(text.plain(words.t("ui.fault_title")))
        st.error(text.plain(words.message(Message("error.unexpected", {"code": code}))), icon=":material/error:")


def outside_a_page(fault: Exception) -> bool:
    """For what breaks before the page runs, as in answer to a click: our words instead of Streamlit's."""
    if isinstance(fault, InsightError):
        guards.refused(fault)
    else:
        show(fault)
    return True
