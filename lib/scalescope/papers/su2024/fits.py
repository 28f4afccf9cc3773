"""Su et al. (2024): the whole loss curve of a run from its size and batch size, and the critical batch size.

Source: "Unraveling the mystery of scaling laws: part I", arXiv:2403.06563, sections 3 and 4, after Kaplan (2020). The
paper published no data; these are functions of our own tables. Batch sizes count sequences.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from scalescope.laws import TrajectoryLaw

INPUTS = ["parameters", "steps", "batch_size"]
STANDARD = "standard"  # the variant whose runs the laws are fitted to
LEVELS = 6  # losses at which the batch sizes of one model are compared
AFTER_WARMUP = 2.0  # a curve counts from so many times its warm-up on
N_BOOT = 60


def points(curves: pd.DataFrame) -> pd.DataFrame:
    """What the law is fitted to: held-out losses of fitted standard runs from twice their warm-up on.

    curves: run_id, role, variant, parameters, batch_size, warmup_steps, step, loss.
    """
    rows = curves[(curves["role"] == "fit") & (curves["variant"] == STANDARD)]
    rows = rows[rows["step"] >= AFTER_WARMUP * rows["warmup_steps"]].rename(columns={"step": "steps"})
    return rows[["run_id", *INPUTS, "loss"]].sort_values(INPUTS, kind="stable", ignore_index=True)


def law(found: pd.DataFrame, n_boot: int = N_BOOT) -> TrajectoryLaw:
    """The law of all curves together, by least squares of ln L; whole runs are drawn in its bootstrap."""
    made = TrajectoryLaw(n_boot=n_boot, warn_beyond=None)
    return made.fit(found[INPUTS], found["loss"], groups=found["run_id"] if n_boot else None)


def fits(made: TrajectoryLaw) -> pd.DataFrame:
    """Parameters with 95 % intervals, one row per symbol."""
    rows = [(name, value, *made.intervals_.get(name, (np.nan, np.nan))) for name, value in made.params_.items()]
    return pd.DataFrame(rows, columns=["symbol", "value", "low", "high"])


def contours(curves: pd.DataFrame) -> pd.DataFrame:
    """Steps that each batch size needs for the same loss, and the hyperbola through them: one row per point.

    Per variant and model LEVELS losses that at least three batch sizes reach. S = S_min + E_min / B by least squares of
    the relative error (Kaplan 2020, eq. 5.1: (S / S_min - 1)(E / E_min - 1) = 1); B_crit = E_min / S_min. `fitted`: the
    steps of the hyperbola. A level where no hyperbola with both terms above zero fits has NaN.
    """
    rows = []
    for (variant, n), own in curves.groupby(["variant", "parameters"], sort=False):
        runs = {batch: _falling(run) for batch, run in own.groupby("batch_size") if len(run) > 1}
        for level in _levels(runs):
            steps = {
                batch: float(np.exp(np.interp(-np.log(level), -loss, at)))
                for batch, (at, loss) in runs.items()
                if loss[-1] <= np.log(level) <= loss[0]
            }
            if len(steps) < 3:
                continue
            fewest, examples = _hyperbola(steps)
            law = (fewest, examples, examples / fewest if fewest > 0 and examples > 0 else np.nan)
            for batch, value in steps.items():
                fitted = fewest + examples / batch
                rows.append((variant, n, level, batch, value, value * batch, fitted, *law))
    columns = ["variant", "parameters", "loss", "batch_size", "steps", "examples", "fitted", "S_min", "E_min", "B_crit"]
    return pd.DataFrame(rows, columns=columns)


def _falling(run: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """ln steps and ln loss of one curve, made to fall by a running minimum."""
    run = run.sort_values("step")
    lowest = np.minimum.accumulate(run["loss"].to_numpy())
    new = np.append(True, np.diff(lowest) < 0)
    return np.log(run["step"].to_numpy(dtype=float)[new]), np.log(lowest[new])


def _levels(runs: dict) -> np.ndarray:
    """Losses between the third lowest start and the third lowest end of the curves, which three of them can reach."""
    if len(runs) < 3:
        return np.array([])
    top = sorted(loss[0] for _, loss in runs.values())[-3]
    bottom = sorted(loss[-1] for _, loss in runs.values())[2]
    return np.exp(np.linspace(top, bottom, LEVELS + 2)[1:-1]) if top > bottom else np.array([])


def _hyperbola(steps: dict[float, float]) -> tuple[float, float]:
    inverse, at = np.array([1 / batch for batch in steps]), np.array(list(steps.values()))
    design = np.stack([1 / at, inverse / at], axis=1)
    fewest, examples = np.linalg.lstsq(design, np.ones(len(at)), rcond=None)[0]
    return float(fewest), float(examples)


def critical(found: pd.DataFrame) -> pd.DataFrame:
    """One row per variant, model and loss: S_min, E_min, B_crit, and the rms relative distance from the hyperbola."""
    rest = (found["fitted"] / found["steps"] - 1) ** 2
    levels = found.assign(rest=rest).groupby(["variant", "parameters", "loss"], sort=False)
    law = {name: (name, "first") for name in ("S_min", "E_min", "B_crit")}
    rms = ("rest", lambda squares: float(np.sqrt(squares.mean())))
    return levels.agg(batches=("batch_size", "size"), **law, rms=rms).reset_index()


def critical_slope(table: pd.DataFrame, n_boot: int = 400) -> dict[str, float]:
    """Slope of ln B_crit against ln L over all standard contours, -1 / alpha_B of the law, with its 95 % interval.

    The bootstrap draws models, then levels within.
    """
    rows = table[(table["variant"] == STANDARD) & table["B_crit"].notna()]
    if len(rows) < 3:
        return dict.fromkeys(("value", "low", "high"), np.nan)
    x, y = np.log(rows["loss"].to_numpy()), np.log(rows["B_crit"].to_numpy())
    groups = list(rows.groupby("parameters", sort=False).indices.values())
    rng, slopes = np.random.default_rng(0), []
    for _ in range(n_boot):
        drawn = [groups[i] for i in rng.integers(len(groups), size=len(groups))]
        chosen = np.concatenate([rng.choice(own, len(own)) for own in drawn])
        if np.ptp(x[chosen]) > 0:
            slopes.append(np.polyfit(x[chosen], y[chosen], 1)[0])
    low, high = np.percentile(slopes, [2.5, 97.5]) if slopes else (np.nan, np.nan)
    return {"value": float(np.polyfit(x, y, 1)[0]), "low": float(low), "high": float(high)}


def variants(table: pd.DataFrame, model: int, names: Sequence[str]) -> pd.DataFrame:
    """How far each changed rule moves B_crit of one model: its mean over the losses that standard and variant share.

    names: the variants; one without losses in common has a row with `levels` 0. B_crit is read off at the variant's
    losses from the standard contours by log-log interpolation; ratio: variant over standard, geometric mean, with its
    lowest and highest.
    """
    own = table[(table["parameters"] == model) & table["B_crit"].notna()]
    standard = own[own["variant"] == STANDARD].sort_values("loss")
    rows = []
    for name in names:
        part = own[own["variant"] == name]
        inside = part[part["loss"].between(standard["loss"].min(), standard["loss"].max())]
        if len(standard) < 2 or inside.empty:
            rows.append((name, 0, np.nan, np.nan, np.nan))
            continue
        there = np.interp(np.log(inside["loss"]), np.log(standard["loss"]), np.log(standard["B_crit"]))
        ratio = np.exp(np.log(inside["B_crit"].to_numpy()) - there)
        rows.append((name, len(inside), np.exp(np.log(ratio).mean()), ratio.min(), ratio.max()))
    return pd.DataFrame(rows, columns=["variant", "levels", "ratio", "low", "high"])


def answers(made: TrajectoryLaw, sizes: list[int], losses: list[float]) -> pd.DataFrame:
    """What the law says of each model: the loss it ends at, and the fewest steps and sequences to given losses."""
    rows = []
    for n in sizes:
        asked = [("minimum loss", np.nan, made.minimum_loss(n))]
        for loss in losses:
            asked.append(("fewest steps", loss, made.minimum_steps(n, loss)))
            asked.append(("fewest sequences", loss, made.minimum_tokens(n, loss)))
        rows += [(n, question, loss, float(found), found.low, found.high) for question, loss, found in asked]
    return pd.DataFrame(rows, columns=["parameters", "question", "loss", "value", "low", "high"])
