import numpy as np
import pandas as pd
import pytest

from scalescope import paths
from scalescope.papers.ivgi2022 import figures as ivgi2022
from scalescope.papers.ivgi2022.data import KEY_OF_TITLE, published_curve, published_points, published_pretrain
from scalescope.papers.ivgi2022.diagnose import diagnose
from scalescope.papers.ivgi2022.fits import fit_laws
from scalescope.papers.ivgi2022.selection import select_all
from scalescope.papers.ivgi2022.stopping import heldout_curve


def laws(points):
    return fit_laws({"points": points}, n_boot=20)


@pytest.fixture(scope="module")
def published():
    """The paper's points and their laws."""
    points = published_points()
    return points, laws(points)


def drawn(number, kind):
    """The numbers of the paper's figure."""
    rows = pd.read_csv(paths.published("ivgi2022") / f"fig{number}.csv")
    rows = rows[rows["kind"] == kind]
    return rows.assign(task=rows["task"].map(KEY_OF_TITLE))


def kind(data, name):
    return data[data["kind"] == name]


def test_figure_5_has_the_papers_points_and_both_intervals():
    points = published_points()
    points = points[points["task"].isin(["mnli", "sst2", "race", "squad_v2"])]
    data = ivgi2022.fig5_data(points, fit_laws({"points": points}, n_boot=1000))
    figure = ivgi2022.draw_fig5(data)
    assert [ax.get_title(loc="left") for ax in figure.axes] == ["MNLI", "SST-2", "RACE", "SQuAD 2.0"]
    both = kind(data, "point").merge(drawn(5, "point"), on=["task", "layers"], suffixes=("", "_paper"))
    assert len(both) == 4 * 9
    np.testing.assert_allclose(both["value"], both["value_paper"], rtol=1e-6)
    paper = drawn(5, "legend_slope_ci").set_index(["task", "bootstrap"])
    for row in kind(data, "legend_slope_ci").itertuples():
        ends = paper.loc[(row.task, row.series), ["err_low", "err_high"]].to_numpy(dtype=float)
        np.testing.assert_allclose([row.err_low, row.err_high], ends, atol=0.009)
    widths = kind(data, "sleeve").assign(width=lambda rows: rows["err_high"] - rows["err_low"])
    mean = widths.groupby(["task", "series"])["width"].mean().unstack()
    assert (mean["hierarchical"] > mean["naive"]).all()
    for ax in figure.axes:  # the naive bootstrap draws a band and no points
        assert [text.get_text()[0] for text in ax.texts] == ["▬", "●"]


def test_figure_6_marks_where_each_patience_stops():
    data = ivgi2022.fig6_data(heldout_curve(published_curve()), [1500, 7500])
    figure = ivgi2022.draw_fig6(data)
    stops = kind(data, "stop")
    assert stops["step"].tolist() == [96_500, 257_000]
    text = " ".join(text.get_text() for text in figure.axes[1].texts)
    assert "1,500: +13.9%" in text and "7,500: +0.0%" in text
    low, high = figure.axes[1].get_ylim()
    assert low < stops["value"].min() and stops["value"].max() < high


def test_a_curve_that_always_falls_is_said_to():
    curve = pd.DataFrame({"step": [10, 20, 30], "loss": [3.0, 2.0, 1.0], "tokens": 1, "parameters": 1000})
    data = ivgi2022.fig6_data(curve)
    assert not ivgi2022.patience_acts(data)
    with pytest.raises(ValueError, match="no patience would have stopped this run"):
        ivgi2022.draw_fig6(data)
    assert kind(data, "stop")["stopped"].tolist() == [False]


def test_figure_7_is_the_papers(published):
    data = ivgi2022.fig7_data(*published)
    figure = ivgi2022.draw_fig7(data)
    assert len(figure.axes) == 6
    paper = drawn(7, "point").assign(objective=lambda rows: rows["objective"].str.lower())
    both = kind(data, "point").merge(paper, on=["task", "objective", "layers"], suffixes=("", "_paper"))
    assert len(both) == 6 * 2 * 9
    np.testing.assert_allclose(both["value"], both["value_paper"], rtol=1e-6)
    lines = kind(data, "fit_line").query("objective == 'mlm'")
    np.testing.assert_allclose(lines["value"], drawn(7, "fit_line")["value"], rtol=2e-3)


def test_figure_8_is_the_papers(published):
    data = ivgi2022.fig8_data(*published)
    figure = ivgi2022.draw_fig8(data)
    marks = kind(data, "point")
    np.testing.assert_allclose(np.sort(marks["value"]), np.sort(drawn(8, "point")["value"]), rtol=1e-6)
    found = kind(data, "legend_r2")["value"].to_numpy()
    np.testing.assert_allclose(found, [0.998, 0.797, 0.915], atol=2e-3)  # seeds of HasAns spread too far for 2nd order
    assert "not measured" not in figure.axes[0].get_title(loc="left")


def test_figure_8_says_what_was_not_measured(published):
    points = published[0][published[0]["task"].isin(["squad", "squad_v2"])]
    for table in (points.drop(columns="value_answerable"), points.assign(value_answerable=np.nan)):
        data = ivgi2022.fig8_data(table, laws(table))
        figure = ivgi2022.draw_fig8(data)
        assert "HasAns F1: not measured" in figure.axes[0].get_title(loc="left")
        assert len(kind(data, "point")) == 18


def test_ours_beside_the_papers_has_both_and_each_law_its_own_sizes(published):
    points, of_points = published
    ours = points.assign(parameters=points["parameters"] / 100)
    data = ivgi2022.fig_both_data(ours, laws(ours), points, of_points)
    figure = ivgi2022.draw_fig_both(data)
    assert len(figure.axes) == 9
    ends = kind(data, "fit_line").groupby("origin")["parameters"].agg(["min", "max"])
    np.testing.assert_allclose(ends.loc["ours"], ends.loc["paper"] / 100)


def test_pictures_of_the_tools():
    pretrain = published_pretrain().query("objective == 'mlm' and role != 'second'")
    target = pretrain["role"] == "target"
    cut = pretrain.assign(loss=pretrain["loss"].mask(target, 1.7))
    data = ivgi2022.diagnosis_data({"cut": diagnose(cut), "whole": diagnose(pretrain)})
    figure = ivgi2022.draw_diagnosis(data)
    assert [ax.get_title(loc="left") for ax in figure.axes] == ["cut", "whole"] and len(data) == 18
    choices = select_all(laws(published_points(keep_outlier=False)))
    figure = ivgi2022.draw_selection(ivgi2022.selection_data(choices))
    assert [text.get_text() for text in figure.axes[0].get_yticklabels()] == choices["task"].tolist()
    with pytest.raises(ValueError, match="nothing to choose"):
        ivgi2022.selection_data(choices.head(0))
