"""Barnett's law with an amount of data that pretraining is worth."""

import numpy as np
import pandas as pd
import pytest

from scalescope.papers.barnett2024 import fits, prelearned, tables

TRUTH = {"A": 60.0, "alpha": 0.4, "G": 2.0, "beta": 0.3, "E": 0.8, "f_0": 3000.0}


def grid(truth: dict, text: str = "far") -> pd.DataFrame:
    cells = [(p, f) for p in (1e5, 4e5, 1.6e6, 6e6) for f in (100, 1e3, 1e4, 1e5)]
    table = pd.DataFrame(cells, columns=["pretrain_tokens", "finetune_tokens"])
    rows = table["finetune_tokens"].astype(int)
    return table.assign(text=text, distance=1.0, seed=0, rows=rows, loss=prelearned.predict(truth, table))


def test_what_was_learned_before_is_found_again():
    found = prelearned.fit(grid(TRUTH))
    assert found == pytest.approx(TRUTH, rel=0.02)


def test_a_law_that_is_barnetts_is_left_as_it_is():
    points = grid(TRUTH | {"f_0": 0.0})
    table = prelearned.compared(points, fits.fits(points, n_boot=0), points.head(0))
    row = table.iloc[0]
    assert row["f_0"] < 1 and row["rms"] < 1e-3 and row["rms_prelearned"] < 1e-3
    assert row["held_out"] == 0 and np.isnan(row["off"]), "nothing was held out"


def test_both_laws_are_asked_for_what_neither_has_seen():
    points = grid(TRUTH)
    last = grid(TRUTH).assign(finetune_tokens=4e5)
    last["loss"] = prelearned.predict(TRUTH, last)
    table = prelearned.compared(points, fits.fits(points, n_boot=0), last)
    row = table.iloc[0]
    assert row["rms_prelearned"] < 0.1 * row["rms"] and row["off_prelearned"] < 0.2 * row["off"]
    assert tables.prelearned(table).loc[0, "f_0 (tokens)"] == f"{row['f_0']:,.0f}"
