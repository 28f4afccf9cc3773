"""What pretraining is worth at finetuning: error from scratch, error after pretraining, and the gain, run by run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import pandas as pd

from scalescope.experiment.paired import multi_bootstrap
from scalescope.experiment.points import OBJECTIVES, title
from scalescope.experiment.readable import with_interval
from scalescope.experiment.series import error_bar
from scalescope.number_text import NONE
from scalescope.tables import COLUMNS, SCRATCH, check
from scalescope.training.store import Run


@dataclass(frozen=True)
class Seeds:
    """Finished runs of one model (columns MODEL in `model`), tuning and task, one per pretraining and finetuning seed.

    pretrain_seeds: of each run, what its encoder was pretrained (or initialised) with; empty if all have the same.
    """

    model: Mapping[str, object]
    hpt: str
    task: str
    metric: str
    runs: list[Run]
    pretrain_seeds: list[int] = field(default_factory=list)

    @property
    def pairs(self) -> list[tuple[int, int]]:
        """Pretraining seed and finetuning seed of each run."""
        seeds = self.pretrain_seeds or [0] * len(self.runs)
        return [(seed, run.manifest["config"]["seed"]) for seed, run in zip(seeds, self.runs, strict=True)]

    @property
    def sides(self) -> dict[tuple[int, int], pd.DataFrame]:
        """Evaluation examples of each pair of seeds (table "rows"), read from the run folders."""
        return {pair: run.rows for pair, run in zip(self.pairs, self.runs, strict=True)}

    @property
    def errors(self) -> pd.Series:
        """Error 1 - value of each run."""
        return 1 - pd.Series([run.manifest["summary"]["value"] for run in self.runs], dtype=float)

    @property
    def noise(self) -> pd.Series:
        """Standard error of each run's value over its evaluation examples."""
        return pd.Series([run.manifest["summary"]["value_se"] for run in self.runs], dtype=float)


def transfer_table(groups: Iterable[Seeds], n_boot: int = 1000) -> pd.DataFrame:
    """The table "transfer": each tuned model of an objective beside the same model from scratch.

    gain = error from scratch - error after pretraining, in metric units, with its 95 % interval over seeds and
    evaluation examples of both sides together (`multi_bootstrap`). Scratch and pretrained are paired by
    pretraining seed (which both start from) and finetuning seed; pairs count as independent. Models without one of the
    sides have no row.
    """
    tuned = [group for group in groups if group.hpt == "with" and group.runs]
    scratch = {
        (group.task, group.model["parameters"], group.model["role"]): group
        for group in tuned
        if group.model["objective"] == SCRATCH
    }
    rows = []
    for group in tuned:
        control = scratch.get((group.task, group.model["parameters"], group.model["role"]))
        if control is not None and group.model["objective"] != SCRATCH:
            found = multi_bootstrap(control.sides, group.sides, group.metric, n_boot=n_boot)
            rows.append(
                {
                    **group.model,
                    "task": group.task,
                    "metric": group.metric,
                    "n_seeds": found.n_seeds,
                    "n_rows": found.n_rows,
                    "error_scratch": 1 - found.first,
                    "bar_scratch": error_bar(control.errors, control.noise),
                    "error_pretrained": 1 - found.second,
                    "bar_pretrained": error_bar(group.errors, group.noise),
                    "gain": found.difference,
                    "low": found.low,
                    "high": found.high,
                }
            )
    return check(pd.DataFrame(rows, columns=None if rows else COLUMNS["transfer"]), "transfer")


def readable_transfer(transfer: pd.DataFrame, parameters: float | None = None) -> pd.DataFrame:
    """The table "transfer" at one size (the largest if none is named), as people read it: one row per task.

    Columns: task, "from scratch", and per objective its error and "gain": 0.31 [0.28, 0.33], a dash where a model
    was not compared. Raises ValueError for a size that the table does not have.
    """
    sizes = sorted(transfer["parameters"].unique())
    if parameters is not None and parameters not in sizes:
        raise ValueError(f"no model of {parameters:,} parameters; there are {', '.join(f'{n:,}' for n in sizes)}")
    at = transfer[transfer["parameters"] == (sizes[-1] if parameters is None and sizes else parameters)]
    rows = []
    for task, part in at.groupby("task", sort=False):
        row = {"task": title(task), "from scratch": f"{part['error_scratch'].iloc[0]:.3f}"}
        for objective, name in OBJECTIVES.items():
            found = part[part["objective"] == objective]
            texts = (NONE, NONE)
            if len(found):
                one = found.iloc[0]
                texts = (f"{one['error_pretrained']:.3f}", with_interval(one["gain"], one["low"], one["high"]))
            row |= {name: texts[0], f"gain of {name}": texts[1]}
        rows.append(row)
    names = [name for objective in OBJECTIVES.values() for name in (objective, f"gain of {objective}")]
    return pd.DataFrame(rows, columns=["task", "from scratch", *names])


def transfer_sentence(transfer: pd.DataFrame) -> str:
    """In how many tasks pretraining lowers the error of the largest model by more than chance, per objective."""
    parts = []
    for objective, name in OBJECTIVES.items():
        own = transfer[transfer["objective"] == objective]
        largest = own[own["parameters"] == own["parameters"].max()]
        if len(largest):
            above, below = (largest["low"] > 0).sum(), (largest["high"] < 0).sum()
            parts.append(f"{name}: above zero in {above} of {len(largest)} tasks, below in {below}")
    return "Interval of the gain at the largest size. " + ("; ".join(parts) or "Nothing to compare") + "."
