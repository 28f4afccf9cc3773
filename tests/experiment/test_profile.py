import copy
from pathlib import Path

import pytest
import yaml

from scalescope import paths
from scalescope.errors import UnknownName
from scalescope.experiment.profile import available_profiles, load_profile

SMOKE = yaml.safe_load(paths.profile_file("smoke").read_text())
del SMOKE["name"]  # it is the file's


@pytest.fixture
def edited(tmp_path):
    """Write the smoke profile with one value changed, and load it."""

    def load(where: str, value):
        content = copy.deepcopy(SMOKE)
        *path, last = where.split(".")
        section = content
        for part in path:
            section = section[part]
        section[last] = value
        (tmp_path / "edited.yaml").write_text(yaml.safe_dump(content))
        return load_profile(tmp_path / "edited.yaml")

    return load


@pytest.mark.parametrize("name", available_profiles())
def test_every_committed_profile_is_valid_and_names_itself(name):
    profile = load_profile(name)
    assert profile.name == name
    sizes = [spec.config.parameters for spec in profile.all_models() if spec.role == "ladder"]
    assert sizes == sorted(sizes) and profile.target.config.parameters > sizes[-1]


def test_a_profile_that_does_not_exist_names_the_nearest():
    with pytest.raises(UnknownName, match="unknown profile 'smok'; did you mean 'smoke'"):
        load_profile("smok")


@pytest.mark.parametrize(
    ("where", "value", "message"),
    [
        ("pretrain.learing_rate", 0.1, r"pretrain.learing_rate: unknown key; did you mean 'learning_rate'"),
        ("finetune_", {}, r"finetune_: unknown key; did you mean 'finetune'"),
        ("pretrain.batch_size", -4, r"pretrain.batch_size: .*greater than 0, got -4"),
        ("models.ladder.aspect_ratio", -16, r"models.ladder.aspect_ratio: .*greater than 0, got -16"),
        ("models.ladder.heads", 3, r"heads=3 do not divide hidden=8.*nearest number of heads that does is 2"),
        ("tasks", ["squad", "mnlli"], r"unknown task 'mnlli'; did you mean 'mnli'"),
        ("finetune.train_rows", {"default": 5, "boolk": 5}, r"unknown task 'boolk'; did you mean 'boolq'"),
        ("finetune.max_length", 128, r"finetune.max_length=128 exceeds text.sequence_length=64"),
        ("models.target.layers", [2, 3], r"target.layers must name one model"),
        ("models.second", {"aspect_ratio": 8, "layers": [2], "heads": 2}, r"models listed twice: ar8-l2"),
        ("source.kind", "hubb", r"source.kind"),
    ],
)
def test_bad_values_are_refused_by_name(edited, where, value, message):
    with pytest.raises(ValueError, match=message):
        edited(where, value)


def test_broken_yaml_and_wrong_shape(tmp_path):
    (tmp_path / "a.yaml").write_text("name: [")
    with pytest.raises(ValueError, match="not valid YAML"):
        load_profile(tmp_path / "a.yaml")
    (tmp_path / "b.yaml").write_text("- 1")
    with pytest.raises(ValueError, match="must be a mapping"):
        load_profile(tmp_path / "b.yaml")


def test_data_folder_replaces_the_source():
    profile = load_profile("smoke", data="somewhere")
    assert (profile.source.kind, profile.source.folder) == ("files", str(Path("somewhere").absolute()))
    assert profile.name == "smoke-files", "results of other data must not overwrite those of the profile"
    assert load_profile("wikipedia", data="somewhere").name == "wikipedia"


def test_models_and_roles():
    profile = load_profile("smoke")
    assert [(spec.name, spec.role) for spec in profile.all_models()][-1] == ("ar16-l3", "target")
    with pytest.raises(UnknownName, match="did you mean 'ar8-l1'"):
        profile.model("ar8-l11")


def test_row_limits_reach_the_tasks(edited):
    settings = edited("finetune.train_rows", {"default": 70, "boolq": 50}).data_settings()
    assert settings.train_rows == {"default": 70, "boolq": 50}


def test_a_profile_takes_from_another_what_it_does_not_give(tmp_path):
    (tmp_path / "mine.yaml").write_text(
        "extends: smoke\ntitle: mine\nsource: {options: {seed: 9}}\ntasks: [sst2, squad]\n"
    )
    mine, base = load_profile(tmp_path / "mine.yaml"), load_profile("smoke")
    assert (mine.name, mine.title, mine.tasks) == ("mine", "mine", ["sst2", "squad"])
    assert mine.source.options == {**base.source.options, "seed": 9}
    assert mine.pretrain == base.pretrain and mine.models == base.models


def test_a_profile_to_extend_must_exist_and_not_be_the_same(tmp_path):
    (tmp_path / "mine.yaml").write_text("extends: smokey\ntitle: mine\n")
    with pytest.raises(UnknownName, match=r"unknown profile to extend in .*mine.yaml 'smokey'; did you mean 'sm"):
        load_profile(tmp_path / "mine.yaml")
    (tmp_path / "mine.yaml").write_text(f"extends: {tmp_path / 'other.yaml'}\ntitle: mine\n")
    (tmp_path / "other.yaml").write_text(f"extends: {tmp_path / 'mine.yaml'}\ntitle: other\n")
    with pytest.raises(ValueError, match="extends itself through 'mine'"):
        load_profile(tmp_path / "mine.yaml")


def test_the_key_of_a_single_pretraining_seed_names_the_list(edited):
    with pytest.raises(ValueError, match=r"pretrain.seed is now a list; write `seeds: \[3\]` instead of `seed`"):
        edited("pretrain.seed", 3)
    with pytest.raises(ValueError, match=r"pretrain.seeds: 1 is listed twice"):
        edited("pretrain.seeds", [1, 1])


def test_the_ladder_has_all_pretraining_seeds_and_other_models_the_first(edited):
    profile = edited("pretrain.seeds", [7, 2])
    seeds = {spec.name: profile.pretraining_seeds(spec) for spec in profile.all_models()}
    assert seeds == {"ar8-l1": [7, 2], "ar8-l2": [7, 2], "ar8-l3": [7, 2], "ar16-l1": [7], "ar16-l3": [7]}
    assert profile.pretraining_seed(profile.model("ar8-l2"), 1) == 2
    for model, place in (("ar16-l3", 1), ("ar8-l1", 2), ("ar8-l1", -1)):
        with pytest.raises(ValueError, match=rf"{model} .* has the pretraining seeds .*; got the place {place}"):
            profile.pretraining_seed(profile.model(model), place)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"model": "ar8-l9"}, r"unknown model 'ar8-l9'; did you mean 'ar8-l"),
        ({"model": "ar16-l1"}, r"budgets.model is 'ar16-l1', of the role 'second', but finetune.roles is"),
        ({"objectives": ["pmi", "pmi"]}, r"'pmi' is listed twice"),
        ({"fractions": [0.1, 1.0]}, r"holds 0.1: 6 of 60 steps have no room for 10 steps of warm-up"),
        ({"fractions": [0.5, 0.502]}, r"holds 0.5 and 0.502: both are 30 steps"),
        ({"fractions": [0.5, 1.5]}, r"budgets.fractions.1: .*less than or equal to 1"),
        ({"fractions": [1.0]}, r"budgets.fractions: .*at least 2 items"),
        ({"seeds": []}, r"budgets.seeds: .*at least 1 item"),
        ({"seeds": [0, 0]}, r"budgets.seeds: .*0 is listed twice"),
    ],
)
def test_budgets_that_cannot_be_trained_are_refused(edited, changes, message):
    valid = {"model": "ar8-l2", "objectives": ["mlm"], "fractions": [0.5, 1.0]}
    assert edited("budgets", valid).budget_model.name == "ar8-l2"
    with pytest.raises(ValueError, match=message):
        edited("budgets", valid | changes)


def test_budgets_need_an_objective_of_the_profile(tmp_path):
    content = copy.deepcopy(SMOKE) | {"objectives": ["mlm"]}
    content["budgets"]["objectives"] = ["pmi"]
    (tmp_path / "edited.yaml").write_text(yaml.safe_dump(content))
    with pytest.raises(ValueError, match=r"unknown objective in budgets.objectives 'pmi'; did you mean 'mlm'"):
        load_profile(tmp_path / "edited.yaml")
