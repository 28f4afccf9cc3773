"""The target's loss against the law of the ladder, told in several ways."""

import numpy as np
import pandas as pd
import pytest

from scalescope.papers.ivgi2022.fits import fit_laws
from scalescope.papers.ivgi2022.law_tables import collected
from scalescope.papers.ivgi2022.target_loss import side_by_side, target_loss

SIZES = np.array([2e3, 1e4, 4e4, 1e5, 2e5, 5e5])
LARGEST = 5e5
COLUMNS = {"aspect_ratio": 12, "layers": 1, "seed": 0, "status": "finished"}


def table(loss, roles=("ladder",) * 5 + ("target",)) -> pd.DataFrame:
    return pd.DataFrame({"objective": "mlm", "role": roles, "parameters": SIZES, "loss": loss} | COLUMNS)


def told(pretrain: pd.DataFrame) -> pd.DataFrame:
    return target_loss(pretrain, fit_laws({"pretrain": pretrain}, n_boot=0).pretraining)


def off(found: pd.DataFrame, law: str, without: int) -> float:
    return found.set_index(["law", "without"]).loc[(law, without), "off"]


def test_a_target_above_a_power_law_lies_on_the_law_with_its_floor():
    found = told(table(1.0 + 30 * SIZES**-0.35))
    assert off(found, "power law", 0) > 0.03, "a power law has no floor"
    assert abs(off(found, "with a floor", 0)) < 1e-4
    assert found.set_index(["law", "without"]).loc[("with a floor", 1), "E"] == pytest.approx(1.0, abs=1e-3)


def test_a_target_that_is_undertrained_lies_above_every_law():
    loss = 30 * SIZES**-0.25
    found = told(table(loss * np.where(SIZES == LARGEST, 1.1, 1.0)))
    assert (found["off"] > 0.08).all() and set(found["law"]) == {"power law", "with a floor"}


def test_a_law_through_all_its_points_is_left_out_and_no_target_gives_no_row():
    found = told(table(30 * SIZES**-0.25))
    assert list(found.query("law == 'with a floor'")["without"]) == [0, 1], "three sizes determine three parameters"
    assert list(found.query("law == 'power law'")["n_sizes"]) == [5, 4, 3]
    assert told(table(30 * SIZES**-0.25, ("ladder",) * 6)).empty


def test_committed_tables_agree_with_the_scorecards_and_stand_beside_each_other():
    found = collected("target_loss")
    wide = side_by_side(found)
    assert {"published", "quick", "thorough", "thorough-world3"} <= set(wide.columns)
    row = found.query("source == 'quick' and objective == 'mlm' and law == 'power law' and without == 0").iloc[0]
    assert wide.loc[("mlm", "power law", 0), "quick"] == f"{100 * row['off']:+.1f}"
