"""Clusters: groups that are there are found, and the order of the rows decides nothing."""

import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score

from insight.stats import clusters


def blobs(n: int) -> tuple[np.ndarray, np.ndarray]:
    """Four clouds in three figures, far apart, of very different sizes; a fourth figure that never varies."""
    chance = np.random.default_rng(3)
    truth = chance.choice(4, n, p=[0.5, 0.3, 0.15, 0.05])
    centres = np.array([[0, 0, 0], [9, 0, 0], [0, 9, 0], [0, 0, 9]])
    return np.column_stack([centres[truth] + chance.normal(0, 0.7, (n, 3)), np.full(n, 5.0)]), truth


def test_four_clouds_are_found_and_held_to() -> None:
    figures, truth = blobs(1500)
    model = clusters.fit(figures, (3, 4, 5, 6), seed=1)
    assert len(model.centres) == 4
    assert adjusted_rand_score(truth, model.assign(figures)) > 0.99
    assert model.stability > 0.95
    assert model.silhouette > 0.6
    assert [count for count, _ in model.tried] == [3, 4, 5, 6]


def test_the_order_of_rows_decides_nothing() -> None:
    figures, _ = blobs(400)
    shuffled = np.random.default_rng(9).permutation(len(figures))
    one, other = (clusters.fit(rows, (3, 4), seed=1) for rows in (figures, figures[shuffled]))
    assert (one.centres == other.centres).all()
    assert (one.assign(figures)[shuffled] == other.assign(figures[shuffled])).all()
    assert one.stability == other.stability


def test_noise_has_a_weak_silhouette_and_too_few_points_are_refused() -> None:
    noise = np.random.default_rng(5).normal(size=(600, 6))
    assert clusters.fit(noise, (3, 4), seed=1).silhouette < 0.25
    with pytest.raises(ValueError, match="too few"):
        clusters.fit(np.array([[1.0], [1.0], [2.0], [3.0]]), (3,), seed=1)
