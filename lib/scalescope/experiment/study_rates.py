"""Whether runs on little data were trained at a good rate and for long enough, as a table beside their results."""

from __future__ import annotations

import pandas as pd

CELL = ["study", "text", "rows", "steps", "seed", "aspect_ratio", "layers", "pretrain_tokens", "loss_before"]


def chosen_rates(runs: pd.DataFrame) -> pd.DataFrame:
    """Where the best rates lie among those tried, for each number of rows.

    runs: table "runs"; counted are finished runs that a law is fitted to and that go on from a pretrained model. One
    row per number of rows and steps: `cells` (runs that differ in their rate only), shares of them whose best rate is
    the `lowest` or the `highest` tried (a share near one asks for more rates on that side), the median best rate, and
    `last`, the share whose lowest loss was the last one measured (with a rate that falls to zero it should be near one
    where data do not run out; a small share says that fewer steps were enough).
    """
    fitted = runs[(runs["kind"] == "adapt") & (runs["role"] == "fit") & (runs["status"] == "finished")]
    rows = []
    for (count, steps), part in fitted.groupby(["rows", "steps"]):
        best = part.sort_values(["loss", "learning_rate"], kind="stable").drop_duplicates(CELL)
        chosen, tried = best["learning_rate"], part["learning_rate"]
        rows.append(
            {
                "rows": count,
                "steps": steps,
                "cells": len(best),
                "rates": tried.nunique(),
                "lowest": (chosen == tried.min()).mean(),
                "highest": (chosen == tried.max()).mean(),
                "median": chosen.median(),
                "last": (best["best_step"] >= best["steps"]).mean(),
            }
        )
    names = ["rows", "steps", "cells", "rates", "lowest", "highest", "median", "last"]
    return pd.DataFrame(rows, columns=names)
