"""What the log keeps of an error: its kind and where it happened, never its text, which can quote a customer."""

import logging
import traceback
from pathlib import Path
from types import TracebackType

_STREAMLIT = "streamlit.error_util"
_PLACES = 6


def places(trace: TracebackType | None) -> str:
    """The innermost files and lines of a traceback, without any folder of this machine."""
    frames = traceback.extract_tb(trace)[-_PLACES:]
    return " > ".join(f"{Path(frame.filename).name}:{frame.lineno}" for frame in frames)


class WithoutText(logging.Filter):
    """Takes the error's text out of a record that carries one."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Keep the record, without the text."""
        kind, _, trace = record.exc_info or (None, None, None)
        if kind is not None:
            record.msg, record.args = f"{kind.__name__} at {places(trace)}", ()
            record.exc_info = record.exc_text = None
        return True


def guard() -> None:
    """Let Streamlit's own log of uncaught errors keep to the same rule."""
    logging.getLogger(_STREAMLIT).addFilter(WithoutText())
