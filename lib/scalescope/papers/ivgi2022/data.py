"""The paper's own points and tables, brought into the columns of the live tables."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from scalescope import paths
from scalescope.experiment.points import CLASSES, OBJECTIVES, PAPER_TASKS
from scalescope.tables import COLUMNS

KEY_OF_TITLE = {name: key for key, (name, _) in PAPER_TASKS.items()}
KEY_OF_OBJECTIVE = {name: key for key, name in OBJECTIVES.items()}
METRICS = {"F1": "f1", "Acc.": "accuracy", "MCC": "matthews", "Best-F1": "best_f1"}
SEEDS = 5  # as the paper states, where the data do not say otherwise
TARGET_LAYERS = 12  # BERT-Base
STEPS_BETWEEN_EVALUATIONS = 500  # figure 6


def published_points(folder: Path | None = None, *, keep_outlier: bool = True) -> pd.DataFrame:
    """Means, deviations and seeds of figures 3, 4, 7 and 8 in the columns of "summaries".

    `keep_outlier`: True takes the five seeds of SQuAD 2.0, MLM, 6 layers (figure 4; tables 2, 3, 4 and 7);
    False leaves out one of them, as figure 3 and table 5 do, and with it the scores of figure 8.
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
    means = _with_deviation(means, "error")
    means = means.assign(value=1 - means["error"], value_sd=means["error_sd"])
    means = means.merge(_losses(folder), how="left")
    if keep_outlier:
        means = means.merge(_answerable(folder), how="left")
    return _with_models(means, folder, "summaries")


def published_curve(folder: Path | None = None) -> pd.DataFrame:
    """Best evaluation loss so far of BERT-Base, MLM (figure 6), every 500 steps, in the columns of "curves".

    Read off the drawn line: its vertices are good to about 2e-3, and it is straight between them. The paper
    does not say how many tokens a step has.
    """
    drawn = pd.read_csv(_folder(folder) / "fig6.csv").sort_values(["step", "value"]).drop_duplicates("step")
    steps = np.arange(drawn["step"].min(), drawn["step"].max() + 1, STEPS_BETWEEN_EVALUATIONS)
    loss = np.interp(steps, drawn["step"], drawn["value"].cummin())  # the zoomed panel repeats the end
    target = published_table(6, folder).iloc[-1]
    curve = pd.DataFrame({"step": steps, "loss": loss, "run_id": "BERT-Base", "objective": "mlm", "split": "heldout"})
    model = {name: int(target[name]) for name in ("aspect_ratio", "layers", "parameters")}
    curve = curve.assign(**model, pretrain_seed=np.nan, tokens=np.nan)
    return curve[COLUMNS["curves"]]


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
    majority = table["task"].map(drawn).fillna(table["top_freq"])
    named = {"title": table["task"], "task": table["task"].map(KEY_OF_TITLE), "metric": table["metric"].map(METRICS)}
    return table.assign(**named, majority=majority).reindex(columns=COLUMNS["tasks"])


def published_tables() -> dict[str, pd.DataFrame]:
    """All of these by the names of the live tables; "pair_points": of the comparison between objectives (figure 3)."""
    return {
        "points": published_points(),
        "pair_points": published_points(keep_outlier=False),
        "pretrain": published_pretrain(),
        "curves": published_curve(),
        "tasks": published_tasks(),
    }


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


def _with_deviation(means: pd.DataFrame, name: str) -> pd.DataFrame:
    """Drawn means and bars as `name` and `<name>_sd`; seeds where the data do not say: five, without a bar one."""
    sd = (means["err_high"] - means["err_low"]) / 2
    seeds = means["n_seeds"].fillna(pd.Series(np.where(sd.notna(), SEEDS, 1), index=means.index)).astype(int)
    return means.assign(**{name: means["value"], f"{name}_sd": sd, "n_seeds": seeds})


def _losses(folder: Path | None) -> pd.DataFrame:
    """Finetuning losses of figure 7 in nats: the figure divides them by ln(classes)."""
    fig7 = _with_deviation(_figure(7, folder), "loss")
    fig7 = fig7.assign(task=fig7["task"].map(KEY_OF_TITLE), objective=fig7["objective"].map(KEY_OF_OBJECTIVE))
    nats = np.log(fig7["task"].map(CLASSES).astype(float))
    fig7 = fig7.assign(hpt="with", loss=fig7["loss"] * nats, loss_sd=fig7["loss_sd"] * nats)
    return fig7[["objective", "hpt", "task", "parameters", "loss", "loss_sd"]]


def _answerable(folder: Path | None) -> pd.DataFrame:
    """SQuAD 2.0 models under the metric of SQuAD 1.1 on answerable questions (figure 8)."""
    fig8 = _with_deviation(_figure(8, folder).query("metric == 'HasAns F1'"), "value_answerable")
    fig8 = fig8.assign(objective="mlm", hpt="with", task="squad_v2", value_answerable=1 - fig8["value"])
    return fig8[["objective", "hpt", "task", "parameters", "value_answerable", "value_answerable_sd"]]


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
