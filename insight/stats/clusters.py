"""Clusters: k-means on standardised figures, k by silhouette, the same answer whatever order the rows come in."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
MOST_FITTED = 50_000
_JUDGED = 3_000
_STARTS = 4
_FARTHEST = 3.0
_REDRAWN = 10_000
_OTHER_SEEDS = 5


@dataclass(frozen=True)
class Model:
    """A fitted division: how figures are standardised, the centres, and how well it holds.

    silhouette: mean silhouette width of the chosen k, on at most 3,000 of the fitted rows. stability: mean adjusted
    Rand index between this division and five from other seeds, each fitted on at most 10,000 other rows drawn by chance
    (1 = the same). tried: silhouette by number of clusters.
    """

    mean: FloatArray
    spread: FloatArray
    centres: FloatArray
    silhouette: float
    stability: float
    tried: tuple[tuple[int, float], ...]

    def standard(self, figures: FloatArray) -> FloatArray:
        """The figures in standard deviations from the mean, at most 3 either way; one that never varies is 0.

        Cut at 3 so that a handful of extreme customers does not make up a cluster of its own.
        """
        varies = self.spread > 0
        standard = np.where(varies, (figures - self.mean) / np.where(varies, self.spread, 1), 0.0)
        return np.clip(standard, -_FARTHEST, _FARTHEST)

    def assign(self, figures: FloatArray) -> IntArray:
        """The number of the nearest centre for every row."""
        points = self.standard(figures)
        squares = (points**2).sum(axis=1)[:, None] - 2 * points @ self.centres.T + (self.centres**2).sum(axis=1)
        return squares.argmin(axis=1).astype(np.int64)


def distinct(figures: FloatArray) -> int:
    """How many different rows there are."""
    return int(np.unique(figures, axis=0).shape[0])


def fit(figures: FloatArray, counts: tuple[int, ...], seed: int) -> Model:
    """The division into one of `counts` clusters with the widest mean silhouette (Rousseeuw 1987).

    Rows are put in the order of their figures before anything is drawn, so that the order they come in decides nothing;
    more than 50,000 rows are fitted on a seeded sample. Raises ValueError when there are not more distinct rows than
    the largest count.
    """
    from sklearn import cluster
    from sklearn.metrics import adjusted_rand_score, silhouette_score
    from threadpoolctl import threadpool_limits

    KMeans: Any = cluster.KMeans  # its stubs know n_init as text only
    if distinct(figures) <= max(counts):
        raise ValueError("There are too few different customers for that many clusters.")
    ordered = figures[np.lexsort(figures.T[::-1])]
    chance = np.random.default_rng(seed)
    if len(ordered) > MOST_FITTED:
        ordered = ordered[np.sort(chance.choice(len(ordered), MOST_FITTED, replace=False))]
    frame = Model(ordered.mean(axis=0), ordered.std(axis=0), np.zeros((0, figures.shape[1])), 0.0, 0.0, ())
    points = frame.standard(ordered)
    judged = np.sort(chance.choice(len(points), min(_JUDGED, len(points)), replace=False))
    # One thread: sums in another order could move a customer between two equally near centres.
    with threadpool_limits(limits=1):
        tried: list[tuple[int, float]] = []
        for count in counts:
            labels = KMeans(count, n_init=_STARTS, random_state=seed).fit_predict(points[judged])
            tried.append((count, float(silhouette_score(points[judged], labels))))
        best = max(tried, key=lambda entry: (entry[1], -entry[0]))
        chosen = KMeans(best[0], n_init=_STARTS, random_state=seed).fit(points)
        alike: list[float] = []
        for step in range(1, _OTHER_SEEDS + 1):
            drawn = points[np.sort(chance.choice(len(points), min(_REDRAWN, len(points)), replace=False))]
            other = KMeans(best[0], n_init=_STARTS, random_state=seed + step).fit(drawn)
            alike.append(float(adjusted_rand_score(chosen.labels_, other.predict(points))))
    return Model(
        frame.mean, frame.spread, np.asarray(chosen.cluster_centers_, dtype=np.float64), best[1],
        float(np.mean(alike)), tuple(tried),
    )  # fmt: skip
