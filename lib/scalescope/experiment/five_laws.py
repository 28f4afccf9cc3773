"""Five laws on one campaign: what each says of the same held-out run, from the runs that its paper would read.

The laws differ in what they take the loss to depend on: the size alone (Ivgi 2022), tokens of two texts (Barnett 2024),
steps and batch size (Su 2024), size and tokens (Gadre 2024), tokens of the task after what was learned before (Lin
2024). So a held-out run is a target of each of them, or it is told why not. Fitted are runs of the role "fit" alone.
What a study sealed before its runs stands in its own table; these predictions are made afterwards, and no law is told
that its protocol differs from that of the target (Su's curves have a constant rate, Gadre's runs end with a decay).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from scalescope.experiment.campaign import FINETUNED, PRETRAINED, Campaign
from scalescope.laws import OvertrainingLaw, PowerLaw, RectifiedLaw, ScalingLaw, TrajectoryLaw, TransferLaw

N_BOOT = 200
N_BOOT_CURVES = 40  # of whole curves, each of whose fits takes a tenth of a second
SAME = 0.05  # tokens per parameter that differ by less than this share are the same
COLUMNS = [
    "study",
    "kind",
    "target",
    "run_id",
    "law",
    "paper",
    "points",
    "distance",
    "mean",
    "low",
    "high",
    "actual",
    "log_error",
    "inside",
    "reason",
]
SETTINGS = {"loss": "log_squares", "interval": "residual", "warn_beyond": None}


class NotAsked(ValueError):
    """A law that cannot be asked about a target, with the reason."""


@dataclass
class Asked:
    """What a law is fitted to: inputs and loss, one row per point."""

    law: ScalingLaw
    X: pd.DataFrame
    y: pd.Series
    groups: pd.Series | None = None


def _needs(found: pd.DataFrame, least: int, what: str) -> pd.DataFrame:
    if len(found) < least:
        raise NotAsked(f"{len(found)} {what}, {least} needed")
    return found


def _by_size(target: Mapping, campaign: Campaign) -> Asked:
    """Ivgi 2022: a power law in the size, along the same tokens per parameter; finetuned, in the tokens of the task."""
    fit = campaign.fitted(target["kind"])
    if target["kind"] == FINETUNED:
        own = _needs(fit[fit["base"] == target["base"]], 3, "sizes of data of this model")
        return Asked(PowerLaw(size="finetune_tokens", n_boot=N_BOOT), own[["finetune_tokens"]], own["loss"])
    share = (fit["tokens"] / fit["parameters"]) / (target["tokens"] / target["parameters"])
    along = fit[(np.abs(np.log(share)) < SAME) & (fit["parameters"] < target["parameters"])]
    own = _needs(along, 3, "smaller models with as many tokens per parameter")
    return Asked(PowerLaw(n_boot=N_BOOT), own[["parameters"]], own["loss"])


def _transfer(target: Mapping, campaign: Campaign) -> Asked:
    """Barnett 2024: tokens of pretraining and of the task, one model and task."""
    if target["kind"] == PRETRAINED:
        raise NotAsked("one text: nothing is transferred")
    fit = campaign.fitted(FINETUNED)
    same = [fit[name] == target[name] for name in ("study", "lineage", "text")]
    own = fit[np.logical_and.reduce(same)]
    if own["pretrain_tokens"].nunique() < 3:
        raise NotAsked(f"{own['pretrain_tokens'].nunique()} budgets of pretraining of this model, 3 needed")
    return Asked(TransferLaw(n_boot=N_BOOT, **SETTINGS), own[["pretrain_tokens", "finetune_tokens"]], own["loss"])


def _trajectory(target: Mapping, campaign: Campaign) -> Asked:
    """Su 2024: size, steps and batch size, from whole curves at a constant rate."""
    if target["kind"] == FINETUNED:
        raise NotAsked("steps and batch size of finetuning follow from its rows")
    own = _needs(campaign.trajectories, 7, "points of curves at a constant rate")
    law = TrajectoryLaw(n_boot=N_BOOT_CURVES, warn_beyond=None)
    return Asked(law, own[["parameters", "steps", "batch_size"]], own["loss"], own["run_id"])


def _overtraining(target: Mapping, campaign: Campaign) -> Asked:
    """Gadre 2024: size and tokens, of whatever text: finetuned, those of pretraining and of the task together."""
    fit = campaign.fitted(target["kind"])
    if target["kind"] == FINETUNED:
        fit = fit[(fit["study"] == target["study"]) & (fit["text"] == target["text"]) & fit["plain"]]
        fit = fit.assign(tokens=fit["pretrain_tokens"] + fit["finetune_tokens"])
        if not target["plain"]:
            raise NotAsked("pretrained in another way than the rest of its zoo")
    own = _needs(fit, 5, "runs")
    if own["parameters"].nunique() < 2 or own["tokens"].nunique() < 2:
        raise NotAsked("one size only")
    return Asked(OvertrainingLaw(n_boot=N_BOOT, **SETTINGS), own[["parameters", "tokens"]], own["loss"])


def _rectified(target: Mapping, campaign: Campaign) -> Asked:
    """Lin 2024: tokens of one model's curve, after what it learned before."""
    fit = campaign.fitted(target["kind"])
    model, size = ("base", "finetune_tokens") if target["kind"] == FINETUNED else ("parameters", "tokens")
    own = _needs(fit[fit[model] == target[model]], 5, "sizes of data of this model")
    return Asked(RectifiedLaw(n_boot=N_BOOT, **SETTINGS), own[[size]].set_axis(["examples"], axis=1), own["loss"])


def _row(target: Mapping) -> pd.DataFrame:
    """The target as one row of inputs: for finetuned runs, tokens are those of both texts, examples of the task."""
    row = {**target, "examples": target["tokens"]}
    if target["kind"] == FINETUNED:
        row |= {"tokens": row["pretrain_tokens"] + row["finetune_tokens"], "examples": row["finetune_tokens"]}
    return pd.DataFrame([row])


Ask = Callable[[Mapping, Campaign], Asked]
LAWS: dict[str, tuple[str, Ask]] = {
    "PowerLaw": ("Ivgi 2022", _by_size),
    "TransferLaw": ("Barnett 2024", _transfer),
    "TrajectoryLaw": ("Su 2024", _trajectory),
    "OvertrainingLaw": ("Gadre 2024", _overtraining),
    "RectifiedLaw": ("Lin 2024", _rectified),
}


def predictions(campaign: Campaign) -> pd.DataFrame:
    """What each law says of each held-out run (COLUMNS), one row per pair, with the reason where it is not asked.

    mean, low, high: the law's value and its 95 % interval of one new run. distance: the law's factor of extrapolation.
    log_error: ln(actual / mean).
    """
    rows, fitted = [], {}
    for target in campaign.targets().to_dict("records"):
        about = {key: target[key] for key in ("study", "kind", "target", "run_id")} | {"actual": target["loss"]}
        for name, (paper, ask) in LAWS.items():
            row = about | {"law": name, "paper": paper}
            try:
                rows.append(row | _said(fitted, name, ask(target, campaign), target))
            except NotAsked as reason:
                rows.append(row | {"reason": str(reason)})
    return pd.DataFrame(rows).reindex(columns=COLUMNS)


def _said(fitted: dict[tuple, ScalingLaw], name: str, asked: Asked, target: Mapping) -> dict:
    """What one law says of one target; raises NotAsked where its points are one loss, whose scatter no law can tell.

    fitted: laws by what they were fitted to, which many targets share; a new one is added.
    """
    if asked.y.nunique() == 1:
        raise NotAsked(f"{len(asked.y)} equal losses: no scatter of runs to tell an interval from")
    key = (name, tuple(map(tuple, asked.X.to_numpy())), tuple(asked.y))
    if key not in fitted:
        fitted[key] = asked.law.fit(asked.X, asked.y, groups=asked.groups)
    law, X, actual = fitted[key], _row(target)[list(asked.law.input_names)], target["loss"]
    low, high = (float(end[0]) for end in law.predict_interval(X, kind="run"))
    mean = float(law.predict(X)[0])
    return {
        "points": len(asked.X),
        "distance": float(law.extrapolation(X)[0]),
        "mean": mean,
        "low": low,
        "high": high,
        "log_error": np.log(actual / mean),
        "inside": float(low <= actual <= high),
        "reason": "",
    }
