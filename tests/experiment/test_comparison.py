from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from scalescope import files
from scalescope.errors import UnknownName
from scalescope.experiment import compare
from scalescope.experiment.comparison import readable_comparison
from scalescope.laws import SuspectInput
from scalescope.plotting.comparison import draw_comparison


def write(folder, name: str, slope: float, factor: float = 1.0, first: float = 1e4, noise: float = 0.01) -> None:
    n = first * 2.0 ** np.arange(6)
    y = factor * 9 * n**slope * np.exp(noise * np.random.default_rng(len(name)).standard_normal(6))
    frame = pd.DataFrame(
        {
            "objective": "mlm",
            "role": "ladder",
            "aspect_ratio": 16,
            "layers": np.arange(1, 7),
            "parameters": n,
            "pretrain_seed": 0,
            "status": "finished",
            "loss": y,
        }
    )
    (folder / "data" / "results" / name).mkdir(parents=True)
    frame.to_csv(folder / "data" / "results" / name / "pretrain.csv", index=False)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("SCALESCOPE_ROOT", str(tmp_path))
    write(tmp_path, "one", -0.10)
    write(tmp_path, "steeper", -0.20)
    write(tmp_path, "half", -0.10, 0.5)
    write(tmp_path, "elsewhere", -0.10, first=1e8)
    return tmp_path


def test_differences_of_slopes_and_ratios_are_those_of_the_truth(folder):
    row = compare("one", "steeper", n_boot=100).iloc[0]
    assert row["difference_low"] < -0.1 < row["difference_high"] < 0 and row["sizes_a"] == 6
    half = compare("one", "half", n_boot=100).iloc[0]
    assert half["ratio"] == pytest.approx(0.5, rel=0.03) and half["ratio_low"] <= 0.5 <= half["ratio_high"] * 1.02
    assert half["difference_low"] < 0 < half["difference_high"] and half["at"] == pytest.approx(1e4 * 2**2.5)


def test_ladders_that_share_no_size_have_no_ratio(folder):
    table = compare("one", "elsewhere", n_boot=50)
    assert np.isnan(table["ratio"].iloc[0]) and np.isfinite(table["difference"].iloc[0])
    assert len(draw_comparison(table, "one", "elsewhere").axes) == 2


def test_ladders_of_two_runs_tell_no_difference(folder):
    for name in ("one", "half"):
        path = folder / "data" / "results" / name / "pretrain.csv"
        pd.read_csv(path).head(2).to_csv(path, index=False)
    table = compare("one", "half", n_boot=50)
    (row,) = table.to_dict("records")
    assert (row["difference_low"], row["difference_high"]) == (-np.inf, np.inf)
    assert (row["ratio_low"], row["ratio_high"]) == (0, np.inf) and row["ratio"] == pytest.approx(0.5, rel=0.1)
    (shown,) = readable_comparison(table, "one", "half").to_dict("records")
    assert shown["difference"].endswith("[−∞, ∞]") and shown["half / one"].endswith("[0.000, ∞]")
    for ax, column in zip(draw_comparison(table, "one", "half").axes, ("slope_a", "ratio"), strict=True):
        low, high = ax.get_xlim()
        (bar,) = ax.collections[0].get_segments()
        assert bar[:, 0].min() < low < row[column] < high < bar[:, 0].max()


def test_a_profile_and_itself_and_numbers_of_no_bootstrap_are_refused(folder):
    names = sorted(path.name for path in (folder / "data" / "results").iterdir())[:2]
    with pytest.raises(ValueError, match="is compared with itself"):
        compare(names[0], names[0])
    for n_boot in (0, -1, 1.5, "20", 10**22):
        with pytest.raises(ValueError, match="n_boot must be"):
            compare(*names, n_boot=n_boot)
    for state in (-1, 1.5, "a", None):
        with pytest.raises(ValueError, match="random_state must be a whole number from 0 on"):
            compare(*names, n_boot=20, random_state=state)
    for other in (None, 3, ""):
        with pytest.raises(UnknownName, match="profile with results"):
            compare(names[0], other)


def test_a_profile_without_results_is_refused(folder):
    with pytest.raises(UnknownName, match="'steeper'"):
        compare("one", "steepr")


def test_a_table_that_was_changed_since_is_refused(folder):
    where = folder / "data" / "results" / "half"
    files.seal(where, ["pretrain.csv"])
    (where / "pretrain.csv").write_text((where / "pretrain.csv").read_text().replace("9", "8", 1))
    with pytest.raises(files.Damaged, match=r"half/pretrain\.csv is cut or changed: run `make reproduce PROFILE=half`"):
        compare("one", "half", n_boot=20)


def test_what_is_shown_has_its_intervals_and_its_reasons(folder):
    shown = readable_comparison(compare("one", "steeper", n_boot=100), "one", "steeper")
    (row,) = shown.to_dict("records")
    assert row["slope, one"].startswith("−0.10") and row["difference"].count("−") == 3 and "[" in row["steeper / one"]
    assert row["at N"] == "56,569" and "pretraining loss, MLM" in shown.index
    (apart,) = readable_comparison(compare("one", "elsewhere", n_boot=50), "one", "elsewhere").to_dict("records")
    assert apart["elsewhere / one"] == "–" and apart["– because"] == "the ladders share no size"


def test_a_task_on_which_nothing_changes_is_shown_as_flat_and_warns_of_nothing(recwarn):
    shown = readable_comparison(compare("quick", "thorough", n_boot=50), "quick", "thorough")
    assert "flat in both" in shown.loc["BoolQ, MLM"].tolist()
    assert not [one for one in recwarn if issubclass(one.category, SuspectInput)]


def test_the_figure_draws_every_row():
    table = compare("quick", "thorough", n_boot=50)
    assert len(table) == 20 and table["quantity"].iloc[0] == "pretraining loss"
    left = draw_comparison(table, "quick", "thorough").axes[0]
    assert [text.get_text() for text in left.get_legend().get_texts()] == ["quick", "thorough"]
    assert np.allclose(left.lines[0].get_xdata(), table["slope_a"]) and left.get_yticklabels()[0].get_text()
