"""Gadre et al. (2024): every reported number that the data determine."""

import re

import nbformat
import numpy as np
import pandas as pd
import pytest
from published_data import table
from scipy.optimize import curve_fit

from scalescope import paths
from scalescope.papers.gadre2024 import fits as study
from scalescope.papers.gadre2024.reported import comparison
from scalescope.papers.reference import errata


@pytest.fixture(scope="module")
def data():
    return table("gadre2024")


@pytest.fixture(scope="module")
def compared(data):
    return comparison(data)


def test_what_the_notebook_prints_agrees_to_every_digit(compared):
    printed = compared[compared["kind"] == "printed"]
    four = printed["reported"].tolist()
    assert printed["agrees"].all() and {"0.7103", "0.7320", "3.6365", "0.0464"} <= set(four)


def test_all_others_agree_to_four_digits_and_most_to_the_last(compared):
    assert compared["ours"].notna().all()
    assert compared.loc[compared["agrees"].eq(False), "off_percent"].abs().max() < 0.05
    assert compared["agrees"].mean() > 0.8
    losses = compared["quantity"].eq("relative error of predicted loss (%)")
    assert losses.sum() == 72 and compared.loc[losses, "agrees"].all()


def starts():
    for a in (1e2, 3e2, 1e3, 3e3):
        for b in (1e2, 3e2, 1e3, 3e3):
            yield from ([a, b, eta, e] for eta in (-0.1, -0.3) for e in (0.0, 1.0, 2.0, 10.0))


def test_the_loss_law_is_at_least_as_good_as_the_best_of_128_starts(data):
    found = study.runs(data, "rpj")
    fit = found[found["role"] == "fit"]
    n, d, y = (fit[name].to_numpy(dtype=float) for name in ("parameters", "tokens", "loss"))

    def law(_, a, b, eta, e):
        return a * n**eta + b * 6 ** (eta / 2) * d**eta + e

    every = [curve_fit(law, n, y, p0=start, maxfev=10000)[0] for start in starts()]
    best = min(((law(n, *popt) - y) ** 2).sum() for popt in every)
    assert study.loss_law(found).objective_ <= best * (1 + 1e-9)
    assert len(every) == 128


def test_roles_are_the_papers(data):
    found = study.runs(data, "c4_original")
    fit = found[found["role"] == "fit"]
    assert fit["token_multiplier"].tolist().count(20) == 4 and len(fit) == 5
    assert found[found["role"] == "fit_error"]["model"].tolist() == ["open_lm_1b"]


def test_symbols_of_code_and_paper_are_the_same_law():
    params = {"E": 1.8, "a": 20.0, "b": 30.0, "eta": 0.13}
    code = study.code_symbols(params)
    n, m = 1e8, 40.0
    c = 6 * m * n**2
    paper = params["E"] + (params["a"] * m ** params["eta"] + params["b"] * m ** -params["eta"]) * c ** -params["eta"]
    eta = code["eta"]
    assert code["a"] * n**eta + code["b"] * 6 ** (eta / 2) * (m * n) ** eta + code["E"] == pytest.approx(paper)


def test_the_laws_that_the_notebook_prints_give_the_committed_predictions():
    cells = nbformat.read(paths.notebooks() / "gadre2024" / "10_overtraining.ipynb", as_version=4).cells
    told = next(cell.source for cell in cells if cell.source.startswith("## The laws"))
    loss, error = (re.search(f"`{name} = ([^`]+)`", told)[1] for name in ("L", "Err"))
    folder = paths.results("published") / "gadre2024"
    values = pd.read_csv(folder / "fits.csv").set_index(["dataset", "of", "symbol"])["value"]
    for row in pd.read_csv(folder / "predictions.csv").itertuples():
        sizes = {"N": row.parameters, "M": row.token_multiplier}
        found = eval(loss, {**values[row.dataset, row.evaluation], **sizes})  # the text of our own notebook
        assert found == pytest.approx(row.loss_predicted, rel=1e-6)
        assert eval(error, {**values[row.dataset, row.task], "L": found, "exp": np.exp}) == pytest.approx(
            row.error_predicted, rel=1e-6
        )


def test_errata_hold_what_the_study_computes(data):
    told = errata("gadre2024").set_index("item")["recomputed"]
    rows = study.fits(data).query("symbol == 'E'")["standard_error"].round(2)
    assert all(f"{value:.2f}" in told["standard_error_of_E"] for value in rows)
    row = study.predictions(data).query("dataset == 'c4_original' and model == 'open_lm_7b' and task == 'avg_subset'")
    assert all(f"{row[name].item():.2f}" in told["stages_cancel"] for name in ("loss_off", "error_off"))
    assert f"{study.dataset_pairs(data)['loss_off'].max():.1f}" in told["out_of_distribution"]


def test_standard_errors_are_those_of_least_squares(data):
    found = study.runs(data, "rw_original")
    fit = found[found["role"] != "held_out"]
    law = study.error_law(found)
    errors = study.standard_errors(law, fit[["loss"]], fit["error"])
    _, covariance = curve_fit(
        lambda x, e, k, g: e - k * np.exp(-g * x),
        fit["loss"],
        fit["error"],
        p0=[law.params_[name] for name in ("epsilon", "k", "gamma")],
    )
    np.testing.assert_allclose([errors[n] for n in ("epsilon", "k", "gamma")], np.sqrt(np.diag(covariance)), rtol=1e-3)
