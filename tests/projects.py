"""A project folder of its own for pipeline tests, with the real notebooks and a very small profile."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest
import yaml
from nbformat.v4 import new_code_cell, new_notebook

from scalescope import paths
from scalescope.experiment.profile import load_profile
from scalescope.workflow.jobs import PAPER, STATIONS

TINY = {
    "name": "tiny",
    "title": "a few runs",
    "source": {
        "kind": "microworld",
        "options": {
            "seed": 0, "entities": 200, "train_articles": 300, "heldout_articles": 60, "task_train": 48,
            "task_validation": 32,
        },
    },
    "text": {"vocabulary_size": 400, "sequence_length": 48, "train_tokens": 20000, "heldout_tokens": 3000},
    "models": {
        "ladder": {"aspect_ratio": 8, "layers": [1, 2], "heads": 2},
        "second": {"aspect_ratio": 16, "layers": [1], "heads": 2},
        "target": {"aspect_ratio": 16, "layers": [2], "heads": 2},
    },
    "objectives": ["mlm"],
    "pretrain": {
        "batch_size": 16, "steps": 10, "learning_rate": 0.005, "warmup_steps": 2, "schedule": "linear",
        "weight_decay": 0.01, "dropout": 0.0, "eval_every": 5, "eval_sequences": 32, "patience": 60,
    },
    "tasks": ["squad", "sst2"],
    "finetune": {
        "max_length": 48, "stride": 16, "batch_size": 16, "epochs": 1, "learning_rates": [0.001, 0.003],
        "seeds": [0, 1], "warmup_fraction": 0.1, "dropout": 0.0, "weight_decay": 0.01, "train_rows": 32,
        "eval_rows": 32,
    },
}  # fmt: skip


def make_project(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty project folder that SCALESCOPE_ROOT points to: the real Snakefiles and notebooks, profile "tiny"."""
    source = paths.root()
    for name in ("Snakefile", "Studies.smk", "notebooks"):
        (folder / name).symlink_to(source / name)
    (folder / "data").mkdir()
    (folder / "data" / "published").symlink_to(source / "data" / "published")
    (folder / "profiles").mkdir()
    (folder / "profiles" / "tiny.yaml").write_text(yaml.safe_dump(TINY))
    monkeypatch.setenv("SCALESCOPE_ROOT", str(folder))
    monkeypatch.delenv("SCALESCOPE_CACHE", raising=False)
    return folder


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """See `make_project`."""
    return make_project(tmp_path, monkeypatch)


@pytest.fixture
def stubs(project: Path) -> Path:
    """Notebooks that do nothing, but 20_pretrain fails for the model ar8-l1."""
    (project / "notebooks").unlink()
    folder = project / "notebooks" / PAPER
    folder.mkdir(parents=True)
    for station in STATIONS:
        names = ["profile", *(["model", "objective"] if station[0] in "23" else [])]
        parameters = "\n".join(f'{name}: str = ""  # any' for name in names)
        cells = [new_code_cell(parameters, metadata={"tags": ["parameters"]})]
        if station == "20_pretrain":
            cells.append(new_code_cell("if model == 'ar8-l1':\n    raise OSError('no space left')"))
        nbformat.write(new_notebook(cells=cells), folder / f"{station}.ipynb")
    return project


STEP = 16 * 48  # tokens of one step of the profile
PROBES, REPLICATES = 40, 20
STUDIES = {
    "seeds": [0],
    "barnett2024": {
        "model": "ar8-l1", "budgets": [5 * STEP, 10 * STEP, 20 * STEP],
        "dialects": {"same": {}, "near": {"vocabulary": 0.4}, "far": {"vocabulary": 1.0, "constructions": 1.0}},
        "rows": [4, 8, 16],
        "adapt": {"batch_size": 8, "learning_rates": [0.003], "passes": 1, "least_steps": 2, "evaluations": 1,
                  "heldout_tokens": 1_000},
        "prices": [1, 10], "check_dialect": "near", "check_price": 10,
    },
    "lin2024": {
        "zoo": [{"model": "ar8-l1", "tokens": 5 * STEP}, {"model": "ar8-l1", "tokens": 20 * STEP},
                {"model": "ar8-l2", "tokens": 10 * STEP}, {"model": "ar8-l1", "tokens": 10 * STEP, "text": "near"}],
        "dialects": {"near": {"vocabulary": 0.4}, "task": {"vocabulary": 0.6, "constructions": 0.5}}, "task": "task",
        "rows": [1, 2, 4, 8, 16, 32, 64, 128],
        "adapt": {"batch_size": 16, "learning_rates": [0.003, 0.01], "passes": 1, "least_steps": 2, "evaluations": 1,
                  "heldout_tokens": 1_000},
    },
}  # fmt: skip


@pytest.fixture(scope="module")
def live_profile(tmp_path_factory):
    """The profile "live", whose studies have runs of seconds, in a project folder that the tests of a module share.

    With a tenth of the probes and few replicates of the law of all dialects: both would take longer than training.
    """
    from scalescope.papers.barnett2024 import shared

    draws = shared.draws
    with pytest.MonkeyPatch.context() as context:
        for module in ("data.encoded", "training.dialects"):
            context.setattr(f"scalescope.{module}.PROBES", PROBES)
        context.setattr(shared, "draws", lambda points, n_boot: draws(points, min(n_boot, REPLICATES)))
        make_project(tmp_path_factory.mktemp("project"), context)
        content = {**TINY, "name": "live", "studies": STUDIES}
        paths.profile_file("live").write_text(yaml.safe_dump(content))
        yield load_profile("live")
