from types import SimpleNamespace

import pandas as pd
import pytest
import yaml

from scalescope import paths
from scalescope.experiment import collecting, finetuning, stages
from scalescope.experiment.profile import load_profile
from scalescope.papers.ivgi2022.compute import compute_saved
from scalescope.tables import COLUMNS
from scalescope.training import finetune, loop, pretrain
from scalescope.workflow import show

TASKS = ["sst2", "squad"]


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    """Text and rows of all tests: they are the same, and encoding them takes longer than training."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def profile(tmp_path, monkeypatch, cache):
    """The smoke profile cut to one objective, two tasks and three models, in a folder of its own."""
    content = yaml.safe_load(paths.profile_file("smoke").read_text())
    content["models"] = {
        "ladder": {"aspect_ratio": 8, "layers": [1, 2], "heads": 2},
        "target": {"aspect_ratio": 16, "layers": [2], "heads": 2},
    }
    content.pop("budgets")
    content |= {"name": "tiny", "objectives": ["mlm"], "tasks": TASKS}
    content["pretrain"] |= {"steps": 4, "warmup_steps": 2, "eval_every": 2}
    content["finetune"] |= {"train_rows": 32, "eval_rows": 24, "from_scratch": False}
    (tmp_path / "tiny.yaml").write_text(yaml.safe_dump(content))
    monkeypatch.setenv("SCALESCOPE_ROOT", str(tmp_path))
    monkeypatch.setenv("SCALESCOPE_CACHE", str(cache))
    return load_profile(tmp_path / "tiny.yaml")


def train_everything(profile):
    for spec in profile.all_models():
        stages.pretrain(profile, spec.name, "mlm")
    for name in ("ar16-l2", "ar8-l1", "ar8-l2"):
        finetuning.finetune(profile, name, "mlm")
    return collecting.collect(profile)


def test_all_stations_give_the_tables_of_the_schema(profile):
    tables = train_everything(profile)
    assert all(list(table.columns) == COLUMNS[name] for name, table in tables.items())
    assert len(tables["pretrain"]) == 3 and len(tables["curves"]) == 3 * 2 * 2
    points = tables["points"]
    assert set(points["task"]) == set(TASKS) and set(points["hpt"]) == {"with", "without"}
    assert points.groupby(["hpt", "task", "parameters"]).size().eq(len(profile.finetune.seeds)).all()
    assert (points["error"] - (1 - points["value"])).abs().max() < 1e-9
    target = points[points["role"] == "target"]
    fixed = points[points["hpt"] == "without"].groupby("task")["learning_rate"].unique()
    best = target[target["hpt"] == "with"].groupby("task")["learning_rate"].unique()
    assert fixed.map(list).equals(best.map(list)), "without HPT = the target's best rate at every scale"
    read = collecting.read_tables("tiny")
    pd.testing.assert_frame_equal(read["points"], points, check_dtype=False, rtol=1e-4)


def id_without_data(profile, model, place=0):
    """Id of a pretraining run of a profile whose text is not there, in full precision."""
    settings = profile.pretrain.model_copy(update={"precision": "fp32"})
    profile = profile.model_copy(update={"pretrain": settings})
    prepared = SimpleNamespace(corpus_id="corpus", tokenizer=SimpleNamespace(get_vocab_size=lambda: 512))
    spec = profile.model(model)
    mlm = stages.pretrain_config(profile, prepared, spec, "mlm", place).id
    return mlm, stages.initial_config(profile, prepared, spec, place).id


def test_ids_of_runs_are_those_of_before_there_were_several_seeds():
    smoke = load_profile("smoke")
    assert id_without_data(smoke, "ar8-l1") == ("pretrain-mlm-ar8-l1-01f0cc1639", "pretrain-scratch-ar8-l1-71f1ac1c5f")
    assert id_without_data(smoke, "ar16-l3")[0] == "pretrain-mlm-ar16-l3-8eba877ba6"
    two = smoke.model_copy(update={"pretrain": smoke.pretrain.model_copy(update={"seeds": [0, 1]})})
    assert id_without_data(two, "ar8-l1") == id_without_data(smoke, "ar8-l1")
    assert not set(id_without_data(two, "ar8-l1", 1)) & set(id_without_data(two, "ar8-l1"))


def test_another_pretraining_seed_of_the_ladder_is_finetuned_at_the_rates_of_the_first(profile):
    settings = profile.pretrain.model_copy(update={"seeds": [3, 1]})
    tuning = profile.finetune.model_copy(update={"from_scratch": True})
    two = profile.model_copy(update={"pretrain": settings, "finetune": tuning, "tasks": ["sst2"]})
    for spec in two.all_models():
        for place in range(len(two.pretraining_seeds(spec))):
            row = stages.pretrain(two, spec.name, "mlm", place=place)
            assert row["pretrain_seed"].tolist() == [[3, 1][place]]
    for name in ("ar16-l2", "ar8-l1", "ar8-l2"):
        frame = finetuning.finetune(two, name)
        assert set(frame["objective"]) == {"mlm", "scratch"}, "all in one call"
        alone = [finetuning.finetune(two, name, objective) for objective in ("mlm", "scratch")]
        sides = [table.set_index("run_id").sort_index() for table in (frame, pd.concat(alone))]
        pd.testing.assert_frame_equal(*sides)
    tables = collecting.collect(two)
    assert all(list(table.columns) == COLUMNS[name] for name, table in tables.items())
    ladder = {(size, seed) for size in (768, 6144) for seed in (3, 1)}
    for name in ("pretrain", "curves", "points"):
        found = set(zip(tables[name]["parameters"], tables[name]["pretrain_seed"], strict=True))
        assert found == {*ladder, (12288 * 2, 3)}, name
    tuned = tables["points"].query("role == 'ladder' and hpt == 'with'")
    assert tuned.groupby("parameters")["learning_rate"].nunique().eq(1).all()
    assert tuned.groupby(["parameters", "pretrain_seed"]).size().eq(2).all()
    assert tuned.groupby(["parameters", "seed"])["error"].nunique().max() == 2, "they are different runs"
    runs = tables["finetune"].query("objective == 'mlm' and role == 'ladder'")
    rates = runs.groupby(["parameters", "pretrain_seed"])["learning_rate"].nunique()
    assert rates.xs(3, level="pretrain_seed").eq(2).all(), "the grid is searched with the first"
    allowed = {(row.parameters, row.learning_rate) for row in tables["points"].query("role == 'ladder'").itertuples()}
    other = runs.query("pretrain_seed == 1")
    assert set(zip(other["parameters"], other["learning_rate"], strict=True)) <= allowed
    assert tables["transfer"].query("role == 'ladder'")["n_seeds"].eq(4).all()
    assert tables["transfer"].query("role == 'target'")["n_seeds"].eq(2).all()
    seeds = tables["seeds"].query("objective == 'mlm' and hpt == 'with'").set_index("parameters")
    assert seeds.loc[768, ["n_pretrain_seeds", "n_seeds"]].tolist() == [2, 4]
    saved = compute_saved(tables["pretrain"], tables["finetune"]).set_index("what")
    assert saved.loc["parameters trained", "ladder"] == 768 + 6144
    tokens = tables["pretrain"].query("pretrain_seed == 3 and role == 'ladder'")["tokens"]
    flops = 6 * (tokens * tables["pretrain"].query("pretrain_seed == 3 and role == 'ladder'")["parameters"]).sum()
    assert saved.loc["pretraining FLOPs", "ladder"] == flops


def test_the_control_is_finetuned_alike_and_known_to_its_tables_only(profile):
    control = profile.model_copy(update={"finetune": profile.finetune.model_copy(update={"from_scratch": True})})
    with pytest.raises(stages.NotFinished, match=r"ar8-l1 \(scratch\).*30_finetune writes it"):
        stages.pretrained_run(control, stages.prepare(control), control.model("ar8-l1"), "scratch")
    for name in ("ar16-l2", "ar8-l1"):
        stages.pretrain(control, name, "mlm")
        frames = {objective: finetuning.finetune(control, name, objective) for objective in ("mlm", "scratch")}
    assert frames["scratch"]["learning_rate"].isin(frames["mlm"]["learning_rate"]).all()
    with pytest.raises(stages.NotFinished, match=r"ar16-l1 \(mlm\)|ar8-l2 \(mlm\)"):
        collecting.collect(control)
    assert not paths.results(control.name).exists(), "nothing is written where runs are missing"
    tables = collecting.collect(control, partial=True)
    assert [set(tables[name]["objective"]) for name in ("pretrain", "points", "curves")] == [{"mlm"}] * 3
    assert set(tables["finetune"]["objective"]) == {"mlm", "scratch"}
    transfer = tables["transfer"].set_index(["task", "parameters"])
    assert len(transfer) == 2 * len(TASKS) and set(transfer["objective"]) == {"mlm"}
    points = tables["points"].query("hpt == 'with'").groupby(["task", "parameters"])["error"].mean()
    pd.testing.assert_series_equal(transfer["error_pretrained"].sort_index(), points, check_names=False)
    assert transfer["gain"].to_numpy() == pytest.approx(transfer["error_scratch"] - transfer["error_pretrained"])
    assert (transfer["n_rows"] == 24).all() and tables["points"]["value_se"].notna().all()
    assert set(tables["seeds"]["objective"]) == {"mlm", "scratch"}
    saved = compute_saved(tables["pretrain"], tables["finetune"])
    alone = compute_saved(tables["pretrain"], tables["finetune"].query("objective == 'mlm'"))
    assert saved.equals(alone), "the control is no part of what the paper's experiment costs"
    value, examples = show.best_examples(frames["scratch"], "sst2")
    best = frames["scratch"].query("task == 'sst2'")["value"].max()
    assert value.startswith(f"{best:.3f} ± 0.") and examples["score"].mean() == pytest.approx(best)
    assert show.best_examples(frames["scratch"], "mnli")[0] == "–"
    row = stages.pretrain(control, "ar8-l1", "scratch").iloc[0]
    assert (row["tokens"], row["status"], row["role"]) == (0, "finished", "ladder") and pd.isna(row["loss"])


def test_an_interrupted_pipeline_goes_on_and_ends_with_the_same_tables(profile, monkeypatch):
    """Stop in the middle of pretraining and of finetuning; nothing finished is trained twice."""
    trained = []
    for module in (pretrain, finetune):
        original = module._train

        def counted(wanted, *rest, original=original):
            if len(trained) in (1, 6) and ("stopped", len(trained)) not in trained:
                trained.append(("stopped", len(trained)))
                raise KeyboardInterrupt
            trained.extend(config.id for config in (wanted if isinstance(wanted, list) else [wanted.config]))
            return original(wanted, *rest)

        monkeypatch.setattr(module, "_train", counted)
    for _ in range(2):
        with pytest.raises(KeyboardInterrupt):
            train_everything(profile)
    tables = train_everything(profile)
    ids = [entry for entry in trained if isinstance(entry, str)]
    assert len(ids) == len(set(ids)) == len(tables["pretrain"]) + len(tables["finetune"])
    again = train_everything(profile)
    assert len([entry for entry in trained if isinstance(entry, str)]) == len(ids)
    assert all(again[name].equals(tables[name]) for name in tables)


def test_missing_runs_are_named_and_left_out_only_where_that_is_asked_for(profile):
    with pytest.raises(stages.NotFinished, match=r"ar8-l1 \(mlm\).*has not been pretrained; run 20_pretrain"):
        finetuning.finetune(profile, "ar8-l1", "mlm")
    for name in ("ar8-l1", "ar16-l2"):
        stages.pretrain(profile, name, "mlm")
    with pytest.raises(stages.NotFinished, match="the target before the ladder"):
        finetuning.finetune(profile, "ar8-l1", "mlm")
    with pytest.raises(stages.NotFinished, match=r"ar16-l2 \(mlm\) has not been finetuned.*run 30_finetune first"):
        collecting.collect(profile)
    tables = collecting.collect(profile, partial=True)
    assert len(tables["pretrain"]) == 2 and len(tables["points"]) == 0
    with pytest.raises(FileNotFoundError, match="make reproduce PROFILE=nothing"):
        collecting.read_tables("nothing")


def test_a_diverged_pretraining_is_shown_and_not_finetuned(profile, monkeypatch):
    monkeypatch.setattr(loop, "evaluate", lambda *_: float("nan"))
    row = stages.pretrain(profile, "ar8-l1", "mlm").iloc[0]
    assert row["status"] == "failed" and pd.isna(row["loss"])
    assert finetuning.finetune(profile, "ar8-l1", "mlm").empty
    table = collecting.collect(profile, partial=True)["pretrain"]
    assert list(table["status"]) == ["failed"]


def test_a_target_that_diverged_leaves_the_ladder_without_a_fixed_rate(profile, monkeypatch):
    stages.pretrain(profile, "ar8-l1", "mlm")
    monkeypatch.setattr(loop, "evaluate", lambda *_: float("nan"))
    stages.pretrain(profile, "ar16-l2", "mlm")
    frame = finetuning.finetune(profile, "ar8-l1", "mlm", tasks=["sst2"])
    rates, seeds = len(profile.finetune.learning_rates), len(profile.finetune.seeds)
    assert len(frame) == rates + seeds - 1
