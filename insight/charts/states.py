"""Colours by what a group is: a segment's state, a kind of answerer. A hue never means just 'another group'."""

from insight.charts.subject import Subject
from insight.charts.theme import SegmentState

_STATES: dict[str, SegmentState] = {
    "core": "core", "champions": "core", "loyal": "core", "promoter": "core", "promoters": "core",
    "up": "core", "active": "core", "kept": "core",
    "growing": "growing", "potential_loyal": "growing", "new": "growing", "promising": "growing",
    "returned": "growing", "reactivated": "growing",
    "need_attention": "at_risk", "about_to_sleep": "at_risk", "at_risk": "at_risk", "cant_lose": "at_risk",
    "detractor": "at_risk", "detractors": "at_risk", "down": "at_risk", "slipping": "at_risk",
    "passive": "dormant", "passives": "dormant", "sleeping": "dormant", "dormant": "dormant", "inactive": "dormant",
    "hibernating": "dormant", "flat": "dormant", "paused": "dormant", "others": "dormant",
    "lost": "lost", "none": "lost",
}  # fmt: skip


# All eleven answers of a recommendation question.
_SCORES = {str(score) for score in range(11)}


def _state_of_score(score: int) -> SegmentState:
    return "core" if score >= 9 else "dormant" if score >= 7 else "at_risk"


def of_column(column: str) -> SegmentState | None:
    """What the group that a whole column speaks of is: 'detractor_share' is at risk."""
    return _STATES.get(column.removesuffix("_share")) if column.endswith("_share") else None


def colours(subject: Subject) -> list[str]:
    """A colour a row by the states in the `color` column, else by the keys themselves; empty when they tell no state.

    A row without a state among rows that have one (customers outside the segmentation) is grey.
    """
    column = subject.chart.color if subject.chart.color in subject.table.columns else subject.chart.x
    cells = [str(cell) for cell in subject.table[column].tolist()]
    if subject.unit(column) in ("score", "text") and set(cells) == _SCORES:
        return [subject.palette.segment(_state_of_score(int(cell))) for cell in cells]
    known: list[SegmentState | None] = [_STATES.get(cell) for cell in cells]
    if 2 * known.count(None) >= max(len(cells), 1):
        return []
    return [subject.palette.segment(state) if state else subject.palette.grey for state in known]
