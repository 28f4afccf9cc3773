import matplotlib
import numpy as np
import pytest

from scalescope.errors import UnknownName
from scalescope.papers.gadre2024.figures import CMAP
from scalescope.plotting import style


def test_the_style_leaves_no_setting_behind():
    before = dict(matplotlib.rcParams)
    colours = dict(matplotlib.colors.colorConverter.colors)
    with style.paper_style(style.PAPER):
        assert matplotlib.rcParams["font.size"] == pytest.approx(6.9) and style.unit() == pytest.approx(0.69)
        assert style.width(1) == 3.3 and style.width(2) == 6.9
        first = matplotlib.rcParams["axes.prop_cycle"].by_key()["color"][0]
        assert matplotlib.colors.same_color(first, style.BLUE)
    assert dict(matplotlib.rcParams) == before and matplotlib.colors.colorConverter.colors == colours
    with style.paper_style():
        assert style.width(1) == 6.8 and style.width(2) == 10.0
    with (
        pytest.raises(ValueError, match="unknown size of figures 'papper'; did you mean 'paper'"),
        style.paper_style("papper"),
    ):
        pass


def test_text_is_read_on_white_in_every_colour():
    lines = [*style.PALETTE, *CMAP(np.linspace(0, 1, 9))]
    for colour in lines:
        assert style.contrast(style.text_colour(colour)) >= 4.5
    assert style.text_colour(style.BLUE) == matplotlib.colors.to_rgb(style.BLUE), "dark enough as it is"
    assert min(style.contrast(colour) for colour in CMAP(np.linspace(0, 1, 9))) > 3, "lines and stars too"
    assert style.contrast("white") == pytest.approx(1) and style.contrast("black") == pytest.approx(21)


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
        "999",
        "1K",
        "999K",
        "1M",
        "1B",
        "2T",
    ]
    assert not any("e" in style.size_text(size) for size in np.geomspace(1, 1e13, 997))


@pytest.mark.parametrize(("low", "high"), [(0, 1), (-1, 1), (2, 1), (1, 1), (1, float("inf")), (float("nan"), 1)])
def test_an_axis_that_is_not_logarithmic_is_named(low, high):
    with pytest.raises(ValueError, match="a logarithmic axis goes from a number above zero to a larger one; got"):
        style.log_ticks(low, high)


@pytest.mark.parametrize("columns", [0, 3, -1])
def test_a_figure_has_one_column_or_two(columns):
    with pytest.raises(UnknownName, match="number of columns"):
        style.width(columns)
