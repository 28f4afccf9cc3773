"""Every printed digit of the paper that the published points determine."""

import numpy as np
import pandas as pd
import pytest

from scalescope import paths
from scalescope.experiment.points import missing
from scalescope.experiment.seeds import one_row_per_seed
from scalescope.laws import PowerLaw
from scalescope.papers.ivgi2022 import tables as ivgi2022
from scalescope.papers.ivgi2022.data import published_points, published_pretrain, published_table, published_tasks
from scalescope.papers.ivgi2022.fits import fits, pretraining_laws
from scalescope.tables import check


@pytest.fixture(scope="module")
def points():
    return published_points()


@pytest.fixture(scope="module")
def own(points):
    return fits(points)


@pytest.fixture(scope="module")
def made(own):
    figure_3 = fits(published_points(keep_outlier=False), n_boot=1)
    return {
        1: ivgi2022.table1(published_tasks()),
        2: ivgi2022.table2(own),
        3: ivgi2022.table3(own),
        4: ivgi2022.table4(own),
        5: ivgi2022.table5(figure_3),
        6: ivgi2022.table6(published_pretrain()),
    }


def differing(made: pd.DataFrame, printed: pd.DataFrame, columns) -> list[tuple]:
    """Cells that are not the same to the printed digit."""
    same = (made[columns] == printed[columns]) | (made[columns].isna() & printed[columns].isna())
    return [(made.iloc[i, 0], c, made[c][i], printed[c][i]) for c in columns for i in np.flatnonzero(~same[c])]


@pytest.mark.parametrize("number", [1, 2, 4, 5, 6])
def test_every_cell_has_the_printed_digits(made, number):
    printed = published_table(number)
    assert list(made[number].columns) == list(printed.columns)
    assert len(made[number]) == len(printed)
    assert differing(made[number], printed, list(printed.columns)) == []


def test_table_3_has_the_printed_r2_and_close_slopes(made, own):
    printed = published_table(3)
    assert list(made[3].columns) == list(printed.columns)
    assert differing(made[3], printed, ["task", "r2_hpt", "r2_no_hpt"]) == []
    slopes = [name for name in printed.columns if name.startswith("slope")]
    exact = ivgi2022.table3(own, exact=True)
    assert (exact[slopes] - printed[slopes]).abs().to_numpy().max() < 0.006


def test_table_5_needs_the_points_of_figure_3(own):
    with_outlier = ivgi2022.table5(own).set_index("task")["predicted_delta"]
    assert with_outlier["SQuAD 2.0"] == 0.025  # printed: 0.024, without the outlying seed


def test_text_of_a_table_has_fixed_digits_and_empty_blanks(made):
    text = ivgi2022.printed(made[1]).set_index("task")
    assert text.loc["MNLI"].tolist() == ["98175", "9815", "Acc.", "0.35"]
    assert text.loc["SQuAD 1.1", "top_freq"] == ""
    assert ivgi2022.printed(made[4]).set_index("task").loc["BoolQ", "re_from_2"] == "0.000"


def test_pretraining_laws_are_those_of_figure_2():
    laws = pretraining_laws(published_pretrain())
    assert laws[["objective", "aspect_ratio"]].to_numpy().tolist() == [
        ["mlm", 32],
        ["mlm", 64],
        ["pmi", 32],
        ["pmi", 64],
    ]
    assert laws["r2"].round(3).tolist() == [0.998, 0.999, 0.999, 0.996]
    intervals = [[-0.17, -0.15], [-0.19, -0.17], [-0.12, -0.11], [-0.14, -0.12]]
    np.testing.assert_allclose(laws[["slope_low", "slope_high"]], intervals, atol=0.006)
    drawn = pd.read_csv(paths.published("ivgi2022") / "fig2.csv")
    ends = drawn[(drawn["kind"] == "fit_line") & (drawn["parameters"] == 84_934_656)]
    np.testing.assert_allclose(laws["prediction"], ends["value"], rtol=1e-6)


def test_lines_and_sleeves_are_those_of_figure_3(points):
    drawn = pd.read_csv(paths.published("ivgi2022") / "fig3.csv")
    drawn = drawn[(drawn["task"] == "MNLI") & (drawn["objective"] == "MLM")]
    rows = one_row_per_seed(points).query(
        "task == 'mnli' and objective == 'mlm' and hpt == 'with' and role == 'ladder'"
    )
    law = PowerLaw().fit(rows, rows["error"], groups=rows["parameters"])
    line = drawn[drawn["kind"] == "fit_line"]
    np.testing.assert_allclose(law.predict(line), line["value"], rtol=1e-5)
    sleeve = drawn[drawn["kind"] == "sleeve"]
    low, high = law.predict_interval(sleeve)
    np.testing.assert_allclose(low, sleeve["err_low"], rtol=0.02)
    np.testing.assert_allclose(high, sleeve["err_high"], rtol=0.02)


def test_published_tables_have_the_columns_of_live_ones(points):
    check(points, "summaries")
    pretrain = check(published_pretrain(), "pretrain")
    check(published_tasks(), "tasks")
    assert (pretrain["parameters"] == 12 * pretrain["layers"] * pretrain["hidden"] ** 2).all()
    assert points.groupby(["objective", "hpt", "role"])["layers"].nunique().to_dict() == {
        ("mlm", "with", "ladder"): 8,
        ("mlm", "with", "target"): 1,
        ("mlm", "without", "ladder"): 8,
        ("pmi", "with", "ladder"): 8,
        ("pmi", "with", "target"): 1,
    }


def test_seeds_the_paper_lacks_are_reported(points):
    report = missing(points, published_pretrain())
    assert set(report["what"]) == {"seeds"}
    race = report[(report["task"] == "race") & (report["layers"] == 2) & (report["hpt"] == "with")]
    assert race["reason"].tolist() == ["2 of 5 seeds"]


def test_there_are_seven_tables():
    with pytest.raises(ValueError, match="tables 1 to 7; got 8"):
        published_table(8)
