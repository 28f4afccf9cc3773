"""The paper's own points and tables, brought into the columns of the live tables."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from scalescope import paths
from scalescope.laws import expand
from scalescope.schema import COLUMNS
from scalescope.studies.points import OBJECTIVES, PAPER_TASKS

KEY_OF_TITLE = {name: key for key, (name, _) in PAPER_TASKS.items()}
KEY_OF_OBJECTIVE = {name: key for key, name in OBJECTIVES.items()}
METRICS = {"F1": "f1", "Acc.": "accuracy", "MCC": "matthews", "Best-F1": "best_f1"}
SEEDS = 5  # as the paper states, where the data do not say otherwise
TARGET_LAYERS = 12  # BERT-Base


def published_points(folder: Path | None = None, *, keep_outlier: bool = True) -> pd.DataFrame:
    """Points of figures 3 and 4 in the columns of "points": artificial seeds of the same mean and deviation.

    `keep_outlier`: True takes the five seeds of SQuAD 2.0, MLM, 6 layers (figure 4; tables 2, 3, 4 and 7);
    False leaves out one of them, as figure 3 and table 5 do. `loss`, `learning_rate` and `epoch` are not
    published.
    """
    fig3, fig4 = (_figure(number, folder) for number in (3, 4))
    fig3 = fig3.assign(hpt="with", objective=fig3["objective"].map(KEY_OF_OBJECTIVE))
    fig4 = fig4.assign(objective="mlm")
    if keep_outlier:
        place = ["objective", "hpt", "task", "parameters"]
        fig3 = fig3[~fig3.set_index(place).index.isin(fig4.set_index(place).index)]
        means = pd.concat([fig4, fig3])
    else:
        means = pd.concat([fig3, fig4[fig4["hpt"] == "without"]])
    means = means.assign(task=means["task"].map(KEY_OF_TITLE)).sort_values("parameters", kind="stable")
    rows = [row for mean in means.to_dict("records") for row in _seeds(mean)]
    return _with_models(pd.DataFrame(rows), folder, "points")


def published_pretrain(folder: Path | None = None) -> pd.DataFrame:
    """Pretraining losses of figure 2 (nats) in the columns of "pretrain"; tokens and flops are blank."""
    points = _figure(2, folder).drop_duplicates(["objective", "aspect_ratio", "layers"])
    points = points.assign(objective=points["objective"].map(KEY_OF_OBJECTIVE), loss=points["value"])
    return _with_models(points.assign(status="published"), folder, "pretrain")


def published_tasks(folder: Path | None = None) -> pd.DataFrame:
    """Table 1 with the columns of "tasks"; majority is the baseline figure 3 draws, where it does."""
    table = published_table(1, folder)
    fig3 = pd.read_csv(_folder(folder) / "fig3.csv")
    drawn = 1 - fig3[fig3["kind"] == "baseline"].set_index("task")["value"]
    tasks = pd.DataFrame({
        "task": table["task"].map(KEY_OF_TITLE),
        "title": table["task"],
        "metric": table["metric"].map(METRICS),
        "train": table["train"],
        "eval": table["eval"],
        "majority": table["task"].map(drawn).fillna(table["top_freq"]),
    })  # fmt: skip
    return tasks.reindex(columns=COLUMNS["tasks"])


def published_table(number: int, folder: Path | None = None) -> pd.DataFrame:
    """Table `number` (1 to 7) with the digits the paper prints; raises ValueError for another number."""
    if number not in range(1, 8):
        raise ValueError(f"the paper has tables 1 to 7; got {number!r}")
    return pd.read_csv(_folder(folder) / f"table{number}.csv")


def _folder(folder: Path | None) -> Path:
    return Path(folder) if folder is not None else paths.published("ivgi2022")


def _figure(number: int, folder: Path | None) -> pd.DataFrame:
    frame = pd.read_csv(_folder(folder) / f"fig{number}.csv")
    return frame[frame["kind"] == "point"]


def _seeds(mean: dict) -> list[dict]:
    """One row per artificial seed of a drawn mean; without an error bar one seed."""
    sd = (mean["err_high"] - mean["err_low"]) / 2
    known = mean["n_seeds"]
    n = int(known) if np.isfinite(known) else (SEEDS if np.isfinite(sd) else 1)
    errors = expand(mean["value"], sd, n)
    return [{**mean, "seed": seed, "error": error, "value": 1 - error} for seed, error in enumerate(errors)]


def _with_models(frame: pd.DataFrame, folder: Path | None, table: str) -> pd.DataFrame:
    """Add what the models' table 6 and their names give, in the columns of `table`."""
    frame = frame.merge(published_table(6, folder)[["parameters", "heads"]], on="parameters", how="left")
    frame = frame.assign(profile="published", source="paper", hidden=frame["aspect_ratio"] * frame["layers"])
    second = np.where(frame["aspect_ratio"] == frame["aspect_ratio"].min(), "ladder", "second")
    frame["role"] = np.where(frame["layers"] == TARGET_LAYERS, "target", second)
    if "task" in frame:
        frame["metric"] = frame["task"].map({key: METRICS[name] for key, (_, name) in PAPER_TASKS.items()})
    whole = ["aspect_ratio", "layers", "heads", "hidden", "parameters"]
    return frame.astype(dict.fromkeys(whole, int)).reindex(columns=COLUMNS[table])
