"""What each patience would have stopped a pretraining run at, and what waiting longer cost (figure 6)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from scalescope.experiment.columns import need, with_numbers

STOPPING = ["patience", "stopped", "step", "loss", "above_best", "share_of_steps", "flops"]
MULTIPLES = (1, 2, 3, 5, 8, 12, 20)  # of the steps between two evaluations


def heldout_curve(curves: pd.DataFrame, objective: str | None = None, run: str | None = None) -> pd.DataFrame:
    """Step, tokens, loss and best loss so far of one run: `run`, or the largest model of the objective.

    objective: by default "mlm", and where the table has none of it, its first. Raises ValueError if the table "curves"
    has no evaluation of it, lacks a column, or holds text where numbers are due.
    """
    need(curves, "curves", ["run_id", "objective", "parameters", "step", "split", "loss"])
    curves = with_numbers(curves, "curves")
    if objective is None:
        known = list(curves["objective"].unique())
        objective = "mlm" if "mlm" in known or not known else known[0]
    part = curves[(curves["split"] == "heldout") & (curves["objective"] == objective)]
    if run is None:
        part = part[part["parameters"] == part["parameters"].max()]
        part = part[part["run_id"] == part["run_id"].iloc[0]] if len(part) else part
    else:
        part = part[part["run_id"] == run]
    if part.empty:
        raise ValueError(
            f"table 'curves' has no held-out loss of {run or 'any model'} with the objective {objective!r}"
        )
    part = part.sort_values("step").reset_index(drop=True)
    return part.assign(best=part["loss"].cummin())


def stopping(curve: pd.DataFrame, patiences: Sequence[int] | None = None) -> pd.DataFrame:
    """One row per patience (in steps): where it stops the run of a `heldout_curve`, and the loss it keeps.

    `above_best` is the kept loss relative to the best of the whole curve, minus one; `share_of_steps` the
    steps it took of the whole curve's; `flops` 6 N D, where tokens are known. `stopped` is False where the
    curve ends before the patience does. Without `patiences`: multiples of the steps between two evaluations,
    up to the first that never stops.
    """
    steps, best = curve["step"].to_numpy(), curve["loss"].cummin().to_numpy()
    if patiences is None:
        every = int(np.diff(steps).min()) if len(steps) > 1 else int(steps[0])
        patiences = [every * multiple for multiple in MULTIPLES]
    rows = []
    for patience in patiences:
        at, stopped = _stop(steps, best, patience)
        flops = 6 * curve["parameters"].iloc[0] * curve["tokens"].iloc[at]
        lost, share = best[at] / best[-1] - 1, steps[at] / steps[-1]
        rows.append((patience, stopped, steps[at], best[at], lost, share, flops))
        if not stopped:
            break
    return pd.DataFrame(rows, columns=STOPPING)


def _stop(steps: np.ndarray, best: np.ndarray, patience: int) -> tuple[int, bool]:
    """Index of the evaluation at which `patience` steps have passed without a lower loss, if there is one."""
    fell = np.concatenate([[True], best[1:] < best[:-1]])
    since = steps - np.maximum.accumulate(np.where(fell, steps, 0))
    waited = np.flatnonzero(since >= patience)
    return (int(waited[0]), True) if waited.size else (len(steps) - 1, False)
