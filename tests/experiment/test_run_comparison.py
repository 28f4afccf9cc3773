"""Runs side by side."""

import pandas as pd
import pytest
from training.toys import make_config, make_corpus

from scalescope.experiment.run_comparison import compare_runs, curves
from scalescope.experiment.stages import store
from scalescope.training.pretrain import pretrain


@pytest.fixture
def runs(project) -> dict[str, pd.DataFrame]:
    """Three runs: as it is, with another rate, on another text."""
    corpora = make_corpus(64, 0), make_corpus(32, 1)
    found = {}
    for name, changes in {"as it is": {}, "rate": {"learning_rate": 0.02}, "text": {"data": "another"}}.items():
        run = pretrain(make_config(steps=20, **changes), *corpora, store())
        found[name] = pd.DataFrame({"run_id": [run.id], "parameters": [run.manifest["config"]["encoder"]["layers"]]})
    return found


def test_losses_are_compared_with_the_first_run_and_never_across_texts(runs):
    table = compare_runs(runs).set_index("run")
    assert table["difference"].tolist()[0] == 0.0 and table["learning_rate"]["rate"] == 0.02
    assert table["difference"]["rate"] == pytest.approx(table["loss"]["rate"] - table["loss"]["as it is"])
    assert pd.isna(table["difference"]["text"]) and table["comparable"].tolist() == [True, True, False]
    assert set(curves(runs)["run"]) == set(runs)


def test_a_run_that_is_gone_is_named(runs):
    gone = {**runs, "gone": runs["rate"].assign(run_id="pretrain-mlm-ar8-l1-0000000000")}
    with pytest.raises(FileNotFoundError, match=r"pretrain-mlm-ar8-l1-0000000000 \(gone\)"):
        compare_runs(gone)
    with pytest.raises(ValueError, match="no runs to compare"):
        compare_runs({})
