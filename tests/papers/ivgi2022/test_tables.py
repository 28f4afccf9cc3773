"""The tables of live runs: known laws, holes and failures."""

import numpy as np
import pandas as pd
import pytest

from scalescope.experiment.points import MISSING, PAPER_TASKS, check_points, missing
from scalescope.experiment.readable import readable
from scalescope.experiment.seeds import one_row_per_seed
from scalescope.papers.ivgi2022 import tables as ivgi2022
from scalescope.papers.ivgi2022.data import published_points
from scalescope.papers.ivgi2022.fits import fits, pretraining_laws

LAW = dict(zip(PAPER_TASKS, np.linspace(-0.18, -0.02, 9), strict=True))


def live(tasks=tuple(PAPER_TASKS), ladder=(1, 2, 3, 4, 5, 6), seeds=3):
    """Points of runs whose error is 0.9 (N / 3072)^slope, PMI 2 % lower, without tuning 10 % higher."""
    models = [("ladder", 16, n) for n in ladder] + [("second", 32, 2), ("target", 16, 8)]
    pairs = [("mlm", "with", 1.0), ("mlm", "without", 1.1), ("pmi", "with", 0.98)]
    rows = []
    for role, ratio, layers in models:
        size = 12 * layers * (ratio * layers) ** 2
        for objective, hpt, factor in pairs:
            for task in tasks:
                error = 0.9 * factor * (size / 3072) ** LAW[task]
                model = {"role": role, "aspect_ratio": ratio, "layers": layers, "heads": 2, "parameters": size}
                run = {"objective": objective, "hpt": hpt, "task": task, "value": 1 - error, "error": error}
                rows += [{**model, **run, "seed": seed} for seed in range(seeds)]
    return pd.DataFrame(rows)


def where(points, **names):
    return np.logical_and.reduce([points[name] == value for name, value in names.items()])


def test_a_known_law_comes_back_in_every_column():
    rows = fits(live()).query("objective == 'mlm' and hpt == 'with'").set_index("task")
    assert list(rows.index) == list(PAPER_TASKS)
    np.testing.assert_allclose(rows["slope"], list(LAW.values()))
    np.testing.assert_allclose(rows[["slope_low", "slope_high"]], rows[["slope", "slope"]])
    np.testing.assert_allclose(rows[["r2", "r2_from_2"]], 1)
    np.testing.assert_allclose(rows[["mre", "re", "re_from_2"]], 0, atol=1e-9)
    np.testing.assert_allclose(rows["prediction"], rows["actual"])
    assert (rows["n_sizes"] == 6).all() and (rows["n_points"] == 18).all()
    np.testing.assert_allclose(rows["extrapolation"], 8**3 / 6**3)


def test_the_second_ratio_and_the_target_are_in_no_fit():
    points = live()
    moved = points.copy()
    moved.loc[moved["role"] != "ladder", "error"] = 0.5
    columns = ["slope", "r2", "mre", "prediction"]
    pd.testing.assert_frame_equal(fits(points)[columns], fits(moved)[columns])
    assert set(ivgi2022.table4(fits(moved, n_boot=20))["actual"]) == {0.5}


def test_metric_below_zero_is_no_error():
    points = live()
    points.loc[where(points, task="cola"), "error"] += 0.9  # a Matthews correlation can be negative
    row = ivgi2022.table4(fits(points, n_boot=20), exact=True).set_index("task").loc["CoLA"]
    assert row["actual"] < 0 and np.sign(row["re"]) == np.sign(row["prediction"] - row["actual"])


def test_missing_task_model_and_objective_are_blank_and_listed():
    points = live()
    points = points[~where(points, task="race") & ~where(points, task="boolq", objective="pmi")]
    points = points[~where(points, task="mnli", layers=3) & ~where(points, task="sst2", role="target")]
    points = points[~where(points, task="cola", layers=2, seed=1)]
    table = ivgi2022.table2(fits(points, n_boot=20)).set_index("task")
    assert table.loc["RACE"].isna().all() and table.drop("RACE").notna().all(axis=None)
    assert ivgi2022.table4(fits(points, n_boot=20)).set_index("task").loc["SST-2", ["actual", "re"]].isna().all()
    deltas = ivgi2022.table5(fits(points, n_boot=20)).set_index("task")
    assert deltas.loc["BoolQ", ["predicted_delta", "actual_delta", "sign"]].isna().all()
    assert ivgi2022.printed(deltas.reset_index()).set_index("task").loc["BoolQ", "sign"] == ""
    report = missing(points)
    found = {(row.task, row.what, row.layers if pd.notna(row.layers) else 0) for row in report.itertuples()}
    assert found == {
        ("race", "task", 0),
        ("boolq", "task", 0),
        ("mnli", "model", 3),
        ("sst2", "model", 8),
        ("cola", "seeds", 2),
    }
    assert list(report.columns) == MISSING


def test_one_objective_without_tuning_only_leaves_blanks():
    points = live(tasks=("squad", "mrpc"))
    points = points[where(points, objective="mlm", hpt="with")]
    assert ivgi2022.table3(fits(points, n_boot=20)).set_index("task")["r2_no_hpt"].isna().all()
    assert ivgi2022.table5(fits(points, n_boot=20))["sign"].isna().all()
    assert ivgi2022.table2(fits(points, n_boot=20), objective="pmi")["r2"].isna().all()
    assert ivgi2022.table2(fits(points, n_boot=20))["r2"].notna().sum() == 2


def test_failed_runs_and_perfect_scores_are_left_out_and_listed():
    points = live()
    failed = where(points, task="qnli", layers=4, seed=0, objective="mlm", hpt="with")
    perfect = where(points, task="squad", layers=6, seed=2, objective="mlm", hpt="with")
    points.loc[failed, ["value", "error"]] = np.nan
    points.loc[perfect, ["value", "error"]] = [1.0, 0.0]
    found = fits(points).set_index(["objective", "hpt", "task"]).loc[("mlm", "with")]
    np.testing.assert_allclose(found["slope"], list(LAW.values()))
    assert found["n_left_out"][found["n_left_out"] > 0].to_dict() == {"squad": 1, "qnli": 1}
    report = missing(points)
    assert report[["task", "layers", "seed", "reason"]].to_numpy().tolist() == [
        ["qnli", 4, 0, "no finite result"],
        ["squad", 6, 2, "error 0 has no logarithm; left out of fits"],
    ]


def test_a_perfect_target_counts_as_it_is():
    points = live(tasks=("squad",))
    points.loc[where(points, role="target"), "error"] = 0.0
    assert ivgi2022.table4(fits(points, n_boot=20)).set_index("task").loc["SQuAD 1.1", "actual"] == 1.0
    listed = missing(points).query("task == 'squad'")
    assert set(listed["role"]) == {"target"} and set(listed["what"]) == {"drawing"}
    assert listed["reason"].str.contains("error 0 has no place on a logarithmic axis").all()


def test_a_failed_pretraining_is_listed():
    pretrain = live(tasks=("squad",)).query("hpt == 'with' and seed == 0").assign(loss=3.0, status="finished")
    assert not {"pretraining"} & set(missing(live(), pretrain)["what"])
    pretrain.loc[pretrain["layers"] == 5, ["loss", "status"]] = [np.nan, "failed"]
    report = missing(live(), pretrain)
    assert report[["objective", "layers", "what"]].to_numpy().tolist() == [
        ["mlm", 5, "pretraining"],
        ["pmi", 5, "pretraining"],
    ]
    laws = pretraining_laws(pretrain)
    assert laws.query("aspect_ratio == 16")["n_sizes"].tolist() == [5, 5]
    assert laws.query("aspect_ratio == 32")["slope"].isna().all()  # one size is no law


def test_two_sizes_give_a_line_but_no_r2():
    table = fits(live(tasks=("squad",), ladder=(1, 2))).set_index("task").loc["squad"].iloc[0]
    assert table["slope"] == pytest.approx(LAW["squad"])
    assert np.isnan(table[["r2", "r2_from_2", "mre", "re_from_2"]].astype(float)).all()


def test_the_slope_of_a_line_through_two_points_is_shown_with_its_infinite_interval():
    table = fits(live(tasks=("squad",), ladder=(1, 2), seeds=1))
    row = ivgi2022.table3(table, exact=True).set_index("task").loc["SQuAD 1.1"]
    assert row["slope_hpt"] == pytest.approx(LAW["squad"]) and row["slope_hpt_pm"] == np.inf
    shown = readable(ivgi2022.table3(table), {"task": "task", "slope_hpt": "slope"}).loc["SQuAD 1.1", "slope"]
    assert shown == "−0.18 ± ∞"
    assert np.isnan(ivgi2022.table3(table).set_index("task").loc["MNLI", "slope_hpt"])


def test_a_task_of_ones_own_comes_after_the_papers():
    points = live(tasks=("squad",))
    points = pd.concat([points, points.assign(task="mine")])
    assert ivgi2022.table2(fits(points, n_boot=20))["task"].tolist()[-2:] == ["BoolQ", "mine"]


def test_table_6_lists_ladder_second_target():
    table = ivgi2022.table6(live())
    assert table["layers"].tolist() == [1, 2, 3, 4, 5, 6, 2, 8]
    assert (table["parameters"] == 12 * table["layers"] ** 3 * table["aspect_ratio"] ** 2).all()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda p: p.drop(columns="error"), "table 'points' lacks the column.s. error"),
        (lambda p: p.rename(columns={"seed": "sede"}), "lacks the column.s. seed; did you mean 'sede'"),
        (lambda p: p.assign(error=-0.1), "error of squad is -0.1; below zero"),
        (
            lambda p: p.assign(error=43.0),
            "error of squad is 43; above one means a metric below 0 .are the errors in perc",
        ),
        (lambda p: p.assign(parameters=0), "row 0: parameters must be above zero; got 0"),
        (lambda p: p.assign(parameters=np.nan), "parameters must be above zero; got nan"),
        (lambda p: p.assign(objective="mlmm"), "unknown objective 'mlmm'; did you mean 'mlm'"),
        (lambda p: p.assign(role="main"), "unknown role 'main'"),
        (lambda p: pd.concat([p, p.tail(1)]), "same run is there twice .*task squad.*seed 2"),
    ],
)
def test_mistakes_in_the_table_are_named(change, message):
    with pytest.raises(ValueError, match=message):
        fits(change(live(tasks=("squad",))))
    with pytest.raises(ValueError, match=message):
        missing(change(live(tasks=("squad",))))


def test_unknown_objective_is_refused():
    with pytest.raises(ValueError, match="did you mean 'pmi'"):
        ivgi2022.table2(fits(live(tasks=("squad",)), n_boot=1), objective="pmj")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda p: p.assign(error=np.where(p["layers"] == 2, np.nan, p["error"])),
            "error of squad is nan; a law needs",
        ),
        (lambda p: p[p["layers"] != 2].assign(error=np.inf), "error of squad is inf|above one"),
        (lambda p: p[(p["layers"] == 1) | (p["role"] == "target")], "mlm with squad have a single size, 3072"),
        (lambda p: p.assign(error=0.5), "mlm with squad is 0.5 at every size: no law, no R2"),
    ],
)
def test_a_strict_check_refuses_what_pipelines_only_list(change, message):
    points = live(tasks=("squad",))
    check_points(points, strict=True)
    with pytest.raises(ValueError, match=message):
        check_points(change(points), strict=True)


@pytest.mark.parametrize(
    ("name", "value"), [("n_seeds", 0), ("n_seeds", np.nan), ("error_sd", -0.1), ("error_sd", np.nan)]
)
def test_bad_summaries_are_named_by_row(name, value):
    points = published_points()
    points[name] = points[name].astype(float)
    points.loc[points.index[4], name] = value
    with pytest.raises(ValueError, match=r"points, row 4 \(\w+\): the (number of seeds|standard deviation)"):
        fits(points)


def test_summaries_without_a_mean_stay_blank():
    points = published_points()
    seeds = one_row_per_seed(points)
    assert len(seeds) == points["n_seeds"].sum()
    assert seeds.loc[seeds["task"] == "cola", "loss"].isna().all()
    assert seeds.groupby(["objective", "hpt", "task", "parameters"])["error"].std().notna().sum() > 200
