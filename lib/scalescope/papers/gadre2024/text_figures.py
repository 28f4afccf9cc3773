"""Figures of the over-training runs on several texts, after figures 1 and 5 of Gadre et al. (2024)."""

from __future__ import annotations

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.colors import Normalize
from matplotlib.figure import Figure

from scalescope.papers.gadre2024.claims import MAIN
from scalescope.papers.gadre2024.small_figures import COMPUTE, LOSS, draw_runs, size_colours, size_handles
from scalescope.plotting import style
from scalescope.plotting.heat import heat

CAPTIONS = {
    "overtraining_texts": "Held-out loss (top) and mean error over all skills (bottom) against compute, one column per "
    "text that the models were pretrained on, each with a law of its own. Filled: runs that it was fitted to. Stars: "
    "held-out runs.",
    "text_pairs": "Relative error of the predicted loss in percent, by model size and tokens per parameter: one panel "
    "per text of pretraining (rows) and of evaluation (columns), with a law of its own each. Framed: the runs of the "
    "fit.",
}
QUANTITIES = {"loss": LOSS, "error": "Mean error, all skills"}
WORST = 20.0  # percent: the end of the colours, as in figure 5 of the paper


def texts_data(predictions: pd.DataFrame) -> pd.DataFrame:
    """What `draw_texts` draws, from the table "predictions": runs with measured and predicted loss and error."""
    rows = predictions[(predictions["law"] == MAIN) & (predictions["average"] == predictions["average"].iloc[0])]
    columns = ["text", "role", "parameters", "tokens", "token_multiplier", "flops"]
    numbers = [name for quantity in QUANTITIES for name in (quantity, f"{quantity}_predicted")]
    return rows[[*columns, *numbers]].assign(kind="point").reset_index(drop=True)


def draw_texts(data: pd.DataFrame, size: str = style.SCREEN) -> Figure:
    """One column of panels per text: loss, and error where any text has skills."""
    colours, names = size_colours(data), list(data["text"].unique())
    shown = [quantity for quantity in QUANTITIES if data[quantity].notna().any()]
    with style.paper_style(size):
        inches = style.inches(4.4 * len(names), 3.4 * len(shown))
        shared = {"squeeze": False, "sharex": True, "sharey": "row"}
        figure, axes = plt.subplots(len(shown), len(names), figsize=inches, layout="constrained", **shared)
        for column, name in enumerate(names):
            for quantity, ax in zip(shown, axes[:, column], strict=True):
                draw_runs(ax, data[data["text"] == name], colours, quantity)
                ax.set(xscale="log", ylabel="" if column else QUANTITIES[quantity])
            axes[0, column].set(title=f"trained on {name}", yscale="log")
        style.label_log(axes[0, 0].yaxis)
        axes[0, -1].legend(handles=size_handles(colours))
        figure.supxlabel(COMPUTE)
    return figure


def pairs_data(pairs: pd.DataFrame) -> pd.DataFrame:
    """What `draw_pairs` draws, from the table "pairs": the relative error of every run under the main law."""
    columns = ["text", "evaluated_on", "role", "parameters", "multiplier", "loss_off"]
    return pairs.loc[pairs["law"] == MAIN, columns].assign(kind="cell").reset_index(drop=True)


def draw_pairs(data: pd.DataFrame, size: str = style.SCREEN) -> Figure:
    """One heat map per pair of texts; framed: the runs of the fit."""
    names, data = list(data["text"].unique()), data.assign(used=data["role"] == "fit")
    with style.paper_style(size):
        inches = style.inches(5.2 * len(names) + 1, 3.0 * len(names) + 0.5)
        figure, axes = plt.subplots(len(names), len(names), figsize=inches, layout="constrained", squeeze=False)
        for row, trained in enumerate(names):
            for ax, where in zip(axes[row], names, strict=True):
                rows = data[(data["text"] == trained) & (data["evaluated_on"] == where)]
                cells = rows.pivot(index="parameters", columns="multiplier", values=["loss_off", "used"])
                cells = cells.sort_index(ascending=False).rename(index=style.size_text)
                values, used = cells["loss_off"].astype(float), cells["used"].eq(True)
                image = heat(ax, values.rename(columns="{:g}".format), Normalize(0, WORST), outlined=used)
                ax.set_title(f"trained on {trained}, evaluated on {where}")
        figure.supylabel("Parameters")
        figure.supxlabel("Tokens per parameter")
        bar = figure.colorbar(image, ax=axes.ravel().tolist(), pad=0.01, aspect=30, extend="max")
        bar.set_label("relative error of loss (%)")
        bar.outline.set_visible(False)
    return figure
