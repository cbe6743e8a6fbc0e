"""Sample ratio: did as many customers land in each arm as the plan said?

A mismatch means that the draw, the delivery or the file lost customers in one arm more than in another, and then no
effect can be trusted (Fabijan et al. 2019).
"""

from collections.abc import Sequence
from typing import NamedTuple

from scipy import stats

from insight.stats.moments import check_count, check_share, finite

MISMATCH_PVALUE = 0.001
"""Below this the sample ratio blocks every verdict."""


class SampleRatio(NamedTuple):
    """Chi-square of customers per arm against the plan; `expected` in the order of the arms."""

    pvalue: float | None
    statistic: float | None
    df: int
    expected: tuple[float, ...]

    @property
    def mismatch(self) -> bool:
        """Whether the verdict is blocked."""
        return self.pvalue is not None and self.pvalue < MISMATCH_PVALUE


def sample_ratio_test(observed: Sequence[int], planned: Sequence[float]) -> SampleRatio:
    """Chi-square over all arms against the planned shares, df = K - 1.

    `planned` are shares or any weights in the same proportion, all above 0. None with fewer than two arms or without
    customers. Raises ValueError for weights of 0 or less and for lists of different length.
    """
    counts = [check_count(n, "The number of customers") for n in observed]
    weights = [finite(weight) for weight in planned]
    known = [weight for weight in weights if weight is not None and weight > 0]
    if len(counts) != len(weights):
        raise ValueError(f"There are {len(counts)} arms but {len(weights)} planned shares.")
    if len(known) != len(weights):
        raise ValueError("Every planned share must be above 0.")
    total = sum(counts)
    expected = tuple(total * weight / sum(known) for weight in known)
    if len(counts) < 2 or total == 0:
        return SampleRatio(None, None, max(len(counts) - 1, 0), expected)
    statistic = sum((n - e) ** 2 / e for n, e in zip(counts, expected, strict=True))
    return SampleRatio(float(stats.chi2.sf(statistic, len(counts) - 1)), statistic, len(counts) - 1, expected)


def sample_ratio_alike(parts: Sequence[Sequence[int]], planned: Sequence[float]) -> float | None:
    """p that the arms part from the plan alike in every part (day, channel): Pearson's heterogeneity chi-square.

    Σ χ² of the parts - χ² of their sum, df = (parts - 1)(K - 1), as in tests of pooled ratios (Zar 2010, ch. 22). A
    small p: the mismatch sits in some parts. None with fewer than two parts that hold customers.
    """
    tests = [sample_ratio_test(part, planned) for part in parts if sum(part)]
    whole = sample_ratio_test([sum(column) for column in zip(*parts, strict=True)], planned) if parts else None
    known = [test.statistic for test in tests if test.statistic is not None]
    if len(known) < 2 or whole is None or whole.statistic is None:
        return None
    return float(stats.chi2.sf(max(sum(known) - whole.statistic, 0.0), (len(known) - 1) * whole.df))


def sample_ratio_exact(n_first: int, n_second: int, share_first: float = 0.5) -> float | None:
    """Two-sided exact binomial p for two arms: for small tests. None without customers."""
    first, second = check_count(n_first, "The number of customers"), check_count(n_second, "The number of customers")
    share = check_share(share_first, "The planned share")
    if first + second == 0:
        return None
    return float(stats.binomtest(first, first + second, share).pvalue)
