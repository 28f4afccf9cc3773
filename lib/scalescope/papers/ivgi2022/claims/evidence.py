"""What claims are judged on: the tables of one source, and the laws fitted to them."""

from __future__ import annotations

import pandas as pd

from scalescope.experiment.points import PAPER_TASKS, split_usable, usable_pretraining
from scalescope.papers.ivgi2022.fits import Laws, fit_laws
from scalescope.papers.ivgi2022.one_law import MIN_SIZES_R2, FittedLaw


class Evidence:
    """Tables of one source (published or live), checked once, and its laws.

    points: "points" or "summaries"; pretrain, curves, finetune: as collected, None where there are none.
    pair_points: points of the comparison between objectives where they differ (the paper's figure 3). laws: of these
    tables; without them they are fitted here, with `n_boot` replicates.
    """

    def __init__(
        self,
        source: str,
        points: pd.DataFrame,
        pretrain: pd.DataFrame,
        curves: pd.DataFrame | None = None,
        finetune: pd.DataFrame | None = None,
        pair_points: pd.DataFrame | None = None,
        n_boot: int = 1000,
        laws: Laws | None = None,
    ):
        self.source = source
        self.points, _ = split_usable(points)
        self.pretrain = pretrain[usable_pretraining(pretrain)]
        self.curves, self.finetune = curves, finetune
        tables = {"points": points, "pretrain": pretrain}
        tables |= {} if pair_points is None else {"pair_points": pair_points}
        self.laws = fit_laws(tables, n_boot=n_boot) if laws is None else laws

    @property
    def tasks(self) -> list[str]:
        """The paper's tasks with tuned MLM points, in its order."""
        part = self.points[(self.points["objective"] == "mlm") & (self.points["hpt"] == "with")]
        return [task for task in PAPER_TASKS if task in set(part["task"])]

    def law(self, task: str, **key: object) -> FittedLaw | None:
        """The law of a task's error (or of what `key` says, see `fits.KEYS`); None for fewer than three sizes."""
        return self._of(task=task, **key)

    def pretraining_law(self, objective: str, role: str, seed: int = 0) -> FittedLaw | None:
        """The law of the pretraining loss of one ladder ("ladder" or "second"); None for fewer than three sizes."""
        ratios = self.pretraining(objective, role)["aspect_ratio"].unique()
        if not len(ratios):
            return None
        ratio = int(ratios[0])
        return self._of(of="pretrain", objective=objective, hpt="", aspect_ratio=ratio, y="loss", seed=seed)

    def pretraining(self, objective: str, role: str) -> pd.DataFrame:
        """Pretraining runs of one ladder ("ladder" or "second"), by size."""
        part = self.pretrain[(self.pretrain["objective"] == objective) & (self.pretrain["role"] == role)]
        return part.sort_values("parameters")

    def several_seeds(self, task: str) -> bool:
        """Whether some size of the ladder has several tuned MLM runs of a task."""
        points = self.points[(self.points["role"] == "ladder") & (self.points["task"] == task)]
        tuned = points[(points["objective"] == "mlm") & (points["hpt"] == "with")]
        return bool((tuned.groupby("parameters").size() > 1).any())

    def _of(self, **key: object) -> FittedLaw | None:
        law = self.laws.of(**key)
        return law if law is not None and law.numbers["n_sizes"] >= MIN_SIZES_R2 else None
