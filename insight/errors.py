"""What can go wrong, as a small tree: every error is one catalogue sentence with its values.

The argument is a catalogue key; the values fill the sentence. No error carries a cell of the user's data.
"""


class InsightError(Exception):
    """A refusal that the user can understand and act on. `key` is a catalogue key, `values` fill its sentence."""

    def __init__(self, key: str, **values: object) -> None:
        super().__init__(key)
        self.key = key
        self.values = values


class UsageError(InsightError):
    """Wrong use: an unknown analysis, setting or table, or a value that cannot be read."""


class IngestError(InsightError):
    """A file that cannot be read as asked; nothing was loaded from it."""


class WorkspaceError(InsightError):
    """A workspace that is missing, damaged, locked or out of space."""


class NotEnoughDataError(InsightError):
    """The data cannot carry the figure; the sentence says what is needed and what there is."""
