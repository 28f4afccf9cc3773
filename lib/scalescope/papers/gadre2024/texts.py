"""The over-training study on several texts: the same laws on each, and runs evaluated where they were not trained.

Gadre et al. (2024) fit equation 4 to each of three training sets on its own, with one tokenizer (figure 1), and to
every pair of training and evaluation set (figure 5).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from scalescope.papers.gadre2024 import claims
from scalescope.papers.gadre2024 import small as study

Tables = Mapping[str, pd.DataFrame]  # one per text
SYMBOLS = {  # of each law of the loss in the table, and how often: equation 4 has N and D to the power -2 eta, both
    "OvertrainingLaw": {"E": ("E", 1), "alpha": ("eta", 2), "beta": ("eta", 2)},
    "ChinchillaLaw": {"E": ("E", 1), "alpha": ("alpha", 1), "beta": ("beta", 1)},
}
VALUES = {"over_trained_off": "O1", "largest_off": "O2", "error_off": "O3"}  # the numbers that decide these claims


def together(tables: Tables) -> pd.DataFrame:
    """Tables of the same columns, one per text, as one with a last column `text`."""
    parts = [table.assign(text=text) for text, table in tables.items()]
    return pd.concat([part for part in parts if len(part)] or parts[:1], ignore_index=True)


def pairs(found: Tables, losses: pd.DataFrame, multipliers: Sequence[int]) -> pd.DataFrame:
    """Every run on every text under laws fitted to that pair of texts; `loss_off`: relative error in percent.

    found: the points of each text (`small.points`). losses: run_id, text, evaluated_on, loss. multipliers: tokens per
    parameter that were asked for; `multiplier` is the one nearest to what a run has. Nothing of it was sealed: the laws
    are fitted to the same runs as those that were, but read after the held-out ones were trained.
    """
    parts = []
    for (text, where), measured in losses.groupby(["text", "evaluated_on"], sort=False):
        rows = found[text].drop(columns="loss").merge(measured[["run_id", "loss"]], on="run_id")
        rows["multiplier"] = [min(multipliers, key=lambda m, n=n: abs(np.log(m / n))) for n in rows["token_multiplier"]]
        for name in study.LAWS:
            predicted = study.law(rows, name, 0).predict(rows[study.INPUTS])
            off = 100 * (predicted / rows["loss"] - 1).abs()
            own = rows.assign(text=text, evaluated_on=where, law=name, loss_predicted=predicted, loss_off=off)
            parts.append(own)
    columns = ["text", "evaluated_on", "law", "run_id", "role", "parameters", "tokens", "multiplier"]
    return pd.concat(parts, ignore_index=True)[[*columns, "loss", "loss_predicted", "loss_off"]]


def summary(runs: pd.DataFrame, fits: Tables, predictions: Tables, forecasts: Tables) -> pd.DataFrame:
    """One row per text and law of the loss: exponents with 95 % intervals, largest errors, and what would hold.

    runs: all of them; the others by text. `distance`: of the text from the standard one, 0 to 1. alpha, beta: exponents
    of size N and of tokens D (SYMBOLS). `*_off`: of the most over-trained runs, of the largest model, and of its error,
    largest, in percent. O1 to O5: verdicts as in `claims`, O5 on the forecasts of all laws; those of the standard text
    under `claims.MAIN` are the study's own.
    """
    rows = []
    for text, table in predictions.items():
        distance = runs.loc[runs["text"] == text, "distance"].max()
        roles = table.drop_duplicates("run_id")["role"]
        for name, symbols in SYMBOLS.items():
            judged = claims.judged(table, forecasts[text], name).set_index("id")
            rows.append(
                {
                    "text": text,
                    "distance": distance,
                    "law": name,
                    "n_fit": int((roles == "fit").sum()),
                    "n_held_out": int((roles == "held_out").sum()),
                    **_exponents(fits[text], name, symbols),
                    **{column: judged.loc[claim, "value"] for column, claim in VALUES.items()},
                    **judged["verdict"].to_dict(),
                }
            )
    return pd.DataFrame(rows)


def _exponents(fits: pd.DataFrame, law: str, symbols: Mapping[str, tuple[str, int]]) -> dict[str, float]:
    """Value, low and high of each symbol of a law, as columns."""
    of = fits[(fits["law"] == law) & (fits["of"] == "loss")].set_index("symbol")
    ends = {"": "value", "_low": "low", "_high": "high"}
    return {
        f"{name}{end}": times * of.loc[symbol, column]
        for name, (symbol, times) in symbols.items()
        for end, column in ends.items()
    }
