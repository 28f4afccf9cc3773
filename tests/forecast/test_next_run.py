from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from forecast.made import loss, runs

from scalescope.forecast import forecast, run_table
from scalescope.forecast.candidates import every_candidate
from scalescope.forecast.next_run import LARGEST_SHARE, considered, least_narrowing, narrowing, next_runs
from scalescope.forecast.show import next_run
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
    found = narrowing(candidate, law, {"parameters": 1e9}, grid)
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


def test_no_run_is_listed_that_narrows_no_more_than_a_cheaper_one():
    table = run_table(runs(14, noise=0.004))
    found = forecast(table, "chinchilla", TARGET, n_boot=100)
    every = considered(table, found.candidates["chinchilla"], found.law, TARGET)
    assert 1 < len(found.next_runs) < len(every)
    for row in found.next_runs.itertuples():
        assert not (every["narrowing"][every["cost"] < row.cost] >= row.narrowing).any()


def test_runs_are_near_the_tokens_per_parameter_that_the_law_was_tried_at():
    table = run_table(runs(14, noise=0.004))  # 10 to 40 tokens per parameter
    ratio = {}
    for law in ("chinchilla", "power-N", "power-D", "shifted-C"):
        found = forecast(table, law, TARGET, n_boot=60)
        every = considered(table, found.candidates[law], found.law, TARGET)
        ratio[law] = every["tokens"] / every["parameters"]
        assert every["cost"].max() <= LARGEST_SHARE * (1 + 1e-6)
    assert ratio["chinchilla"].between(10 / 4, 40 * 4).all() and ratio["chinchilla"].nunique() > 5
    largest = table.frame.iloc[-1]
    for law in ("power-N", "power-D", "shifted-C"):  # one size: a run of other tokens per parameter is not its subject
        assert ratio[law].to_numpy() == pytest.approx(largest["tokens"] / largest["parameters"])


def test_few_replicates_narrow_by_chance_and_are_not_believed():
    table = run_table(runs(14, noise=0.004))
    law = {count: forecast(table, "power-C", TARGET, n_boot=count).law for count in (20, 1000)}
    assert least_narrowing(law[1000]) == 0.05 and least_narrowing(law[20]) > 0.2
    candidate = next(c for c in every_candidate() if c.name == "power-C")
    off = np.random.default_rng(0).standard_normal((40, 20))  # slopes and intercepts that have nothing to do with x
    law[20].bootstrap_.params.update(slope=0 * off[0], intercept=off[1])
    law[20].scatter_ = replace(law[20].scatter_, deviation=3.0)
    assert not next_runs(table, candidate, law[20], TARGET)["worth"].any()


def test_where_no_run_is_worth_its_cost_it_is_said():
    table = run_table(runs(14, noise=0.004))
    found = forecast(table, "power-C", TARGET, n_boot=60)
    none = replace(found, next_runs=found.next_runs.assign(worth=False, narrowing=0.021))
    sentences, shown = next_run(none)
    assert shown is None and "the most is 2.1 %" in sentences[0]
    assert "or more" in next_run(found)[0][0] and len(next_run(found)[1]) <= 5
