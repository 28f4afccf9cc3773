"""The comparison of five laws after the studies of a profile."""

from __future__ import annotations

import pandas as pd
import pytest

from scalescope import paths
from scalescope.errors import UnknownName
from scalescope.experiment import five_laws as predicted
from scalescope.experiment.stages import NotFinished
from scalescope.workflow.studies import five_laws, live


def test_the_studies_of_a_profile_are_compared_and_written(live_profile, monkeypatch):
    """The figures of the studies themselves are drawn in test_live."""
    monkeypatch.setattr(live, "save", lambda *_: [])
    monkeypatch.setattr(predicted, "N_BOOT", 20)
    monkeypatch.setattr(predicted, "N_BOOT_CURVES", 5)
    with pytest.raises(NotFinished):
        five_laws.compare("live")
    for name in ("barnett2024", "lin2024"):
        live.run(live_profile, name).write()
    found = five_laws.compare("live")
    predictions = found.tables["predictions"]
    assert set(predictions["study"]) == {"barnett2024", "lin2024"}
    sealed = pd.read_csv(paths.results("live") / "forecasts.csv")
    assert set(sealed["run"]) <= set(predictions["run_id"]), "every run that was forecast is a target"
    assert {"TransferLaw", "RectifiedLaw", "PowerLaw"} <= set(found.tables["scores"]["law"])
    for path in found.write():
        assert path.stat().st_size > 0
    read = pd.read_csv(paths.results("live") / "five_laws" / "predictions.csv")
    assert len(read) == len(predictions)
    with pytest.raises(UnknownName, match="did you mean 'five_errors'"):
        found.draw("five_error")
