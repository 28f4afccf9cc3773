import re

import numpy as np
import pandas as pd
import pytest

from scalescope.experiment.law_groups import fit_each
from scalescope.laws import ChinchillaLaw, PowerLaw, ShiftedPowerLaw
from scalescope.laws.base import ScalingLaw
from scalescope.plotting import plot_law

SLOPES = {("code", "adam"): -0.1, ("code", "sgd"): -0.2, ("prose", "adam"): -0.3}


@pytest.fixture
def table():
    rng = np.random.default_rng(0)
    rows = [
        {
            "n": size,
            "text": text,
            "optimiser": optimiser,
            "loss": 5 * size**slope * np.exp(0.01 * rng.normal()),
            "role": "target" if size == 1e7 else "ladder",
        }
        for (text, optimiser), slope in SLOPES.items()
        for size in (1e4, 1e5, 1e6, 1e7)
        for _ in range(3)
    ]
    return pd.DataFrame(rows)


def test_a_table_of_ones_own_has_a_panel_per_value_and_a_law_per_series(table, monkeypatch):
    laws = fit_each(table, PowerLaw(size="n", n_boot=50), y="loss", by=["text", "optimiser"], groups="n")
    monkeypatch.setattr(ScalingLaw, "fit", None)  # nothing is fitted by drawing
    figure = plot_law(table, laws, y="loss", hue="optimiser", col="text")
    assert [ax.get_title(loc="left") for ax in figure.axes] == ["code", "prose"]
    code, prose = figure.axes
    assert [text.get_text().split(":")[0][2:] for text in code.texts] == ["sgd", "adam"]
    assert [text.get_text().split(":")[0][2:] for text in prose.texts] == ["adam"]
    line = next(line for line in prose.lines if line.get_marker() == "None" and len(line.get_xdata()) == 100)
    x, y = line.get_xdata(), line.get_ydata()
    assert (x[0], x[-1]) == (1e4, 1e7)
    assert np.log(y[-1] / y[0]) / np.log(x[-1] / x[0]) == pytest.approx(laws["prose", "adam"].params_["slope"])
    assert figure.get_supxlabel() == "n" and figure.get_supylabel() == "loss"
    names = [text.get_text() for text in figure.legends[0].get_texts()]
    assert names == ["adam", "sgd", "held-out target", "95 % of bootstrapped laws"]
    assert sum(line.get_marker() == "*" for line in code.lines) == 2


def test_one_law_without_bootstrap_is_drawn_without_band_and_legend(table):
    part = table.query("text == 'prose'").drop(columns="role")
    law = ShiftedPowerLaw(size="n", n_boot=0).fit(part[["n"]], part["loss"])
    figure = plot_law(part, law, y="loss", size="paper")
    assert figure.get_figwidth() == pytest.approx(3.3) and not figure.legends
    (text,) = figure.axes[0].texts
    assert re.fullmatch(r"● loss: R² (0\.9\d\d|1\.000)", text.get_text())
    assert not [band for band in figure.axes[0].collections if band.get_alpha()]


def test_what_cannot_be_drawn_is_named(table):
    law = PowerLaw(size="n", n_boot=0).fit(table[["n"]], table["loss"])
    with pytest.raises(ValueError, match="unknown column 'optimizer'; did you mean 'optimiser'"):
        plot_law(table, law, y="loss", hue="optimizer")
    with pytest.raises(ValueError, match="unknown column 'los'"):
        fit_each(table, PowerLaw(size="n"), y="los", by="text")
    with pytest.raises(ValueError, match="laws of one input; ChinchillaLaw has parameters, tokens"):
        plot_law(table, ChinchillaLaw(), y="loss")
    for nothing in ({}, None, "power", {"a": 3}, PowerLaw):
        with pytest.raises(ValueError, match="there is no law to draw"):
            plot_law(table, nothing, y="loss")
    for wrap in (0, -1, "3", True, 1.5):
        with pytest.raises(ValueError, match="wrap must be a whole number above 0; got"):
            plot_law(table, law, y="loss", wrap=wrap)


def test_labels_are_drawn_as_they_are_written(table):
    names = {"adam": "$5 to $10", "sgd": r"$\frac$"}
    own = table.assign(optimiser=table["optimiser"].map(names)).rename(columns={"loss": "$x_{$"})
    law = PowerLaw(size="n", n_boot=0).fit(table[["n"]], table["loss"])
    figure = plot_law(own, law, y="$x_{$", hue="optimiser", col="text")
    figure.canvas.draw()
    assert figure.get_supylabel() == r"\$x_{\$"
    assert [text.get_text() for text in figure.legends[0].get_texts()][:2] == [r"\$5 to \$10", r"\$\frac\$"]


def test_more_series_than_colours_are_still_told_apart(table):
    part = table[table["text"] == "prose"].drop(columns="role")
    law = PowerLaw(size="n", n_boot=0).fit(part[["n"]], part["loss"])
    figure = plot_law(pd.concat([part.assign(run=k) for k in range(14)]), law, y="loss", hue="run")
    looks = {(line.get_color(), line.get_marker()) for line in figure.legends[0].get_lines()}
    assert len(looks) == 14


def test_more_panels_than_anyone_can_see_are_refused():
    table = pd.DataFrame({"parameters": np.geomspace(1e3, 1e6, 101), "y": 1.0, "run": range(101)})
    law = PowerLaw(n_boot=0).fit([1e3, 1e6], [2.0, 1.0])
    with pytest.raises(ValueError, match="'run' has 101 values, and at most 100 panels"):
        plot_law(table, law, y="y", col="run")
