"""Lin et al. (2024): table 1 and the ablations to the digit; the fits at their optimum."""

import numpy as np
import pandas as pd
import pytest
from published_data import table

from scalescope import paths
from scalescope.papers.lin2024 import fits as study
from scalescope.papers.lin2024 import reported
from scalescope.papers.lin2024.vanilla import outer_power
from scalescope.papers.reference import compare, errata, reference


@pytest.fixture(scope="module")
def data():
    return table("lin2024")


@pytest.fixture(scope="module")
def committed():
    """The committed fits: 90 curves."""
    return pd.read_csv(paths.results("published") / "lin2024" / "fits.csv")


def test_all_168_cells_of_table_1_are_the_printed_ones(data):
    selected = study.selection(data)
    wide = {measure: study.printed(selected, column) for measure, column in reported.MEASURES.items()}
    cells = reference("lin2024")
    cells = cells[cells["where_reported"].str.startswith("results/tab1")]
    for row in cells.itertuples():
        dataset, budget, method = row.setting.split("; ")
        ratio = int(budget.removeprefix("budget 1/"))
        assert wide[row.quantity].loc[ratio, (dataset.lower(), method)] == row.reported
    assert len(cells) == 168


def test_ablations_are_the_published_ones(data):
    ablated = study.ablation(data, ks=(3, 5), deltas=(1, 5))
    limited = study.size_limits(data, limits=(7e8, 7e9))
    rows = pd.DataFrame(reported._ablations(ablated, limited), columns=["quantity", "setting", "ours"])
    compared = compare(reference("lin2024"), rows).dropna(subset=["ours"])
    assert len(compared) == 4 + 2 * 4 * 2 and compared["agrees"].all()
    assert ablated["mended"].notna().all()


def test_fits_of_one_data_set_are_at_the_optimum(data, committed):
    models = data["model"].unique()[:8]
    made = study.fits(data[(data["dataset"] == "flan") & data["model"].isin(models)])
    known = committed[committed["dataset"] == "flan"].set_index("model").loc[made["model"]]
    assert made["rmsd"].to_numpy() == pytest.approx(known["rmsd"].to_numpy(), rel=1e-5)
    assert made["vanilla_rmsd"].to_numpy() == pytest.approx(known["vanilla_rmsd"].to_numpy(), rel=1e-5)


def test_no_published_rectified_fit_is_better_than_ours_and_the_means_are_at_the_optimum(committed):
    rows = reference("lin2024").set_index(["quantity", "setting"])["reported"]
    names = committed["dataset"].str.upper() + "; " + committed["model"]
    published = [float(rows["RMSD of log loss, rectified law (published)", name]) for name in names]
    assert len(committed) == 90 and (committed["rmsd"] <= pd.Series(published) * (1 + 1e-4)).all()
    optimum = float(rows[f"{reported.OPTIMUM}L = B/(D_l + D^beta) + E", "all 90 curves"])
    assert committed["rmsd"].mean() == pytest.approx(optimum, rel=1e-6) and committed["rmsd"].mean() <= 0.00770
    optimum = float(rows[f"{reported.OPTIMUM}L = B/D^beta + E", "all 90 curves"])
    assert committed["vanilla_rmsd"].mean() == pytest.approx(optimum, rel=1e-6)


def test_an_outer_power_is_never_worse_than_none(data, committed):
    some = data["model"].unique()[:4]
    outer = outer_power(data[data["model"].isin(some)]).merge(committed, on=["dataset", "model"])
    assert (outer["outer_rmsd"] <= outer["vanilla_rmsd"] * (1 + 1e-4)).all() and len(outer) == 12


def test_the_outer_power_may_change_sign_and_its_parameters_give_its_rmsd(data):
    curve = data[(data["dataset"] == "flan") & (data["model"] == "facebook/bart-large-cnn")]
    row = outer_power(curve).iloc[0]
    assert row["signed_rmsd"] < 0.5 * row["outer_rmsd"] and row["signed_alpha"] < 0 and row["signed_beta"] < 0
    ((_, _, examples, losses),) = study.each_curve(curve)
    inner = np.exp(row["signed_log_B"] - row["signed_beta"] * np.log(examples)) + np.exp(row["signed_log_E"])
    assert study.rmsd(inner ** row["signed_alpha"], losses) == pytest.approx(row["signed_rmsd"], rel=1e-4)


def test_a_limit_of_size_leaves_out_larger_models(data):
    chosen = study.selection(data, ["ModelSize"], ratios=(8,), smaller_than=7e8)["chosen"].unique()
    sizes = data.drop_duplicates("model").set_index("model")["parameters"]
    assert (sizes[chosen] < 7e8).all()


def test_errata_hold_what_the_study_computes(committed):
    told = errata("lin2024").set_index("item")["recomputed"]
    assert f"{committed['rmsd'].mean():.5f}" in told["short_of_the_optimum"]
    assert told["E_at_bound"].startswith(f"{100 * committed['E_at_bound'].mean():.0f} %")
    outer = pd.read_csv(paths.results("published") / "lin2024" / "outer_power.csv")
    assert (outer["signed_rmsd"] <= outer["outer_rmsd"]).all()
    negative = int((outer["signed_alpha"] < 0).sum())
    better = int((outer.merge(committed, on=["dataset", "model"]).eval("signed_rmsd < rmsd")).sum())
    branch = errata("lin2024").set_index("item").loc["vanilla_other_branch"]
    assert branch["recomputed"].startswith(f"mean RMSD {outer['signed_rmsd'].mean():.5f} ")
    assert f"{negative} of 90 curves are fitted best there, {better} of them better" in branch["explanation"]
    ablation = pd.read_csv(paths.results("published") / "lin2024" / "ablation.csv").set_index(["k", "delta"])
    assert f"{ablation.loc[(3, 5), 'mended']:.3f}" in told["off_by_one"]
