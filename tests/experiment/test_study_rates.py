"""Where the best rates of a study lie among those that were tried."""

from __future__ import annotations

import pandas as pd
import pytest

from scalescope.experiment.study_rates import CELL, chosen_rates

SAME = dict.fromkeys(CELL, 0) | {"text": "near", "kind": "adapt", "role": "fit", "status": "finished"}


def runs(*rows: tuple) -> pd.DataFrame:
    names = ["rows", "seed", "learning_rate", "loss", "best_step", "steps"]
    return pd.DataFrame([SAME | dict(zip(names, row, strict=True)) for row in rows])


def test_shares_of_cells_whose_best_rate_lies_at_an_end():
    table = runs(
        (8, 0, 0.001, 2.0, 20, 40),
        (8, 0, 0.004, 3.0, 40, 40),
        (8, 1, 0.001, 3.0, 40, 40),
        (8, 1, 0.004, 2.5, 40, 40),
        (64, 0, 0.001, 2.0, 80, 80),
        (64, 0, 0.002, 1.5, 80, 80),
        (64, 0, 0.004, 1.5, 80, 80),
    )
    few, many = chosen_rates(table).to_dict("records")
    assert (few["rows"], few["cells"], few["rates"]) == (8, 2, 2)
    assert (few["lowest"], few["highest"], few["last"]) == (0.5, 0.5, 0.5)
    assert few["median"] == pytest.approx(0.0025)
    assert (many["cells"], many["rates"], many["median"]) == (1, 3, 0.002), "of two equal losses the lower rate"
    assert (many["lowest"], many["highest"], many["last"]) == (0, 0, 1)


def test_pretraining_held_out_and_failed_runs_do_not_count():
    table = runs(*[(8, 0, 0.001, 2.0, 40, 40)] * 4)
    table["kind"] = ["adapt", "pretrain", "adapt", "adapt"]
    table["role"] = ["fit", "fit", "held_out", "fit"]
    table["status"] = ["finished", "finished", "finished", "failed"]
    assert chosen_rates(table)["cells"].tolist() == [1]
    assert chosen_rates(table.head(0)).empty
