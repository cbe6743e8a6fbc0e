"""What a list's money speaks of, in words: the period beside every sum, and both sums where there are two."""

from insight.audience import Audience, Mark
from insight.customer_list import Summary
from insight.errors import InsightError
from insight.export.written import period_words
from ui import cache, view

_CODE_LENGTH, _SHOWN = 64, 10
_HEX = frozenset("0123456789abcdef")
# Analyses whose lists hold the money of exactly the period that the answer names.
_WHOLE_FAMILIES = ("overview", "segments", "concentration")
_WHOLE = frozenset((
    "ladder.steps", "ladder.next_step", "ladder.potential", "ladder.levels", "ladder.what_if", "ladder.holdout",
))  # fmt: skip


def short_id(customer_id: object) -> str:
    """An id as it stands; the beginning of the code that is kept instead of a personal number."""
    name = str(customer_id)
    return f"{name[:_SHOWN]}…" if is_code(name) else name


def is_code(customer_id: str) -> bool:
    """Whether an id looks as what is stored instead of a personal number."""
    return len(customer_id) == _CODE_LENGTH and set(customer_id) <= _HEX


def period(audience: Audience | None, found: Summary) -> str:
    """'sammanlagt', 'nov 2024 – okt 2025', 'i frågans period': what the money of a list was bought in."""
    words = view.words()
    if found.covers == "all_time" or not isinstance(audience, Mark):
        return words.t("people.period.all_time")
    if audience.analysis.partition(".")[0] in _WHOLE_FAMILIES or audience.analysis in _WHOLE:
        try:
            basis = cache.run_within(audience.analysis, audience.settings, audience.within).basis
        except InsightError:
            # The list can be made where its answer cannot; then the question itself is all there is to name.
            return words.t("people.period.own")
        if basis.end:
            return period_words(words, basis)
    return words.t("people.period.own")


def bought(audience: Audience | None, found: Summary) -> str:
    """'412 kunder som handlat för 3,1 mn kr nov 2024 – okt 2025.' – or for how much before and after."""
    words = view.words()
    if not found.totals:
        return words.t("ui.audience_count", n=found.n_customers)
    if found.before_after:
        before, after = found.before_after
        return words.t("people.period.changed", n=found.n_customers, before=before, after=after)
    return words.t(
        "people.period.n_bought", n=found.n_customers, sales=found.sales, period=period(audience, found)
    )  # fmt: skip
