"""Profiles that cannot be run: each draws an error naming key and value."""

from __future__ import annotations

import pytest
from told import told

from scalescope import paths
from scalescope.data.sources.open import open_source
from scalescope.experiment.profile import load_profile

SMOKE = paths.profile_file("smoke").read_text().replace("name: smoke\n", "")
# what is replaced in the smoke profile, by what, what is told
TARGET = "target: {aspect_ratio: 16, layers: [3], heads: 4}"
PROFILES = [
    ("seeds: [0, 1]", "seeds: [0, 0, 1]", ["finetune.seeds", "0 is listed twice", "line"]),
    ("seeds: [0, 1]", "seeds: []", ["finetune.seeds", "[]"]),
    ("seeds: [0, 1]", "seeds: [-1]", ["finetune.seeds.0", "-1"]),
    ("seeds: [0, 1]", "seeds: [4294967296]", ["finetune.seeds.0", "4294967296"]),
    ("seeds: [0, 1]", "seeds: [0, 01]", ["finetune.seeds.1", "'01'"]),
    ("seeds: [0, 1]", "seeds: [0, 1.0]", ["finetune.seeds.1", "1.0"]),
    ("seeds: [0, 1]", "seeds: [0, yes]", ["finetune.seeds.1", "'yes'"]),
    ("seeds: [0, 1]", "seeds: [0, true]", ["finetune.seeds.1", "True"]),
    ("seeds: [0, 1]", "seeds: 0", ["finetune.seeds", "0"]),
    ("eval_rows: 64", "eval_rows: 1", ["finetune.eval_rows", "10", "got 1"]),
    ("learning_rates: [0.001, 0.003]", "learning_rates: [0.001, 0.001]", ["learning_rates", "0.001 is listed twice"]),
    ("learning_rates: [0.001, 0.003]", "learning_rates: [0.001, 1e-3]", ["learning_rates", "0.001 is listed twice"]),
    ("learning_rates: [0.001, 0.003]", "learning_rates: []", ["learning_rates", "[]"]),
    ("learning_rates: [0.001, 0.003]", "learning_rates: [3]", ["learning_rates.0", "3"]),
    ("learning_rates: [0.001, 0.003]", "learning_rates: ['0.001']", ["learning_rates.0", "'0.001'"]),
    ("tasks: [squad,", "tasks: [squad, squad,", ["tasks", "'squad' is listed twice"]),
    ("tasks: [squad,", "tasks: [sqaud,", ["'sqaud'", "'squad'"]),
    ("objectives: [mlm, pmi]", "objectives: [mlm, mlm]", ["objectives", "'mlm' is listed twice"]),
    ("objectives: [mlm, pmi]", "objectives: []", ["objectives", "[]"]),
    ("objectives: [mlm, pmi]", "objectives: [clm]", ["objectives.0", "'clm'"]),
    ("objectives: [mlm, pmi]", "objectives: mlm", ["objectives", "'mlm'"]),
    ("layers: [1, 2, 3]", "layers: [1, 2, 2]", ["models.ladder.layers", "2 is listed twice"]),
    ("layers: [1, 2, 3]", "layers: [1]", ["ladder.layers", "[1]", "two"]),
    (TARGET, "target: null", ["models.target: must be a section", "None"]),
    (TARGET, "target: ar16-l3", ["models.target: must be a section", "'ar16-l3'"]),
    (f"  {TARGET}\n", "", ["models.target: is missing", "line"]),
    ("tasks: [squad", "unused: [squad", ["tasks: is missing"]),
    ("layers: [1, 2, 3]", "layers: []", ["models.ladder.layers", "[]"]),
    ("layers: [1, 2, 3]", "layers: [1, 0]", ["models.ladder.layers.1", "0"]),
    ("layers: [1, 2, 3]", "layers: [1, 100000]", ["models.ladder.layers.1", "100000"]),
    ("layers: [1, 2, 3]", "layers: [1, 9999]", ["ar8-l9999", "parameters"]),
    ("aspect_ratio: 8", "aspect_ratio: 7", ["heads=4", "hidden=7"]),
    ("aspect_ratio: 8", "aspect_ratio: 8.5", ["aspect_ratio", "8.5"]),
    ("aspect_ratio: 8", "aspect_ratio: 0x8", ["aspect_ratio", "'0x8'"]),
    (TARGET, "target: {aspect_ratio: 4, layers: [4], heads: 4}", ["models.target", "ar4-l4", "12,288", "20,736"]),
    (TARGET, "target: {aspect_ratio: 8, layers: [2], heads: 4}", ["models listed twice", "ar8-l2"]),
    ("second: {aspect_ratio: 16, layers: [1]", "second: {aspect_ratio: 8, layers: [4]", ["second.aspect_ratio=8"]),
    ("batch_size: 32\n  steps", "batch_size: 1876\n  steps", ["pretrain.batch_size=1876", "1875 rows"]),
    ("sequence_length: 64", "sequence_length: 8193", ["text.sequence_length", "8192", "8193"]),
    ("vocabulary_size: 512", "vocabulary_size: 63", ["vocabulary_size", "63"]),
    ("vocabulary_size: 512", "vocabulary_size: 70000", ["vocabulary_size", "70000"]),
    ("vocabulary_size: 512", "vocabulary_size: 0512", ["vocabulary_size", "'0512'"]),
    ("vocabulary_size: 512", "vocabulary_size: 1_000", ["vocabulary_size", "'1_000'"]),
    ("vocabulary_size: 512", "vocabulary_size: 8:32", ["vocabulary_size", "'8:32'"]),
    ("sequence_length: 64", "sequence_length: 8", ["sequence_length", "8"]),
    ("sequence_length: 64", "sequence_length: 32", ["finetune.max_length=64", "text.sequence_length=32"]),
    ("train_tokens: 120000", "train_tokens: 12", ["train_tokens=12", "sequence_length=64"]),
    ("train_tokens: 120000", "train_tokens: 1e5", ["train_tokens", "100000.0"]),
    ("train_tokens: 120000", "train_tokens: " + "9" * 5000, ["line", "99999", "5000 digits"]),
    ("train_tokens: 120000", "train_tokens: 99999999999999", ["train_tokens", "99999999999999"]),
    ("heldout_tokens: 8000", "heldout_tokens: 10", ["heldout_tokens=10"]),
    ("steps: 60", "steps: 5", ["warmup_steps=10", "steps=5"]),
    ("steps: 60", "steps: 15", ["eval_every=20", "steps=15"]),
    ("steps: 60", "steps: 60.5", ["pretrain.steps", "60.5"]),
    ("dropout: 0.0", "dropout: 10", ["pretrain.dropout", "10"]),
    ("dropout: 0.0", "dropout: 1.0", ["pretrain.dropout", "1.0"]),
    ("weight_decay: 0.01", "weight_decay: -0.01", ["pretrain.weight_decay", "-0.01"]),
    ("weight_decay: 0.01", "weight_decay: .nan", ["pretrain.weight_decay", "'.nan'"]),
    ("weight_decay: 0.01", "weight_decay: 1e999", ["line", "1e999"]),
    ("patience: 60", "patience: on", ["pretrain.patience", "'on'"]),
    ("schedule: linear", "schedule: cosine", ["pretrain.schedule", "'cosine'"]),
    ("schedule: linear", "schedul: linear", ["pretrain.schedul", "'schedule'"]),
    ("schedule: linear", "schedule: linear\n  mask_rate: 15", ["pretrain.mask_rate", "15"]),
    ("schedule: linear", "schedule: linear\n  steps: 70", ["line", "'steps'", "twice"]),
    ("schedule: linear", "schedule: &s linear", ["line", "&s"]),
    ("schedule: linear", "schedule: !!str linear", ["line", "tag:yaml.org,2002:str"]),
    ("schedule: linear", "schedule: [linear", ["line", "not valid YAML"]),
    ("schedule: linear", "schedule: wsd\n  decay_fraction: 0.0", ["decay_fraction is 0", "schedule: constant"]),
    ("batch_size: 32\n  epochs", "batch_size: 97\n  epochs", ["finetune.batch_size=97", "'squad'", "train_rows=96"]),
    ("stride: 24", "stride: 64", ["stride=64", "max_length=64"]),
    ("epochs: 1", "epochs: 0", ["finetune.epochs", "0"]),
    ("epochs: 1", "epochs: 1\n  roles: []", ["finetune.roles", "[]", "ladder"]),
    ("epochs: 1", "epochs: 1\n  roles: [target]", ["finetune.roles", "['target']", "ladder"]),
    ("epochs: 1", "epochs: 1\n  roles: [ladder, ladder]", ["finetune.roles", "'ladder' is listed twice"]),
    ("epochs: 1", "epochs: 1\n  roles: [ladder]", ["fixed_rate_objectives", "['mlm']", "target"]),
    ("epochs: 1", "epochs: 1\n  fixed_rate_objectives: [mlm, mlm]", ["'mlm' is listed twice"]),
    ("epochs: 1", "epochs: {squad: 1, default: -1}", ["  finetune.epochs.default: ", "-1"]),
    ("epochs: 1", "epochs: [1]", ["  finetune.epochs: ", "a whole number, or one per task", "[1]"]),
    ("epochs: 1", "epochs: {default: {a: 1}}", ["  finetune.epochs.default: ", "{'a': 1}"]),
    ("epochs: 1", "epochs: {}", ["  finetune.epochs: ", "{}"]),
    ("epochs: 1", "epochs: 1000000", ["  finetune.epochs: ", "10000, got 1000000"]),
    ("train_rows: 96", "train_rows: {squad: 1, mnli: null}", ["  finetune.train_rows.mnli: ", "None"]),
    ("train_rows: 96", "train_rows: {}", ["  finetune.train_rows: ", "{}"]),
    ("steps: 60", "steps: 9999999999", ["pretrain.steps", "9999999999"]),
    ("steps: 60", "steps: -1", ["pretrain.steps", "-1"]),
    ("batch_size: 32\n  steps", "batch_size: 10000000\n  steps", ["pretrain.batch_size", "10000000"]),
    ("learning_rate: 0.005", "learning_rate: 5e-324", ["pretrain.learning_rate", "5e-324"]),
    ("schedule: linear", "schedule: linear\n  mask_rate: 1e-9", ["pretrain.mask_rate", "1e-09"]),
    ("seeds: [0, 1]", f"seeds: {list(range(1001))}", ["finetune.seeds", "1001"]),
    ("train_rows: 96", "train_rows: 0", ["finetune.train_rows", "0"]),
    ("train_rows: 96", "train_rows: {defalt: 5}", ["'defalt'"]),
    ("batch_size: 32\n  epochs", "batch_size: {squad: 4}\n  epochs", ["finetune.batch_size", "'mnli'", "'default'"]),
    ("kind: microworld", "kind: files", ["'files'"]),
    ("kind: microworld", "kind: microworld\n  folder: x", ["source.folder", "microworld"]),
    ("kind: microworld", "kind: microword", ["source.kind", "'microword'"]),
    ("entities: 300", "entities: 1000000000", ["source.options.entities", "1000000000"]),
    ("entities: 300", "entities: 0300", ["'entities'", "'0300'"]),
    ("seed: 0,", "seed: no,", ["'seed'", "'no'"]),
    ("seed: 0,", "sead: 0,", ["'sead'", "'seed'"]),
    ("train_articles: 8000", "train_articles: 0", ["train_articles", "0"]),
    ("title:", "name: quick\ntitle:", ["'quick'", "name: mine"]),
    ("title:", "name: ''\ntitle:", ["''", "name: mine"]),
    ("title:", "name: ../../x\ntitle:", ["'../../x'"]),
    ("title: every stage in a minute, numbers without meaning", "title:", ["title", "None", "line"]),
    ("title: every stage in a minute, numbers without meaning", "title: ' '", ["title", "one line", "' '"]),
    ("title: every", 'title: "a\\nb"\nx: every', ["title", "one line", "'a\\nb'"]),
    ("title: every", 'title: "a\\x1b[31mb"\nx: every', ["title", "one line", "\\x1b[31m"]),
    ("title: every", "title: " + "x" * 300, ["title", "200 characters"]),
    ("title:", "extends: [smoke]\ntitle:", ["extends", "name of one profile", "line"]),
    ("title:", "extends:\ntitle:", ["extends", "name of one profile"]),
    ("title:", "extends: smkoe\ntitle:", ["extend in", "mine.yaml", "'smkoe'", "'smoke'"]),
    ("title:", "titel:", ["titel", "'title'"]),
    ("objectives: [mlm, pmi]\n", "", ["objectives: is missing"]),
    ("objectives:", "---\nobjectives:", ["line", "second document"]),
]  # fmt: skip


STUDIES = paths.profile_file("studies-smoke").read_text()
MEMBER = "{model: ar8-l1, tokens: 163840}"
SHORT = "text: {sequence_length: 24}\nfinetune: {max_length: 24, stride: 4}"
# the same in the profile of the live studies
STUDY_PROFILES = [
    ("budgets: [40960, 81920", "budgets: [40960, 40970", ["40960 and 40970 tokens", "both are 20 steps"]),
    (MEMBER, "{model: ar8-l1, tokens: 40961}", ["lin2024.zoo", "'ar8-l1 mlm 41K'", "40960 and 40961"]),
    (MEMBER, "{model: ar8-l1, tokens: 41900}", ["40960 and 41900 tokens", "both are 20 steps"]),
    ("task: task\n    rows: [1, 2", "task: task\n    rows: [1, 1", ["lin2024.rows", "1 is listed twice"]),
    ("heldout_tokens: 4000}\n    pr", "heldout_tokens: 63}\n    pr", ["barnett2024.adapt.heldout_tokens=63", "64"]),
    ("tokens: 60000", "tokens: 30000", ["su2024", "batch size 128 has 7 steps", "10 evaluations"]),
    ("target_batch_size: 64", "target_batch_size: 6400", ["a batch size of 6400 in studies.su2024", "1875 rows"]),
    ("      near:", "      nan:", ["a dialect cannot be called 'nan'", "missing value"]),
    ("      near:", "      1:", ["a dialect cannot be called '1'"]),
    ("      near:", "      a b:", ["a dialect cannot be called 'a b'"]),
    ("source: {options: {seed: 1}}", SHORT, ["su2024", "half the context"]),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "fragments"), STUDY_PROFILES)
def test_profiles_of_studies(tmp_path, old, new, fragments):
    assert old in STUDIES
    (tmp_path / "mine.yaml").write_text(STUDIES.replace(old, new, 1))
    with pytest.raises(ValueError) as error:
        load_profile(tmp_path / "mine.yaml")
    told(error, fragments)


def test_a_fixed_rate_is_of_an_objective_of_the_profile(tmp_path):
    budgets = SMOKE.index("budgets:")
    one = SMOKE[:budgets].replace("objectives: [mlm, pmi]", "objectives: [pmi]")
    (tmp_path / "mine.yaml").write_text(one)
    assert load_profile(tmp_path / "mine.yaml").finetune.fixed_rate_objectives == ["mlm"], "by default"
    (tmp_path / "mine.yaml").write_text(one.replace("epochs: 1", "epochs: 1\n  fixed_rate_objectives: [mlm]"))
    with pytest.raises(ValueError) as error:
        load_profile(tmp_path / "mine.yaml")
    told(error, ["finetune.fixed_rate_objectives", "mine.yaml", "'mlm'", "'pmi'"])


def test_one_fault_is_one_line(tmp_path):
    (tmp_path / "mine.yaml").write_text(SMOKE.replace("epochs: 1", "epochs: {default: -1}"))
    with pytest.raises(ValueError) as error:
        load_profile(tmp_path / "mine.yaml")
    assert len(str(error.value).splitlines()) == 2 and "constrained" not in str(error.value)


@pytest.mark.parametrize(("old", "new", "fragments"), PROFILES)
def test_profiles(tmp_path, old, new, fragments):
    assert old in SMOKE
    (tmp_path / "mine.yaml").write_text(SMOKE.replace(old, new, 1))
    with pytest.raises(ValueError) as error:
        settings = load_profile(tmp_path / "mine.yaml")
        folder = {"folder": settings.source.folder} if settings.source.kind == "files" else {}
        options = {} if settings.source.kind == "files" else settings.source.options
        open_source(settings.source.kind, **folder, **options)
    told(error, fragments)
