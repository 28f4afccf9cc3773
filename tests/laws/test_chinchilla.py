"""The published fit of Besiroglu 2024, from its points."""

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from scalescope.laws import ChinchillaLaw


@pytest.mark.skipif("PUBLISHED" not in os.environ, reason="set PUBLISHED to the folder of published data")
def test_besiroglu_optimum():
    points = pd.read_csv(Path(os.environ["PUBLISHED"]) / "besiroglu2024" / "chinchilla_points.csv")
    points = points.sort_values("loss").iloc[:240]
    tokens = points["Training FLOP"] / (6 * points["Model Size"])
    X = np.stack([points["Model Size"], tokens], axis=1)
    law = ChinchillaLaw(n_boot=0).fit(X, points["loss"])
    wanted = {"E": 1.817218, "A": 477.826, "B": 2143.417, "alpha": 0.347310, "beta": 0.367172}
    assert law.params_ == pytest.approx(wanted, rel=2e-6)
    assert law.objective_ <= 0.00101827401780 * (1 + 1e-10)
