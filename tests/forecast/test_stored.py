from __future__ import annotations

import json
import shutil
import subprocess

import numpy as np
import pytest
from forecast.made import runs

from scalescope.forecast.stored import LEVELS, panel_script, stored
from scalescope.forecast.table import run_table
from scalescope.laws import ChinchillaLaw, PowerLaw, ShiftedPowerLaw

ASKED = {"PowerLaw": [[1e6], [3e9]], "ChinchillaLaw": [[1e8, 2e9], [2e9, 4e10]]}


@pytest.fixture(scope="module", params=["PowerLaw", "ChinchillaLaw, residuals", "ChinchillaLaw, of the loss itself"])
def fitted(request):
    frame = run_table(runs(12)).frame
    if request.param == "PowerLaw":
        X, law = frame["parameters"].to_numpy()[:, None], PowerLaw(n_boot=70)
    else:
        loss = "squares" if "itself" in request.param else "log_squares"
        X, law = frame[["parameters", "tokens"]].to_numpy(), ChinchillaLaw(n_boot=70, loss=loss, interval="residual")
    law.fit(X, frame["loss"])
    return law, stored(law, X, frame["loss"], title="made", response="loss", target=X[-1])


def test_what_is_stored_gives_the_intervals_of_the_law(fitted):
    law, kept = fitted
    for x in ASKED[kept.law]:
        assert kept.predict(x) == pytest.approx(
            law.predict_many({k: np.array([v]) for k, v in law.params_.items()}, [x])[0, 0]
        )
        for level in LEVELS:
            for kind in ("law", "run"):
                low, high = law.predict_interval([x], level, kind=kind)
                assert kept.interval(x, level, kind) == pytest.approx((low[0], high[0]), rel=1e-9)


@pytest.mark.skipif(shutil.which("node") is None, reason="no node to run panel.js with")
def test_the_script_of_the_page_gives_the_same_numbers(fitted, tmp_path):
    _, kept = fitted
    (tmp_path / "panel.js").write_text(panel_script(), encoding="utf-8")
    (tmp_path / "stored.json").write_text(json.dumps(kept.record(), allow_nan=False))
    (tmp_path / "ask.js").write_text(
        "const {predict, interval} = require('./panel.js');\n"
        "const kept = JSON.parse(require('fs').readFileSync(__dirname + '/stored.json'));\n"
        f"const asked = {json.dumps(ASKED[kept.law])}, levels = {json.dumps([str(v) for v in LEVELS])};\n"
        "console.log(JSON.stringify(asked.map((x) => [predict(kept, x), levels.map((l) =>\n"
        "  ['law', 'run'].map((kind) => interval(kept, x, l, kind)))])));\n"
    )
    told = subprocess.run(["node", str(tmp_path / "ask.js")], capture_output=True, text=True, check=True)
    for x, (mean, ends) in zip(ASKED[kept.law], json.loads(told.stdout), strict=True):
        assert mean == pytest.approx(kept.predict(x), rel=1e-12)
        for level, pair in zip(LEVELS, ends, strict=True):
            for kind, found in zip(("law", "run"), pair, strict=True):
                assert found == pytest.approx(kept.interval(x, level, kind), rel=1e-9)


def test_a_law_that_cannot_be_stored_is_refused():
    frame = run_table(runs(6)).frame
    shifted = ShiftedPowerLaw(n_boot=20).fit(frame["parameters"], frame["loss"])
    with pytest.raises(ValueError, match="ShiftedPowerLaw"):
        stored(shifted, frame["parameters"], frame["loss"], title="x", response="loss", target=[1e9])
    exact = PowerLaw(n_boot=20).fit(frame["parameters"][:2], frame["loss"][:2])
    with pytest.raises(ValueError, match="no intervals to store"):
        stored(exact, frame["parameters"][:2], frame["loss"][:2], title="x", response="loss", target=[1e9])
