"""A small ladder for looking at convergence: the same models under another patience."""

from __future__ import annotations

import pandas as pd

from scalescope.experiment import progress, stages
from scalescope.experiment.profile import Profile
from scalescope.experiment.sections import MOST
from scalescope.laws.inputs import whole


def with_patience(profile: Profile, steps: int) -> Profile:
    """The profile with another patience: its runs have ids of their own, so that none stands for another.

    Raises ValueError for a patience that no profile can have.
    """
    given = whole(steps, "patience in steps", most=MOST)
    return profile.model_copy(update={"pretrain": profile.pretrain.model_copy(update={"patience": given})})


def pretrained_ladder(profile: Profile, objective: str = "mlm") -> pd.DataFrame:
    """Table "pretrain" of the ladder, trained one after the other, with a bar, where a run does not exist yet."""
    prepared = stages.prepare(profile)
    names = [spec.name for spec in profile.all_models() if spec.role == "ladder"]
    rows = [
        stages.pretrain(profile, name, objective, progress.steps(f"{name} {objective}"), prepared) for name in names
    ]
    return pd.concat(rows, ignore_index=True)


def replaced(ladder: pd.DataFrame, run: pd.DataFrame) -> pd.DataFrame:
    """The ladder with the run of one size replaced by another run of that size."""
    others = ladder[~ladder["parameters"].isin(run["parameters"])]
    return pd.concat([others, run], ignore_index=True).sort_values("parameters", ignore_index=True)
