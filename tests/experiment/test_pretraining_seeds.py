"""Several pretraining seeds of a size: what counts as one run, what is drawn together, what is counted once."""

import numpy as np
import pandas as pd
import pytest

from scalescope.experiment.points import check_points, missing
from scalescope.experiment.pretraining_seeds import at_place, drawn_together, first_seed
from scalescope.experiment.series import law_series
from scalescope.laws import PowerLaw, hierarchical_bootstrap
from scalescope.papers.ivgi2022.compute import compute_saved
from scalescope.papers.ivgi2022.fits import fits, pretraining_laws
from scalescope.papers.ivgi2022.one_law import fit_series


def points(pretrain_seeds=(0, 1), seeds=3):
    """Errors of one task; pretraining and finetuning seeds move them."""
    rng, rows = np.random.default_rng(0), []
    for role, layers in (("ladder", 1), ("ladder", 2), ("ladder", 3), ("ladder", 4), ("target", 6)):
        for pretrain_seed in pretrain_seeds if role == "ladder" else pretrain_seeds[:1]:
            shift = 0.1 * rng.normal()
            for seed in range(seeds):
                size = 12 * layers * (8 * layers) ** 2
                error = 0.8 * (size / 768) ** -0.1 * np.exp(shift + 0.01 * rng.normal())
                rows.append(
                    {
                        "objective": "mlm",
                        "hpt": "with",
                        "task": "sst2",
                        "role": role,
                        "aspect_ratio": 8,
                        "layers": layers,
                        "parameters": size,
                        "pretrain_seed": pretrain_seed,
                        "seed": seed,
                        "error": error,
                    }
                )
    return pd.DataFrame(rows)


def pretraining(seeds=(0, 1)):
    table = points(seeds, 1).drop(columns=["hpt", "task", "seed"])
    return table.assign(loss=table["error"] * 5, flops=10.0, status="finished")


def test_a_run_is_a_pair_of_seeds():
    assert len(check_points(points())) == 27
    again = pd.concat([points(), points().iloc[[1]]])
    with pytest.raises(ValueError, match=r"row 27: the same run is there twice .*pretrain_seed 0, seed 1\)"):
        check_points(again)
    with pytest.raises(ValueError, match=r"row 3: the same run is there twice"):
        check_points(points().drop(columns="pretrain_seed"))
    lost = points().astype({"pretrain_seed": object})
    lost.loc[0, "pretrain_seed"] = None
    with pytest.raises(ValueError, match=r"column 'pretrain_seed', row 0 holds None: a label is missing"):
        check_points(lost)


def test_laws_read_all_runs_and_draw_pretraining_seeds_first():
    table = points()
    row = fits(table, n_boot=200).query("task == 'sst2'").iloc[0]
    ladder = table[table["role"] == "ladder"]
    assert row["n_points"] == len(ladder) == 24 and row["n_sizes"] == 4
    groups = np.stack([ladder["parameters"], ladder["pretrain_seed"]], axis=1)
    drawn = hierarchical_bootstrap(PowerLaw(), ladder["parameters"], ladder["error"], groups, n_boot=200)
    assert (row["slope_low"], row["slope_high"]) == pytest.approx(drawn.intervals()["slope"], rel=1e-12)
    law = fit_series(table, "error", n_boot=200)
    sleeve = law_series(table, "error", (1e3, 1e5), law).query("kind == 'legend_slope_ci'").iloc[0]
    assert (sleeve["err_low"], sleeve["err_high"]) == pytest.approx(drawn.intervals()["slope"], rel=1e-12)


def test_one_pretraining_seed_is_what_it_is_without_the_column():
    table = points((5,))
    pd.testing.assert_frame_equal(fits(table), fits(table.drop(columns="pretrain_seed")))
    assert drawn_together(table).ndim == 1 and drawn_together(points()).shape == (27, 2)


def test_pretraining_laws_read_every_seed():
    row = pretraining_laws(pretraining(), n_boot=50).query("objective == 'mlm'").iloc[0]
    table = pretraining().query("role == 'ladder'")
    assert row["n_sizes"] == 4
    line = np.polyfit(np.log(table["parameters"]), np.log(table["loss"]), 1)
    assert row["slope"] == pytest.approx(line[0])


def test_what_is_missing_names_the_pretraining_seed():
    table, pretrain = points(), pretraining()
    table.loc[4, "error"] = np.nan  # first size, second pretraining seed, seed 1
    pretrain.loc[3, ["loss", "status"]] = [np.nan, "failed"]
    gone = table.drop(index=12)  # third size, first pretraining seed, seed 0
    report = missing(gone, pretrain)
    report = report[report["task"].isna() | (report["task"] == "sst2")]
    assert report[["what", "layers", "reason"]].to_numpy().tolist() == [
        ["point", 1, "no finite result (pretraining seed 1)"],
        ["pretraining", 2, "failed or without a finite loss (pretraining seed 1)"],
        ["seeds", 3, "5 of 6 seeds"],
    ]


def test_costs_count_one_pretraining_seed():
    one, two = (pretraining(seeds) for seeds in ((0,), (0, 1)))
    runs = [points(seeds).assign(flops=2.0) for seeds in ((0,), (0, 1))]
    pd.testing.assert_frame_equal(compute_saved(one, runs[0]), compute_saved(two, runs[1]))
    assert first_seed(two)["pretrain_seed"].unique().tolist() == [0]
    blank = one.assign(pretrain_seed=np.nan)  # published
    pd.testing.assert_frame_equal(compute_saved(one, runs[0]), compute_saved(blank, runs[0]))
    flipped = pretraining((3, 1))
    assert first_seed(flipped)["pretrain_seed"].unique().tolist() == [3], "the first of the profile's list"


def test_a_place_holds_one_seed_of_each_model_and_a_model_with_fewer_keeps_its_last():
    table = points((3, 1))
    first, second = (at_place(table, place) for place in (0, 1))
    assert first.query("role == 'ladder'")["pretrain_seed"].unique().tolist() == [3]
    assert second.query("role == 'ladder'")["pretrain_seed"].unique().tolist() == [1]
    assert second.query("role == 'target'")["pretrain_seed"].tolist() == [3] * 3, "it was pretrained once"
    assert len(first) == len(second) == 4 * 3 + 3
    pd.testing.assert_frame_equal(first_seed(table), first)
    pd.testing.assert_frame_equal(at_place(points((5,)), 1), points((5,)))
    pd.testing.assert_frame_equal(at_place(table.drop(columns="role"), 1), second.drop(columns="role"))
