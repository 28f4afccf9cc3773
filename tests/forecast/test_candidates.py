from __future__ import annotations

import numpy as np
import pytest
from forecast.made import loss, runs

from scalescope.errors import UnknownName
from scalescope.forecast.candidates import candidates, groups_of
from scalescope.forecast.table import run_table


def names(frame, law: str = "") -> list[str]:
    return [candidate.name for candidate in candidates(run_table(frame), law)[0]]


def test_the_columns_decide_which_laws_there_are():
    assert names(runs(12))[-2:] == ["overtraining", "chinchilla"]
    assert names(runs(12).drop(columns="tokens")) == ["power-N", "shifted-N"]
    assert names(runs(12), "shifted") == ["shifted-N", "shifted-D", "shifted-C"]


def test_laws_that_are_slow_to_fit_are_compared_where_they_are_asked_for():
    frame = runs(12).drop(columns="tokens")
    possible, left_out = candidates(run_table(frame))
    assert [c.name for c in possible] == ["power-N", "shifted-N"] and "all" in left_out["saturating, broken"]
    assert names(frame, "all") == ["power-N", "shifted-N", "saturating-N", "broken-N"]
    assert names(frame, "broken") == ["broken-N"]
    assert set(candidates(run_table(frame), "broken")[1]) >= {"broken-D", "broken-C", "chinchilla"}


@pytest.mark.parametrize("name", ["saturating-N", "broken-N"])
def test_a_slow_law_is_fitted_and_foretells_like_the_others(name):
    made = runs(9).drop(columns="tokens")
    table = run_table(made.assign(val_loss=loss(made["params"], 1e11) * np.tile([1.002, 0.998, 1.001], 3)))
    law = candidates(table, name)[0][0].fit(table.frame, "loss", n_boot=20)
    low, high = law.predict_interval([[1e9]], kind="run")
    assert low[0] < law.predict([[1e9]])[0] < high[0]
    assert law.predict([[1e9]])[0] == pytest.approx(loss(1e9, 1e11), rel=0.03)


@pytest.mark.parametrize(
    ("frame", "reason"),
    [
        (runs(12).assign(tokens=1e9), "the same tokens"),
        (runs(12).assign(tokens=20 * runs(12)["params"]), "grow together"),
        (runs(12).drop(columns="tokens"), "no column of tokens"),
        (runs(5), "too few"),
    ],
)
def test_a_law_that_is_not_possible_is_left_out_with_its_reason(frame, reason):
    table = run_table(frame)
    assert reason in candidates(table)[1]["chinchilla"]
    with pytest.raises(ValueError, match=reason):
        candidates(table, "chinchilla")


def test_an_unknown_law_is_refused_with_the_nearest():
    with pytest.raises(UnknownName, match="'chinchilla'"):
        candidates(run_table(runs()), "chinchila")


def test_runs_of_one_size_are_one_group():
    assert groups_of(run_table(runs(6)).frame) is None
    groups = groups_of(run_table(runs(6, seeds=3)).frame)
    assert len(np.unique(groups)) == 6 and (np.bincount(groups) == 3).all()
    law = candidates(run_table(runs(6, seeds=3)))[0][0].fit(run_table(runs(6, seeds=3)).frame, "loss", 30)
    assert law.bootstrap_.kind.startswith("hierarchical")
