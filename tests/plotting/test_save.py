import matplotlib.pyplot as plt
import pandas as pd
import pytest

from scalescope.files import faults
from scalescope.papers.ivgi2022 import figures
from scalescope.papers.ivgi2022.data import published_points
from scalescope.papers.ivgi2022.fits import fit_laws
from scalescope.plotting import remove, save
from scalescope.plotting.save import check_picture, save_picture


@pytest.fixture(scope="module")
def published():
    points = published_points()
    return points, fit_laws({"points": points}, n_boot=20)


@pytest.fixture(scope="module")
def data(published):
    """Of a figure of two panels: how it is written does not depend on how many there are."""
    return figures.fig1_data(*published)


def test_saving_writes_four_files_with_the_same_bytes_again(data, tmp_path):
    contents = []
    for folder in (tmp_path / "a", tmp_path / "b"):
        files = save(figures.draw_fig1, data, folder, "fig1")
        assert [path.suffix for path in files] == [".png", ".svg", ".pdf", ".csv"]
        contents.append([path.read_bytes() for path in files])
        assert len(plt.get_fignums()) == 1, "the figure stays open to be shown, that of the paper does not"
        plt.close()
    assert contents[0] == contents[1]
    assert b"<dc:date>" not in contents[0][1] and b"CreationDate" not in contents[0][2]
    pd.testing.assert_frame_equal(pd.read_csv(files[3]), data, check_dtype=False, rtol=1e-6)


@pytest.mark.parametrize(
    ("draw", "table", "wrong"), [(None, pd.DataFrame(), "draw must be a function"), (plt.figure, [1], "data must be a")]
)
def test_what_cannot_be_drawn_is_told_before_anything_is_written(draw, table, wrong, tmp_path):
    with pytest.raises(ValueError, match=wrong):
        save(draw, table, tmp_path / "figures", "fig1")
    assert not (tmp_path / "figures").exists()


def test_a_figure_that_is_removed_is_not_missed(data, tmp_path):
    for name in ("fig1", "fig4"):
        save(figures.draw_fig1, data, tmp_path, name)
    remove(tmp_path, "fig1", "fig9")
    assert {path.stem for path in tmp_path.glob("fig*")} == {"fig4"} and faults(tmp_path) == []
    remove(tmp_path / "none", "fig1")


def test_what_is_not_published_is_drawn_and_not_written(data, tmp_path):
    drawn = []
    draw = lambda table, size="screen": drawn.append(table) or figures.draw_fig1(table, size)  # noqa: E731
    written = save(draw, data, tmp_path, "fig1", unpublished=data["kind"] == "point")[3]
    assert all((table["kind"] == "point").sum() == 36 for table in drawn) and len(drawn) == 2
    assert "point" not in set(pd.read_csv(written)["kind"]) and "n_seeds" not in pd.read_csv(written)


@pytest.mark.parametrize("name", ["fig1", "fig3", "fig5", "fig8"])
def test_figures_of_a_paper_have_its_width_and_no_text_below_six_points(name, published):
    made = getattr(figures, f"{name}_data")(*published)
    figure = getattr(figures, f"draw_{name}")(made, "paper")
    figure.canvas.draw()
    wide = figure.get_figwidth()
    assert wide == pytest.approx(3.3) or wide == pytest.approx(6.9)
    texts = [text for text in figure.findobj(plt.Text) if text.get_text() and text.get_visible()]
    assert min(text.get_fontsize() for text in texts) >= 6
    ends = figure.get_tightbbox().extents
    assert ends[0] > -0.01 and ends[2] < wide + 0.01, "nothing sticks out, the legend neither"


@pytest.mark.parametrize("path", ["", "x", "x.gif", None, 3])
def test_a_picture_needs_a_path_of_its_kind(path):
    with pytest.raises(ValueError, match="figure"):
        check_picture(path)
    with pytest.raises(ValueError, match="figure"):
        save_picture(plt.figure(), path)
    plt.close("all")


def test_only_figures_are_written(tmp_path):
    with pytest.raises(ValueError, match="figure of Matplotlib is written; got the int 3"):
        save_picture(3, str(tmp_path / "x.png"))
