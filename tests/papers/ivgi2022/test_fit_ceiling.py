"""R2 of a law, of one with a floor, and the highest that any curve could have."""

import numpy as np
import pandas as pd
import pytest

from scalescope import paths
from scalescope.experiment.pretraining_seeds import SEED
from scalescope.papers.ivgi2022.fit_ceiling import fit_ceiling
from scalescope.papers.ivgi2022.fits import fit_laws

SIZES = np.array([2e3, 1e4, 4e4, 1e5, 2e5])


def points(curve, finetuning: float = 0.0, pretraining: float = 0.0) -> pd.DataFrame:
    """Two pretraining seeds and two seeds of finetuning at each size, off the curve by plus or minus so much."""
    rows = []
    for size in SIZES:
        for first, up in ((0, -1), (1, 1)):
            for second, more in ((0, -1), (1, 1)):
                error = curve(size) + pretraining * up + finetuning * more
                rows.append((size, first, second, error))
    table = pd.DataFrame(rows, columns=["parameters", SEED, "seed", "error"])
    return table.assign(objective="mlm", role="ladder", hpt="with", task="sst2", aspect_ratio=12, layers=1)


def row(table: pd.DataFrame) -> pd.Series:
    found = fit_ceiling(table, fit_laws({"points": table}, n_boot=0).fits())
    return found[found["task"] == "sst2"].iloc[0]


def test_a_law_without_scatter_reaches_its_ceiling():
    found = row(points(lambda n: 3 * n**-0.25))
    assert found["r2"] == pytest.approx(1.0) and found["ceiling"] == pytest.approx(1.0)


def test_a_floor_lowers_the_law_and_not_the_ceiling():
    found = row(points(lambda n: 0.2 + 60 * n**-0.7))
    assert found["r2"] < 0.97 and found["with_floor"] > 0.999 and found["ceiling"] == pytest.approx(1.0)


def test_scatter_lowers_the_ceiling_and_is_told_apart_by_its_source():
    both = row(points(lambda n: 3 * n**-0.25, finetuning=0.03, pretraining=0.06))
    pretraining = row(points(lambda n: 3 * n**-0.25, pretraining=0.06))
    assert both["r2"] <= both["ceiling"] < both["ceiling_by_seed"] < 0.995
    assert pretraining["ceiling"] < 0.98 and pretraining["ceiling_by_seed"] == pytest.approx(1.0)


def test_seeds_of_one_pretraining_and_equal_errors_have_no_number():
    once = points(lambda n: 3 * n**-0.25, finetuning=0.03)
    assert np.isnan(row(once[once[SEED] == 0])["ceiling_by_seed"])
    assert row(points(lambda n: 0.4))[["r2", "with_floor", "ceiling"]].isna().all()


def test_no_committed_law_exceeds_its_ceiling():
    own = pd.read_csv(paths.results("thorough") / "ivgi2022" / "fit_ceiling.csv")
    assert len(own) == 18
    assert (own["ceiling"].dropna() >= own["r2"].dropna() - 1e-6).all()
