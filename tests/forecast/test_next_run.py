from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from forecast.made import loss, runs

from scalescope.forecast import forecast, run_table
from scalescope.forecast.candidates import every_candidate
from scalescope.forecast.next_run import LARGEST_SHARE, design_of
from scalescope.laws import PowerLaw

TARGET = {"parameters": 2e9, "tokens": 4e10, "flops": 6 * 2e9 * 4e10}


def test_the_narrowing_is_that_of_least_squares():
    """A law linear in its parameters: the variance at the target with and without one more point is known."""
    x = np.geomspace(1e6, 1e8, 12)
    rng = np.random.default_rng(0)
    y = 5 * x**-0.1 * np.exp(0.02 * rng.standard_normal(12))
    law = PowerLaw().fit(x, y)
    state = np.random.default_rng(1)
    design, noise = np.column_stack([np.log(x), np.ones(12)]), law.scatter_.deviation
    covariance = noise**2 * np.linalg.inv(design.T @ design)
    drawn = state.multivariate_normal([law.params_["slope"], law.params_["intercept"]], covariance, 40000)
    law.bootstrap_.params.update(slope=drawn[:, 0], intercept=drawn[:, 1])
    grid = pd.DataFrame({"parameters": [1e6, 1e7, 1e8, 3e8]})
    candidate = next(c for c in every_candidate() if c.name == "power-N")
    found = design_of(candidate, law, {"parameters": 1e9}, grid).narrowing()
    at = np.array([np.log(1e9), 1.0])
    for share, size in zip(found, grid["parameters"], strict=True):
        more = np.vstack([design, [np.log(size), 1.0]])
        after = noise**2 * np.linalg.inv(more.T @ more)
        assert share == pytest.approx(1 - np.sqrt((at @ after @ at) / (at @ covariance @ at)), abs=0.02)


def test_the_run_named_first_narrows_the_interval_when_it_is_made():
    table = run_table(runs(14, noise=0.004))
    found = forecast(table, "chinchilla", TARGET, n_boot=100)
    best, worst = found.next_runs.iloc[0], found.next_runs.iloc[-1]
    assert best["cost"] <= LARGEST_SHARE and best["narrowing"] >= 0.05 and best["per_flop"] >= worst["per_flop"]
    assert (np.diff(found.next_runs["per_flop"][found.next_runs["narrowing"] >= 0.05]) <= 0).all()
    widest = found.next_runs.loc[found.next_runs["narrowing"].idxmax()]

    def width(*points) -> float:
        frame = table.frame.copy()
        for n, d in points:
            extra = {"parameters": n, "tokens": d, "flops": 6 * n * d, "loss": float(loss(n, d)), "run": "new"}
            frame = pd.concat([frame, pd.DataFrame([extra])], ignore_index=True)
        law = found.candidates["chinchilla"].fit(frame, "loss", 100)
        low, high = law.predict_interval([[TARGET["parameters"], TARGET["tokens"]]])
        return float(np.log(high / low)[0])

    assert width((widest["parameters"], widest["tokens"])) < 0.9 * width()
