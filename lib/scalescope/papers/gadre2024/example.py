"""Eight small runs of Gadre et al. (2024) and a larger one, as a reader's own table could look (data/examples)."""

from __future__ import annotations

import pandas as pd

from scalescope.papers.gadre2024 import fits

DATASET = "c4_original"
MULTIPLIERS = (20.0, 80.0)
LARGE = ("open_lm_1b", 80.0)


def example(data: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The four small models of C4 at 20 and 80 tokens per parameter, and the 1.4B model at 80.

    data: as `published.load("gadre2024")` gives it. Columns: run, n_params, train_tokens, val_loss (nats, C4).
    """
    runs = fits.runs(data, DATASET)
    small = runs[runs["model"].isin(fits.SMALL) & runs["token_multiplier"].isin(MULTIPLIERS)]
    large = runs[(runs["model"] == LARGE[0]) & (runs["token_multiplier"] == LARGE[1])]
    return _written(small), _written(large)


def _written(runs: pd.DataFrame) -> pd.DataFrame:
    names = runs["model"].str.replace("_", " ") + " M=" + runs["token_multiplier"].map("{:g}".format)
    columns = {"n_params": runs["parameters"], "train_tokens": runs["tokens"].round().astype("int64")}
    return pd.DataFrame({"run": names, **columns, "val_loss": runs["loss"].round(4)}).reset_index(drop=True)
