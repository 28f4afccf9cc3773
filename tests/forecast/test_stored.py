from __future__ import annotations

import json
import shutil
import subprocess
from dataclasses import replace

import numpy as np
import pytest
from forecast.made import runs

from scalescope.forecast.stored import LEVELS, panel_script, stored
from scalescope.forecast.table import run_table
from scalescope.laws import ChinchillaLaw, OvertrainingLaw, PowerLaw, RectifiedLaw, ShiftedPowerLaw

N, D = [[1e6], [3e9]], [[1e8, 2e9], [2e9, 4e10]]
MADE = {
    "PowerLaw": (PowerLaw(n_boot=70), N),
    "ShiftedPowerLaw": (ShiftedPowerLaw(n_boot=70, interval="residual"), N),
    "ChinchillaLaw, residuals": (ChinchillaLaw(n_boot=70, loss="log_squares", interval="residual"), D),
    "ChinchillaLaw, of the loss itself": (ChinchillaLaw(n_boot=70, loss="squares", interval="residual"), D),
    "OvertrainingLaw": (OvertrainingLaw(n_boot=70, loss="log_squares", interval="residual"), D),
}


@pytest.fixture(scope="module", params=MADE)
def fitted(request):
    frame = run_table(runs(12)).frame
    law, asked = MADE[request.param]
    X = frame[list(law.inputs)].to_numpy()
    law.fit(X, frame["loss"])
    return law, stored(law, X, frame["loss"], title="made", response="loss", target=X[-1]), asked


def test_what_is_stored_gives_the_intervals_of_the_law(fitted):
    law, kept, asked = fitted
    for x in asked:
        assert kept.predict(x) == pytest.approx(
            law.predict_many({k: np.array([v]) for k, v in law.params_.items()}, [x])[0, 0]
        )
        for level in LEVELS:
            for kind in ("law", "run"):
                low, high = law.predict_interval([x], level, kind=kind)
                assert kept.interval(x, level, kind) == pytest.approx((low[0], high[0]), rel=1e-9)


@pytest.mark.skipif(shutil.which("node") is None, reason="no node to run panel.js with")
def test_the_script_of_the_page_gives_the_same_numbers(fitted, tmp_path):
    _, kept, asked = fitted
    kept = replace(kept, widening=1.7)
    (tmp_path / "panel.js").write_text(panel_script(), encoding="utf-8")
    (tmp_path / "stored.json").write_text(json.dumps(kept.record(), allow_nan=False))
    (tmp_path / "ask.js").write_text(
        "const {predict, interval} = require('./panel.js');\n"
        "const kept = JSON.parse(require('fs').readFileSync(__dirname + '/stored.json'));\n"
        f"const asked = {json.dumps(asked)}, levels = {json.dumps([str(v) for v in LEVELS])};\n"
        "console.log(JSON.stringify(asked.map((x) => [predict(kept, x), levels.map((l) =>\n"
        "  ['law', 'run'].map((kind) => interval(kept, x, l, kind)))])));\n"
    )
    told = subprocess.run(["node", str(tmp_path / "ask.js")], capture_output=True, text=True, check=True)
    for x, (mean, ends) in zip(asked, json.loads(told.stdout), strict=True):
        assert mean == pytest.approx(kept.predict(x), rel=1e-12)
        for level, pair in zip(LEVELS, ends, strict=True):
            for kind, found in zip(("law", "run"), pair, strict=True):
                assert found == pytest.approx(kept.interval(x, level, kind), rel=1e-9)


def test_a_wider_interval_is_wider_in_logarithms(fitted):
    law, kept, (x, *_) = fitted
    low, high = (float(end[0]) for end in law.predict_interval([x], 0.95, kind="run"))
    mean = kept.predict(x)
    wide = replace(kept, widening=2.0)
    assert wide.interval(x, 0.95, "run") == pytest.approx((low**2 / mean, high**2 / mean), rel=1e-9)
    assert wide.interval(x, 0.95, "law") == kept.interval(x, 0.95, "law")


def test_a_law_that_cannot_be_stored_is_refused():
    frame = run_table(runs(6)).frame
    rectified = RectifiedLaw(n_boot=20).fit(frame["tokens"].to_numpy(), frame["loss"])
    with pytest.raises(ValueError, match=r"PowerLaw, .* can be stored for a page; got RectifiedLaw"):
        stored(rectified, frame["parameters"], frame["loss"], title="x", response="loss", target=[1e9])
    exact = PowerLaw(n_boot=20).fit(frame["parameters"][:2], frame["loss"][:2])
    with pytest.raises(ValueError, match="no intervals to store"):
        stored(exact, frame["parameters"][:2], frame["loss"][:2], title="x", response="loss", target=[1e9])
