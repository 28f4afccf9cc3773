import numpy as np
import pandas as pd
import pytest

from scalescope import paths
from scalescope.experiment.seeds import one_row_per_seed
from scalescope.papers.ivgi2022 import figures as ivgi2022
from scalescope.papers.ivgi2022.data import published_points, published_pretrain, published_tasks
from scalescope.papers.ivgi2022.fits import fit_laws
from scalescope.plotting import style


@pytest.fixture(scope="module")
def points():
    return one_row_per_seed(published_points())


@pytest.fixture(scope="module")
def laws(points):
    """Laws of all points, with few replicates: what is drawn of them does not depend on how many."""
    return fit_laws({"points": points}, n_boot=20)


def of(points, n_boot=3):
    return fit_laws({"points": points}, n_boot=n_boot)


def drawn(number):
    """The numbers of the paper's figure."""
    return pd.read_csv(paths.published("ivgi2022") / f"fig{number}.csv")


def kind(data, name):
    return data[data["kind"] == name]


def test_figure_1_has_the_papers_panels_and_stand_in_target(points, laws):
    data = ivgi2022.fig1_data(points, laws)
    figure = ivgi2022.draw_fig1(data)
    top, _ = figure.axes
    assert (top.get_xscale(), top.get_yscale(), figure.get_supylabel()) == ("log", "log", "1 − metric")
    marks = kind(data, "point")
    paper = kind(drawn(1), "point")
    assert len(marks) == len(paper) == 36
    np.testing.assert_allclose(np.sort(marks["value"]), np.sort(paper["value"]), rtol=1e-6)
    line = kind(data, "fit_line").query("panel == 'bottom' and hpt == 'without'")
    ends = kind(drawn(1), "fit_line").query("panel == 'bottom' and hpt == 'without'")
    np.testing.assert_allclose(line["value"], ends["value"], rtol=1e-4)  # ln y to second order only


def test_figure_2_is_the_papers():
    pretrain = published_pretrain()
    data = ivgi2022.fig2_data(pretrain, fit_laws({"pretrain": pretrain}, n_boot=20))
    figure = ivgi2022.draw_fig2(data)
    assert [ax.get_title(loc="left") for ax in figure.axes] == ["MLM", "PMI"]
    np.testing.assert_allclose(kind(data, "point")["value"], kind(drawn(2), "point")["value"])
    np.testing.assert_allclose(kind(data, "fit_line")["value"], kind(drawn(2), "fit_line")["value"], rtol=1e-6)
    np.testing.assert_allclose(kind(data, "legend_r2")["value"], kind(drawn(2), "legend_r2")["value"], atol=6e-4)


def test_figure_3_is_the_papers():
    pair = published_points(keep_outlier=False)
    data = ivgi2022.fig3_data(pair, of(pair), published_tasks())
    figure = ivgi2022.draw_fig3(data)
    assert len(figure.axes) == 9 and figure.axes[6].get_title(loc="left") == "SQuAD 2.0"
    keys = ["task", "objective", "layers"]
    paper = kind(drawn(3), "point")
    names = {"SQuAD 1.1": "squad", "SQuAD 2.0": "squad_v2", "SST-2": "sst2"}
    paper = paper.assign(
        task=paper["task"].map(lambda name: names.get(name, name.lower())), objective=paper["objective"].str.lower()
    )
    both = kind(data, "point").merge(paper, on=keys, suffixes=("", "_paper"))
    assert len(both) == 9 * 2 * 9
    for column in ("value", "err_low", "err_high"):
        np.testing.assert_allclose(both[column], both[f"{column}_paper"], rtol=1e-5)
    baselines = kind(data, "baseline").set_index("task")["value"]
    assert baselines.to_dict() == pytest.approx(
        {"mnli": 0.646, "qnli": 0.49, "sst2": 0.49, "race": 0.733, "mrpc": 0.32, "boolq": 0.38}
    )


def test_figure_4_has_both_tunings_of_nine_tasks(points, laws):
    data = ivgi2022.fig4_data(points, laws, published_tasks())
    figure = ivgi2022.draw_fig4(data)
    assert len(figure.axes) == 9
    ladder = kind(data, "point").query("role == 'ladder'")
    assert ladder.groupby(["task", "hpt"]).size().tolist() == [8] * 18
    assert len(kind(data, "sleeve")) == 18 * 50
    assert "legend_slope_ci" in set(data["kind"])


def test_what_was_tuned_in_one_way_is_not_compared(points, laws):
    assert ivgi2022.tuned_both_ways(points)
    tuned = points[points["hpt"] == "with"]
    assert not ivgi2022.tuned_both_ways(tuned)
    assert not ivgi2022.tuned_both_ways(points[points["objective"] == "pmi"])
    figure = ivgi2022.draw_fig1(ivgi2022.fig1_data(tuned, laws))
    assert [ax.get_title(loc="left") for ax in figure.axes] == ["SQuAD 1.1 and MRPC, with HPT"]


def test_axes_read_in_thousands_and_hold_all_points(points, laws):
    data = ivgi2022.fig3_data(points, laws)
    figure = ivgi2022.draw_fig3(data)
    figure.canvas.draw()
    ax = figure.axes[0]
    assert [text.get_text() for text in ax.get_xticklabels()] == ["10K", "100K", "1M", "10M", "100M"]
    for task, axes in zip(data["panel"].unique(), figure.axes, strict=True):
        marks = kind(data[data["panel"] == task], "point")
        low, high = axes.get_ylim()
        assert low < marks["value"].min() and marks["value"].max() < high
        assert 2 <= len(axes.get_yticks()) <= 8


@pytest.mark.parametrize("size", [style.SCREEN, style.PAPER])
def test_text_of_a_panel_lies_below_its_points_and_on_no_band(points, laws, size):
    data = ivgi2022.fig3_data(points, laws, published_tasks())
    figure = ivgi2022.draw_fig3(data, size)
    figure.set_dpi(300)  # hinting makes small letters a tenth wider on a screen than in the PDF that is printed
    figure.canvas.draw()
    for task, ax in zip(data["panel"].unique(), figure.axes, strict=True):
        top = max(text.get_window_extent().y1 for text in ax.texts)
        right = max(text.get_window_extent().x1 for text in ax.texts)
        lowest = kind(data[data["panel"] == task], "point")["value"].min()
        assert top < ax.transData.transform((1e6, lowest))[1]
        assert right < ax.get_window_extent().x1
        for band in (collection for collection in ax.collections if collection.get_alpha()):
            assert top < band.get_clip_box().y0


def test_the_second_aspect_ratio_is_not_in_the_figures_of_finetuning(points):
    more = pd.concat([points, points[points["role"] == "ladder"].assign(role="second", aspect_ratio=64, error=0.01)])
    of_these, of_more = of(points), of(more)
    for data in (ivgi2022.fig1_data, ivgi2022.fig3_data, ivgi2022.fig4_data):
        pd.testing.assert_frame_equal(data(points, of_these), data(more, of_more))


def test_holes_are_shown_and_do_not_stop_the_figure(points):
    part = points[points["task"].isin(["mnli", "squad"])].copy()
    part.loc[(part["task"] == "mnli") & (part["role"] == "ladder") & (part["layers"] > 1), "error"] = np.nan
    part.loc[(part["task"] == "squad") & (part["role"] == "target") & (part["seed"] < 4), "error"] = 0.0
    found = of(part)
    data = ivgi2022.fig3_data(part, found)
    figure = ivgi2022.draw_fig3(data)
    texts = [" ".join(text.get_text() for text in ax.texts) for ax in figure.axes]
    assert texts[2] == "no runs" and "no law" in texts[1] and "R²" in texts[0]
    assert kind(data, "fit_line")["task"].unique().tolist() == ["squad"]
    ivgi2022.draw_fig1(ivgi2022.fig1_data(part, found))
    with pytest.raises(ValueError, match="no usable points"):
        ivgi2022.fig3_data(part.assign(error=np.nan), found)


def test_one_seed_has_no_bar_and_two_sizes_no_r2(points):
    part = points[(points["seed"] == 0) & (points["layers"] < 3) & (points["task"] == "squad")]
    data = ivgi2022.fig3_data(part, of(part))
    figure = ivgi2022.draw_fig3(data)
    assert kind(data, "point")["err_low"].isna().all()
    texts = [text.get_text() for text in figure.axes[0].texts]
    assert "R²" not in texts[0] and texts[0].endswith("slope [−∞, ∞]")
    names = [text.get_text() for text in figure.legends[0].get_texts()]
    assert "95 % of bootstrapped laws" not in names, "no band is drawn"


def test_a_perfect_target_is_neither_drawn_nor_in_the_legend(points):
    squad = points[points["task"].isin(["squad", "mrpc"])].copy()
    squad.loc[squad["role"] == "target", "error"] = 0.0
    data = ivgi2022.fig3_data(squad, of(squad))
    figure = ivgi2022.draw_fig3(data)
    assert set(data.loc[data["role"] == "target", "kind"]) == {"off_axis"}
    assert (data.loc[data["kind"] == "point", "value"] > 0).all()
    assert "held-out target" not in [text.get_text() for text in figure.legends[0].get_texts()]
    panel = next(ax for ax in figure.axes if ax.get_title(loc="left") == "SQuAD 1.1")
    assert "error 0: MLM (target), PMI (target)" in [text.get_text() for text in panel.texts]
    assert all(line.get_marker() != "*" for ax in figure.axes for line in ax.lines)


@pytest.mark.parametrize(
    ("make", "draw", "panel"),
    [(ivgi2022.fig1_data, ivgi2022.draw_fig1, 0), (ivgi2022.fig3_data, ivgi2022.draw_fig3, 0)],
)
def test_points_and_stars_at_one_size_stand_side_by_side(points, laws, make, draw, panel):
    """No marker lies on another of its size, and no star on another star."""
    figure = draw(make(points, laws))
    figure.canvas.draw()
    marks = [line for line in figure.axes[panel].lines if line.get_marker() in ("o", "s", "*")]
    places = [{round(x, 1) for x in line.get_transform().transform(line.get_xydata())[:, 0]} for line in marks]
    assert len(marks) == 4 and len(set.union(*places)) == sum(map(len, places))
