"""A project folder of its own for pipeline tests, with the real notebooks and a very small profile."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from scalescope import paths

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


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty project folder that SCALESCOPE_ROOT points to: the real Snakefile and notebooks, profile "tiny"."""
    source = paths.root()
    for name in ("Snakefile", "notebooks"):
        (tmp_path / name).symlink_to(source / name)
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "published").symlink_to(source / "data" / "published")
    (tmp_path / "profiles").mkdir()
    (tmp_path / "profiles" / "tiny.yaml").write_text(yaml.safe_dump(TINY))
    monkeypatch.setenv("SCALESCOPE_ROOT", str(tmp_path))
    monkeypatch.delenv("SCALESCOPE_CACHE", raising=False)
    return tmp_path
