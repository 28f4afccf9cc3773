"""How far a metric would move if other evaluation examples had been drawn: its standard error over the examples."""

from __future__ import annotations

import numpy as np
import pandas as pd

from scalescope.data.tasks.metrics import confusion, matthews_of_counts


def standard_error(metric: str, rows: pd.DataFrame) -> float:
    """Standard error of a metric over evaluation examples (table "rows"), in metric units; NaN for a single one.

    A mean of scores has sample standard deviation / sqrt(n); for best F1 the threshold is taken as given. Matthews:
    the jackknife (Efron and Tibshirani 1993, chapter 11), which needs one value per cell of the confusion matrix.
    """
    n = len(rows)
    if n < 2:
        return float("nan")
    if metric != "matthews":
        return float(rows["score"].std(ddof=1) / np.sqrt(n))
    counts = confusion(rows["label"].to_numpy(), rows["predicted"].to_numpy())
    classes = len(counts)
    without = counts - np.eye(classes * classes).reshape(-1, classes, classes)  # one example less, cell by cell
    left_out, weight = matthews_of_counts(without), counts.ravel()
    left_out = np.where(weight > 0, left_out, 0.0)
    mean = weight @ left_out / n
    return float(np.sqrt((n - 1) / n * (weight @ (left_out - mean) ** 2)))
