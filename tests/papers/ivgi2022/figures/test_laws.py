import matplotlib
import numpy as np
import pandas as pd
import pytest

from scalescope import paths
from scalescope.experiment.seeds import one_row_per_seed
from scalescope.papers.gallery import write_gallery
from scalescope.papers.ivgi2022 import figures as ivgi2022
from scalescope.papers.ivgi2022.data import published_points, published_pretrain, published_tasks
from scalescope.plotting import style


@pytest.fixture(scope="module")
def points():
    return one_row_per_seed(published_points())


def drawn(number):
    """The numbers of the paper's figure."""
    return pd.read_csv(paths.published("ivgi2022") / f"fig{number}.csv")


def kind(data, name):
    return data[data["kind"] == name]


def test_figure_1_has_the_papers_panels_and_stand_in_target(points):
    figure, data = ivgi2022.figure1(points)
    top, bottom = figure.axes
    assert (top.get_xscale(), top.get_yscale(), bottom.get_ylabel()) == ("log", "log", "1 − metric")
    marks = kind(data, "point")
    paper = kind(drawn(1), "point")
    assert len(marks) == len(paper) == 36
    np.testing.assert_allclose(np.sort(marks["value"]), np.sort(paper["value"]), rtol=1e-6)
    line = kind(data, "fit_line").query("panel == 'bottom' and hpt == 'without'")
    ends = kind(drawn(1), "fit_line").query("panel == 'bottom' and hpt == 'without'")
    np.testing.assert_allclose(line["value"], ends["value"], rtol=1e-4)  # ln y to second order only


def test_figure_2_is_the_papers():
    figure, data = ivgi2022.figure2(published_pretrain())
    assert [ax.get_title(loc="left") for ax in figure.axes] == ["MLM", "PMI"]
    np.testing.assert_allclose(kind(data, "point")["value"], kind(drawn(2), "point")["value"])
    np.testing.assert_allclose(kind(data, "fit_line")["value"], kind(drawn(2), "fit_line")["value"], rtol=1e-6)
    np.testing.assert_allclose(kind(data, "legend_r2")["value"], kind(drawn(2), "legend_r2")["value"], atol=6e-4)


def test_figure_3_is_the_papers():
    figure, data = ivgi2022.figure3(published_points(keep_outlier=False), published_tasks())
    assert len(figure.axes) == 9 and figure.axes[6].get_title(loc="left") == "SQuAD 2.0"
    keys = ["task", "objective", "layers"]
    paper = kind(drawn(3), "point")
    names = {"SQuAD 1.1": "squad", "SQuAD 2.0": "squad_v2", "SST-2": "sst2"}
    paper = paper.assign(
        task=paper["task"].map(lambda name: names.get(name, name.lower())),
        objective=paper["objective"].str.lower(),
    )
    both = kind(data, "point").merge(paper, on=keys, suffixes=("", "_paper"))
    assert len(both) == 9 * 2 * 9
    for column in ("value", "err_low", "err_high"):
        np.testing.assert_allclose(both[column], both[f"{column}_paper"], rtol=1e-5)
    baselines = kind(data, "baseline").set_index("task")["value"]
    assert baselines.to_dict() == pytest.approx(
        {"mnli": 0.646, "qnli": 0.49, "sst2": 0.49, "race": 0.733, "mrpc": 0.32, "boolq": 0.38}
    )


def test_figure_4_has_both_tunings_of_nine_tasks(points):
    figure, data = ivgi2022.figure4(points, published_tasks())
    assert len(figure.axes) == 9
    ladder = kind(data, "point").query("role == 'ladder'")
    assert ladder.groupby(["task", "hpt"]).size().tolist() == [8] * 18
    assert len(kind(data, "sleeve")) == 18 * 50
    assert "legend_slope_ci" in set(data["kind"])


def test_axes_read_in_thousands_and_hold_all_points(points):
    figure, data = ivgi2022.figure3(points)
    figure.canvas.draw()
    ax = figure.axes[0]
    assert [text.get_text() for text in ax.get_xticklabels()] == ["10K", "100K", "1M", "10M", "100M"]
    for task, axes in zip(data["panel"].unique(), figure.axes, strict=True):
        marks = kind(data[data["panel"] == task], "point")
        low, high = axes.get_ylim()
        assert low < marks["value"].min() and marks["value"].max() < high
        assert 2 <= len(axes.get_yticks()) <= 8


def test_text_of_a_panel_lies_below_its_points(points):
    figure, data = ivgi2022.figure3(points, published_tasks())
    figure.canvas.draw()
    for task, ax in zip(data["panel"].unique(), figure.axes, strict=True):
        top = max(text.get_window_extent().y1 for text in ax.texts)
        right = max(text.get_window_extent().x1 for text in ax.texts)
        lowest = kind(data[data["panel"] == task], "point")["value"].min()
        assert top < ax.transData.transform((1e6, lowest))[1]
        assert right < ax.get_window_extent().x1


def test_the_second_aspect_ratio_is_not_in_the_figures_of_finetuning(points):
    more = points[points["role"] == "ladder"].assign(role="second", aspect_ratio=64, error=0.01)
    for draw in (ivgi2022.figure1, ivgi2022.figure3, ivgi2022.figure4):
        again = draw(pd.concat([points, more]), n_boot=20)[1]
        pd.testing.assert_frame_equal(draw(points, n_boot=20)[1], again)


def test_holes_are_shown_and_do_not_stop_the_figure(points):
    part = points[points["task"].isin(["mnli", "squad"])].copy()
    part.loc[(part["task"] == "mnli") & (part["role"] == "ladder") & (part["layers"] > 1), "error"] = np.nan
    part.loc[(part["task"] == "squad") & (part["role"] == "target") & (part["seed"] < 4), "error"] = 0.0
    figure, data = ivgi2022.figure3(part)
    texts = [" ".join(text.get_text() for text in ax.texts) for ax in figure.axes]
    assert texts[2] == "no runs" and "no law" in texts[1] and "R²" in texts[0]
    assert kind(data, "fit_line")["task"].unique().tolist() == ["squad"]
    ivgi2022.figure1(part)
    with pytest.raises(ValueError, match="no usable points"):
        ivgi2022.figure3(part.assign(error=np.nan))


def test_one_seed_has_no_bar_and_two_sizes_no_r2(points):
    part = points[(points["seed"] == 0) & (points["layers"] < 3) & (points["task"] == "squad")]
    figure, data = ivgi2022.figure3(part)
    assert kind(data, "point")["err_low"].isna().all()
    assert "R²" not in figure.axes[0].texts[0].get_text()


def test_saving_writes_three_files_with_the_same_bytes_again(points, tmp_path):
    contents = []
    for folder in (tmp_path / "a", tmp_path / "b"):
        figure, data = ivgi2022.figure1(points, n_boot=50)
        files = style.save(figure, data, folder, ivgi2022.SLUGS[1])
        assert [path.suffix for path in files] == [".png", ".svg", ".csv"]
        contents.append([path.read_bytes() for path in files])
    assert contents[0] == contents[1]
    assert b"<dc:date>" not in contents[0][1]
    pd.testing.assert_frame_equal(pd.read_csv(files[2]), data, check_dtype=False, rtol=1e-6)


def test_the_style_leaves_no_setting_behind(points):
    before = dict(matplotlib.rcParams)
    ivgi2022.figure1(points, n_boot=10)
    assert dict(matplotlib.rcParams) == before


@pytest.mark.parametrize(("low", "high"), [(0.05, 1.0), (0.28, 0.39), (0.95, 1.04), (1.2, 7), (3e3, 1.6e6), (1e4, 1e8)])
def test_ticks_are_few_round_and_inside(low, high):
    ticks = style.log_ticks(low, high)
    assert 2 <= len(ticks) <= 8 and low <= min(ticks) and max(ticks) <= high
    assert all(float(f"{tick:.2g}") == pytest.approx(tick) for tick in ticks if tick < 0.9)


def test_sizes_as_text():
    texts = [style.size_text(size) for size in (768, 3072, 98304, 1.5e6, 84934656, 7e9)]
    assert texts == ["768", "3.07K", "98.3K", "1.5M", "84.9M", "7B"]
    # rounding may reach the next unit
    assert [style.size_text(size) for size in (999.4, 999.6, 999_499, 999_500, 999_500_000, 2e12)] == [
        "999", "1K", "999K", "1M", "1B", "2T",
    ]  # fmt: skip
    assert not any("e" in style.size_text(size) for size in np.geomspace(1, 1e13, 997))


def test_a_perfect_target_is_neither_drawn_nor_in_the_legend(points):
    squad = points[points["task"].isin(["squad", "mrpc"])].copy()
    squad.loc[squad["role"] == "target", "error"] = 0.0
    figure, data = ivgi2022.figure3(squad, n_boot=3)
    assert set(data.loc[data["role"] == "target", "kind"]) == {"off_axis"}
    assert (data.loc[data["kind"] == "point", "value"] > 0).all()
    assert "held-out target" not in [text.get_text() for text in figure.legends[0].get_texts()]
    panel = next(ax for ax in figure.axes if ax.get_title(loc="left") == "SQuAD 1.1")
    assert "error 0: MLM (target), PMI (target)" in [text.get_text() for text in panel.texts]
    assert all(line.get_marker() != "*" for ax in figure.axes for line in ax.lines)


def test_gallery_shows_what_is_there(tmp_path):
    for place in (
        "quick/ivgi2022/fig2_pretraining_loss",
        "smoke/ivgi2022/fig4_tuning",
        "quick/other2030/fig9_new",
    ):
        (tmp_path / place).parent.mkdir(parents=True, exist_ok=True)
        for suffix in ("png", "svg"):
            (tmp_path / f"{place}.{suffix}").touch()
    text = write_gallery(tmp_path, command="scalescope gallery").read_text()
    assert "Written by `scalescope gallery`" in text and "`make reproduce PROFILE=quick`" in text
    assert "![fig2_pretraining_loss](quick/ivgi2022/fig2_pretraining_loss.png)" in text
    assert "[SVG](quick/ivgi2022/fig2_pretraining_loss.svg)" in text and "[CSV]" not in text
    assert "fig9 new" in text and "smoke" not in text
    with pytest.raises(FileNotFoundError, match="no folder of figures"):
        write_gallery(tmp_path / "none")
