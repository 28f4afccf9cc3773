"""Approach 2 on the points of Hoffmann et al., beside what they print."""

import numpy as np
import pandas as pd
import pytest
from published_data import table

from scalescope import paths
from scalescope.experiment.isoflop import BUDGETS
from scalescope.papers.besiroglu2024 import isoflop

TABLES = paths.results("published") / "besiroglu2024"


def test_runs_belong_to_the_nine_budgets():
    data = table("besiroglu2024")
    found = isoflop.budgets(data)
    known = np.isfinite(found)
    assert set(found[known]) == set(BUDGETS) and known.sum() == 154
    assert (np.abs(np.log(data["flops"][known] / found[known])) < isoflop.NEAR).all()


def test_parabolas_give_the_printed_exponent_within_its_interval():
    rows = pd.read_csv(TABLES / "isoflop.csv").set_index("approach")
    line = isoflop.optima(table("besiroglu2024")).frontier()
    assert line.a == pytest.approx(rows.loc["approach 2", "a"], rel=1e-9)
    assert 0.462 < line.a < 0.534 and line.budgets == 9
    assert rows["printed_a"].tolist() == [0.50, 0.49, 0.46]


def test_simulated_truths_differ_in_their_symmetry():
    made = pd.read_csv(TABLES / "isoflop_simulated.csv")
    exact = made[made["noise"] == 0]
    direct = exact[exact["approach"].str.startswith("direct")]
    assert direct["bias"].abs().max() < 1e-3
    worst = (
        exact[exact["approach"].str.startswith("approach 2")]
        .groupby("truth")["far_ratio"]
        .agg(lambda ratio: np.abs(np.log(ratio)).max())
    )
    assert worst["Besiroglu et al."] == worst.min() < 0.1 < worst["exponents apart"]
