import numpy as np
import pytest

from scalescope.laws.fit.search import starts


@pytest.mark.parametrize("shape", [(9,), (4, 5), (3, 1, 4, 2)])
def test_the_starts_are_the_lowest_among_all_their_neighbours_and_then_the_best_of_the_rest(shape):
    value = np.random.default_rng(0).permutation(int(np.prod(shape))).astype(float)
    value[[1, 3]] = np.nan, np.inf
    grid = np.where(np.isfinite(value), value, np.inf).reshape(shape)
    minima = [
        np.ravel_multi_index(at, shape)
        for at in np.ndindex(shape)
        if np.isfinite(grid[at]) and grid[at] == grid[tuple(slice(max(place - 1, 0), place + 2) for place in at)].min()
    ]
    minima.sort(key=lambda at: value[at])
    rest = [at for at in np.argsort(value) if np.isfinite(value[at]) and at not in minima]
    found = starts(value, shape, np.zeros(len(value), dtype=bool), most=6)
    assert found.tolist() == (minima[:4] + rest)[: len(minima[:4]) + max(2, 6 - len(minima))]
