"""What claims are judged on: the tables of one source, and the laws fitted to them."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from scalescope.experiment.points import PAPER_TASKS, split_usable, usable_pretraining
from scalescope.papers.ivgi2022.fits import Laws, fit_laws
from scalescope.papers.ivgi2022.one_law import MIN_SIZES_R2, FittedLaw


class Evidence:
    """Tables of one source (published or live), checked once, and its laws.

    tables: as `law_tables.source_tables` gives them; "curves" and "finetune" may be lacking, and "pair_points" (of the
    comparison between objectives) where they are the points. laws: of these tables; without them they are fitted here,
    with `n_boot` replicates.
    """

    def __init__(self, source: str, tables: Mapping[str, pd.DataFrame], laws: Laws | None = None, n_boot: int = 1000):
        self.source = source
        self.points, _ = split_usable(tables["points"])
        self.pretrain = tables["pretrain"][usable_pretraining(tables["pretrain"])]
        self.curves, self.finetune = tables.get("curves"), tables.get("finetune")
        self.laws = fit_laws(tables, n_boot=n_boot) if laws is None else laws

    @property
    def tasks(self) -> list[str]:
        """The paper's tasks with tuned MLM points, in its order."""
        part = self.points[(self.points["objective"] == "mlm") & (self.points["hpt"] == "with")]
        return [task for task in PAPER_TASKS if task in set(part["task"])]

    def law(self, task: str = "", **key: object) -> FittedLaw | None:
        """The law of a task's error (or of what `key` says, see `fits.KEYS`); None for fewer than three sizes."""
        law = self.laws.of(task=task, **key)
        return law if law is not None and law.numbers["n_sizes"] >= MIN_SIZES_R2 else None

    def pretraining_law(self, objective: str, role: str, seed: int = 0) -> FittedLaw | None:
        """The law of the pretraining loss of one ladder ("ladder" or "second"); None for fewer than three sizes."""
        ratios = self.pretraining(objective, role)["aspect_ratio"].unique()
        if not len(ratios):
            return None
        ratio = int(ratios[0])
        return self.law(of="pretrain", objective=objective, hpt="", aspect_ratio=ratio, y="loss", seed=seed)

    def pretraining(self, objective: str, role: str) -> pd.DataFrame:
        """Pretraining runs of one ladder ("ladder" or "second"), by size."""
        part = self.pretrain[(self.pretrain["objective"] == objective) & (self.pretrain["role"] == role)]
        return part.sort_values("parameters")

    def several_seeds(self, task: str) -> bool:
        """Whether some size of the ladder has several tuned MLM runs of a task."""
        points = self.points[(self.points["role"] == "ladder") & (self.points["task"] == task)]
        tuned = points[(points["objective"] == "mlm") & (points["hpt"] == "with")]
        return bool((tuned.groupby("parameters").size() > 1).any())
