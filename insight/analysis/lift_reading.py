"""What every question about effects starts from: the trial as it was read, its checks, its arms, and what stops it."""

from collections.abc import Mapping
from dataclasses import dataclass

from insight.analysis.lift_checks import Checked, check
from insight.analysis.lift_measures import Arm, arms_of, moments, rivals
from insight.analysis.lift_rules import Trial, make_customers, require_costs
from insight.errors import NotEnoughDataError, UsageError
from insight.result import Evidence, Message, Note
from insight.settings import Setting, Settings
from insight.workspace.engine import Query

ARM = Setting("arm", "text", None)

# The deciding figure of a customer, by its name in $metric.
FIGURE = """
    CASE
        WHEN $metric = 'spend' THEN cast(sales AS DOUBLE)
        WHEN $metric = 'margin' THEN cast(margin AS DOUBLE)
        ELSE cast(margin AS DOUBLE) - cast(cost AS DOUBLE)
    END
"""


@dataclass(frozen=True)
class Reading:
    """A trial with its checks and arms. `against` names what each arm is told against."""

    trial: Trial
    checked: Checked
    arms: Mapping[str, Arm]
    against: Mapping[str, str]

    @property
    def blocked(self) -> bool:
        """Whether the arms' sizes do not fit the plan: then nothing is said about effects."""
        return self.checked.ratio is not None and self.checked.ratio.mismatch

    @property
    def claims(self) -> bool:
        """Whether an effect may be told: sizes as planned, arms that were alike before and tested at the same time."""
        return not self.blocked and self.checked.drawn and self.checked.same_time

    @property
    def stop(self) -> Message | None:
        """Why no effect may be told; None when it may."""
        if self.blocked:
            return Message("lift.verdict_blocked")
        if not self.checked.drawn:
            return Message("lift.verdict_not_drawn")
        return None if self.checked.same_time else Message("lift.verdict_other_times")

    @property
    def evidence(self) -> Evidence:
        """Measured, where the arms were drawn and hold; association where they were not.

        Drawn arms of which none is called control are measured all the same: each is the control of the other. The
        note `no_control` says what that leaves open, and the badge names the other arm instead of a control.
        """
        return "control" if self.claims else "association"

    @property
    def metric(self) -> Message:
        """The deciding figure in words."""
        return Message(f"lift.metric.{self.trial.primary}")

    @property
    def notes(self) -> tuple[Note, ...]:
        """What must be said about input and checks before any effect."""
        return (*self.checked.notes, *self.trial.notes)

    def leading(self, settings: Settings) -> str:
        """The arm asked for with `arm`, else the one that leads on the deciding figure.

        Raises UsageError for an arm that is not compared with another.
        """
        asked = settings["arm"]
        if asked:
            for name in self.against:
                if name.lower() == str(asked).strip().lower():
                    return name
            raise UsageError("lift.unknown_arm", name=asked, known=", ".join(self.against))
        return max(self.against, key=lambda name: self.arms[name].mean(self.trial.primary) or 0.0)


def read(query: Query, settings: Settings) -> Reading:
    """Make `lift_customers`, run the checks, read the arms.

    Raises NotEnoughDataError for fewer than two arms with customers, an empty control, and no sales in the window;
    UsageError for a cost below 0.
    """
    trial = make_customers(query, settings)
    require_costs(trial, settings)
    return reading_of(trial, check(query, settings, trial), arms_of(moments(query), trial))


def reading_of(trial: Trial, checked: Checked, arms: Mapping[str, Arm]) -> Reading:
    """The reading of arms that can be compared. Raises NotEnoughDataError for those that cannot."""
    if len(arms) < 2 or trial.reference not in arms:
        empty = [name for name in trial.arms if name not in arms]
        raise NotEnoughDataError("lift.empty_arm", names=", ".join(empty))
    if not any(arm.buyers for arm in arms.values()):
        raise NotEnoughDataError("lift.no_sales", window=trial.window, first=trial.first_on)
    return Reading(trial, checked, arms, rivals(trial, arms))
