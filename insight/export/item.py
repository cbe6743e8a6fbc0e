"""What goes along to a meeting: one answer with all that a slide or a sheet says about it."""

from dataclasses import dataclass

from insight.audience import Pairs
from insight.errors import InsightError
from insight.result import Message, Result


@dataclass(frozen=True)
class Item:
    """One answer on its way to a slide, a sheet or a line of the summary.

    analysis: its key. outcome: the Result, or the refusal that says why the data cannot carry it (then the slide says
    so). settings: what was chosen, as text. scope: the audience's sentence in the deck's language, '' for all
    customers. command: the command line that gives the same figures. title: a headline of the presenter's own in place
    of the finding's; note: what to say, first in the speaker notes. Both are the user's text, in no language of ours.
    name: what the group is called beside another. other: the same question's answer for that other group, shown on the
    same slide and sheet. apart: the two have no customer in common. size: the customers in the scope, None where the
    answer speaks of all or where that cannot be told.
    """

    analysis: str
    outcome: Result | InsightError
    settings: Pairs = ()
    scope: str = ""
    command: str = ""
    title: str = ""
    note: str = ""
    name: str = ""
    other: "Item | None" = None
    apart: bool = False
    size: int | None = None

    @property
    def results(self) -> tuple[Result, ...]:
        """The answers there are: of one group, or of the two that stand side by side."""
        return tuple(one.result for one in (self, self.other) if one and one.result)

    @property
    def result(self) -> Result | None:
        """The answer, None where the data could not carry it."""
        return self.outcome if isinstance(self.outcome, Result) else None

    @property
    def refusal(self) -> Message | None:
        """Why there is no answer."""
        if isinstance(self.outcome, Result):
            return None
        return Message(self.outcome.key, self.outcome.values)
