"""The winner rule: from intervals and p values to one verdict, as codes without words.

All must hold before anything is claimed: the sample ratio is right, the planned day is reached (or intervals were
always-valid by choice made before), the Holm-adjusted p is below α and the interval lies on one side of 0.
"""

from collections.abc import Callable, Mapping
from itertools import combinations
from typing import NamedTuple

from insight.stats.means import Difference
from insight.stats.moments import check_share
from insight.stats.multiplicity import holm
from insight.stats.sample_ratio import MISMATCH_PVALUE

Compare = Callable[[str, str], Difference]
"""Difference first arm - second arm on the primary figure."""


class Verdict(NamedTuple):
    """What may be said.

    code: `blocked_srm` customers per arm do not fit the plan: nothing is said about effects;
    `not_complete` the planned day is not reached; `untestable` no arm could be compared at all;
    `no_effect` nothing shown; `loses` nothing beats control and at least one arm is worse than it;
    `beats_control` exactly one arm beats it; `best` several do and one beats each of the others;
    `no_clear_winner` several do (or, without a control, arms) and no single one beats the others.
    `winners` beat control (without a control: the best arm), `losers` are worse, `best` is the one best arm.
    `pvalues` are Holm-adjusted per arm, `pairwise` per pair that was compared in the second family.
    `notes`: `sample_ratio_unchecked` (no plan known), `best_of_several` (the observed lift of the best of K arms is
    biased upwards).
    """

    code: str
    winners: tuple[str, ...]
    losers: tuple[str, ...]
    best: str | None
    pvalues: dict[str, float | None]
    pairwise: dict[tuple[str, str], float | None]
    notes: tuple[str, ...]

    def adjusted(self, arm: str, other: str) -> float | None:
        """The Holm-adjusted p of an arm against control, or of its pair where there is no control; None untested."""
        if arm in self.pvalues:
            return self.pvalues[arm]
        return self.pairwise.get((arm, other), self.pairwise.get((other, arm)))


def decide(
    against_control: Mapping[str, Difference],
    compare: Compare,
    *,
    sample_ratio_pvalue: float | None,
    complete: bool,
    always_valid: bool = False,
    alpha: float = 0.05,
) -> Verdict:
    """The verdict of a test with a control, on the one primary figure (net profit per assigned customer).

    `against_control`: arm → its difference to control; `compare` is asked only about arms that beat control.
    `complete`: the planned day is reached. With `always_valid` the differences come from `sequential.always_valid`.
    """
    check_share(alpha, "The significance level")
    notes = _notes(sample_ratio_pvalue)
    stopped = _stopped(sample_ratio_pvalue, complete or always_valid)
    if stopped:
        return Verdict(stopped, (), (), None, {}, {}, notes)
    arms = list(against_control)
    adjusted = dict(zip(arms, holm([against_control[arm].pvalue for arm in arms]), strict=True))
    if all(p is None for p in adjusted.values()):
        return Verdict("untestable", (), (), None, adjusted, {}, notes)
    winners = tuple(arm for arm in arms if _side(against_control[arm], adjusted[arm], alpha) > 0)
    losers = tuple(arm for arm in arms if _side(against_control[arm], adjusted[arm], alpha) < 0)
    if not winners:
        return Verdict("loses" if losers else "no_effect", (), losers, None, adjusted, {}, notes)
    if len(arms) > 1:
        notes = (*notes, "best_of_several")
    if len(winners) == 1:
        return Verdict("beats_control", winners, losers, None, adjusted, {}, notes)
    best, pairwise = _best(winners, compare, alpha)
    return Verdict("best" if best else "no_clear_winner", winners, losers, best, adjusted, pairwise, notes)


def decide_without_control(
    arms: tuple[str, ...],
    compare: Compare,
    *,
    sample_ratio_pvalue: float | None,
    complete: bool,
    always_valid: bool = False,
    alpha: float = 0.05,
) -> Verdict:
    """The verdict where every arm was contacted: only which is best can be said, never that contact paid at all.

    One Holm family over all pairs. `best`, `no_clear_winner`, or what stops a verdict; one arm alone is `untestable`.
    """
    check_share(alpha, "The significance level")
    notes = _notes(sample_ratio_pvalue)
    stopped = _stopped(sample_ratio_pvalue, complete or always_valid)
    if stopped:
        return Verdict(stopped, (), (), None, {}, {}, notes)
    best, pairwise = _best(arms, compare, alpha)
    if all(p is None for p in pairwise.values()):
        return Verdict("untestable", (), (), None, {}, pairwise, notes)
    if best is None:
        return Verdict("no_clear_winner", (), (), None, {}, pairwise, notes)
    return Verdict("best", (best,), (), best, {}, pairwise, (*notes, "best_of_several"))


def _notes(sample_ratio_pvalue: float | None) -> tuple[str, ...]:
    return ("sample_ratio_unchecked",) if sample_ratio_pvalue is None else ()


def _stopped(sample_ratio_pvalue: float | None, may_look: bool) -> str | None:
    if sample_ratio_pvalue is not None and not 0 <= sample_ratio_pvalue <= 1:
        raise ValueError(f"A p value must lie between 0 and 1, not {sample_ratio_pvalue}.")
    if sample_ratio_pvalue is not None and sample_ratio_pvalue < MISMATCH_PVALUE:
        return "blocked_srm"
    return None if may_look else "not_complete"


def _side(difference: Difference, pvalue: float | None, alpha: float) -> int:
    """1 when shown to be above 0, -1 when shown to be below, 0 when nothing is shown."""
    if pvalue is None or pvalue >= alpha or difference.ci_lower is None or difference.ci_upper is None:
        return 0
    return (difference.ci_lower > 0) - (difference.ci_upper < 0)


def _best(
    arms: tuple[str, ...], compare: Compare, alpha: float
) -> tuple[str | None, dict[tuple[str, str], float | None]]:
    """The arm that beats each of the others, every pair in one Holm family; None when there is none."""
    pairs = list(combinations(arms, 2))
    differences = [compare(first, second) for first, second in pairs]
    adjusted = holm([difference.pvalue for difference in differences])
    wins = dict.fromkeys(arms, 0)
    for (first, second), difference, pvalue in zip(pairs, differences, adjusted, strict=True):
        side = _side(difference, pvalue, alpha)
        if side:
            wins[first if side > 0 else second] += 1
    best = [arm for arm in arms if len(arms) > 1 and wins[arm] == len(arms) - 1]
    return (best[0] if best else None), dict(zip(pairs, adjusted, strict=True))
