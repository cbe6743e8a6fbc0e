"""A few very large receipts: a cap that is the same for all arms, and whether the answer hangs on them.

The capped result is a line of sensitivity; the money statement stays with the figures as they are.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from insight.stats.means import Difference
from insight.stats.moments import FloatArray, check_count, check_share, float_array


class Sensitivity(NamedTuple):
    """Whether the capped result says the same: `agrees`, and the code of what differs ("sign", "significance")."""

    agrees: bool
    differs_in: str | None


def winsor_cap(values: ArrayLike, share: float = 0.999) -> float | None:
    """The `share` percentile (type 7) of the figures above 0, all arms together; None when none is above 0.

    0.999 for consumers, 0.995 for companies; fixed before the arms are compared.
    """
    figures = float_array(values, "The figures")
    check_share(share, "The share below the cap")
    positive = figures[figures > 0]
    return float(np.quantile(positive, share)) if positive.size else None


def winsorise(values: ArrayLike, cap: float | None) -> FloatArray:
    """The figures with everything above the cap set to it; unchanged without a cap."""
    figures = float_array(values, "The figures")
    return figures if cap is None else np.minimum(figures, cap)


def sensitivity(raw: Difference, capped: Difference, alpha: float = 0.05) -> Sensitivity:
    """Compare the raw result with the capped one: same sign, and significant or not alike.

    The sign counts only where at least one of the two is significant; around 0 it means nothing.
    """
    check_share(alpha, "The significance level")
    found = [d.pvalue is not None and d.pvalue < alpha for d in (raw, capped)]
    if any(found) and (raw.effect_size or 0.0) * (capped.effect_size or 0.0) < 0:
        return Sensitivity(False, "sign")
    return Sensitivity(found[0] == found[1], None if found[0] == found[1] else "significance")


def share_of_lift(largest: Sequence[float], n_treatment: int, effect: Difference) -> float | None:
    """How much of the lift per customer the given (largest) customers of the treated arm carry: (Σ/n_k)/d.

    Above 1: without them there would be no lift. None without a lift above 0.
    """
    n = check_count(n_treatment, "The number of customers")
    if n == 0 or effect.effect_size is None or effect.effect_size <= 0:
        return None
    return float(sum(largest)) / n / effect.effect_size
