"""Every printed cell, and what happens when one is wrong."""

import shutil

import numpy as np
import pandas as pd
import pytest

from scalescope import paths
from scalescope.experiment.seeds import one_row_per_seed
from scalescope.laws import PowerLaw, log_mean, squares_about
from scalescope.papers.ivgi2022 import printed as ivgi2022_check
from scalescope.papers.ivgi2022 import tables as ivgi2022
from scalescope.papers.ivgi2022.data import published_points
from scalescope.papers.ivgi2022.fits import fits

EVERY = {2: 27, 3: 54, 4: 36, 5: 36, 7: 126}  # nine tasks times the columns with numbers or words


@pytest.fixture(scope="module")
def cells():
    return ivgi2022_check.check()


def test_every_cell_is_the_same_or_explained(cells):
    assert cells.groupby("table").size().to_dict() == EVERY
    assert ivgi2022_check.failed(cells).empty
    explained = cells[cells["status"] == "erratum"]
    assert len(explained) == 10 and set(explained["table"]) == {7}
    assert set(explained["column"]) == {"re_from_2_pmi", "r2_pmi", "r2_from_2_pmi"}
    digits = cells[(cells["kind"] == "digits") & (cells["table"] < 7)]
    assert (digits["status"] == "same").all()
    counts = ivgi2022_check.summary(cells)
    assert counts["cells"].sum() == len(cells) and counts["unexplained"].sum() == 0


def test_a_wrong_print_a_wrong_erratum_and_a_stale_one_are_found(tmp_path):
    folder = tmp_path / "ivgi2022"
    shutil.copytree(paths.published("ivgi2022"), folder)
    table = pd.read_csv(folder / "table2.csv")
    table.loc[0, "r2"] = 0.997
    table.to_csv(folder / "table2.csv", index=False)
    errata = pd.read_csv(folder / "errata.csv", dtype=str)
    errata.loc[errata["id"] == "E04", "recomputed"] = "-0.110"
    stale = {"id": "E99", "table": "4", "row": "BoolQ", "column": "re", "printed": "-0.009", "recomputed": "-0.009"}
    pd.concat([errata, pd.DataFrame([stale])]).to_csv(folder / "errata.csv", index=False)
    bad = ivgi2022_check.failed(ivgi2022_check.check(folder, n_boot=20).query("kind == 'digits'"))
    assert bad[["table", "row", "column", "status"]].to_numpy().tolist() == [
        [2, "SQuAD 1.1", "r2", "DIFFERS"],
        [4, "BoolQ", "re", "STALE ERRATUM"],
        [7, "RACE", "re_from_2_pmi", "STALE ERRATUM"],
    ]


def test_errata_say_where_and_why():
    errata = ivgi2022_check.errata()
    assert errata["id"].is_unique and errata[["where", "explanation"]].notna().all(axis=None)
    assert {"Section 4.3", "Figure 6, BERT-Base MLM"} <= set(errata["where"])


def test_artificial_seeds_are_the_second_order_statistics():
    means = published_points()
    means = means[means["role"] == "ladder"]
    seeds = one_row_per_seed(means)
    for _, part in means.groupby(["objective", "hpt", "task"]):
        own = seeds.merge(part[["objective", "hpt", "task"]].drop_duplicates())
        law = PowerLaw(n_boot=0).fit(own, own["error"])
        m, s, n = (part[name].to_numpy(float) for name in ("error", "error_sd", "n_seeds"))
        closed = PowerLaw(n_boot=0).fit(part, np.exp(log_mean(m, s, n)), sample_weight=n)
        assert law.params_["slope"] == pytest.approx(closed.params_["slope"], abs=2e-4)
        grand = np.average(m, weights=n)
        total, residual = squares_about(grand, m, s, n).sum(), squares_about(law.predict(part), m, s, n).sum()
        assert law.score(own, own["error"]) == pytest.approx(1 - residual / total, abs=1e-9)


def test_table_7_is_tables_2_to_4_for_both_objectives():
    own = fits(published_points(), n_boot=50)
    seven = ivgi2022.table7(own, exact=True)
    for objective in ("mlm", "pmi"):
        two, four = (table(own, objective=objective, exact=True) for table in (ivgi2022.table2, ivgi2022.table4))
        np.testing.assert_allclose(seven[f"r2_{objective}"], two["r2"])
        np.testing.assert_allclose(seven[f"re_from_2_{objective}"], four["re_from_2"])
        assert (seven[f"slope_{objective}_low"] < seven[f"slope_{objective}_high"]).all()
    assert ivgi2022.printed(seven).loc[0, "r2_mlm"] == "1.00"
