"""Figures of several laws on one campaign, from the table of their predictions."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from scalescope.experiment.five_laws import LAWS
from scalescope.plotting import style
from scalescope.plotting.drawable import drawable
from scalescope.plotting.panels import mark_handle

CAPTIONS = {
    "five_errors": "What each law said of the same held-out runs: predicted over actual loss, with the 95 % interval "
    "of one new run, one panel per study whose runs were held out. A law without a mark was not asked.",
    "five_distance": "Relative error of the loss against how far the run lies outside what the law was fitted to "
    "(laws at one distance drawn side by side). Open: the 95 % interval did not hold the run.",
}
LEAST = 1e-4  # an error that is drawn; smaller ones lie on this line
LEAST_REACH = 0.01  # of an axis of relative errors
ASIDE = 1.025  # factor between the places of two laws at one distance
COLOURS = dict(zip(LAWS, style.PALETTE, strict=False))
MARKERS = dict(zip(LAWS, style.MARKERS, strict=False))


def errors_data(predictions: pd.DataFrame) -> pd.DataFrame:
    """What `draw_errors` draws: predicted over actual and its interval, by study and law; and every law's paper."""
    columns = ("study", "target", "law", "paper", "mean", "low", "high", "actual")
    drawable(predictions, columns, "experiment.five_laws.predictions")
    rows = predictions.assign(kind="point")
    for name in ("mean", "low", "high"):
        rows[name] = rows[name] / rows["actual"]
    return rows[["kind", "study", "target", "law", "paper", "mean", "low", "high"]]


def draw_errors(data: pd.DataFrame, size: str = style.SCREEN) -> Figure:
    """One panel per study: predicted over actual loss by law, targets side by side."""
    drawable(data, ("study", "law", "paper", "mean", "low", "high"), "errors_data")
    studies, laws = list(data["study"].unique()), [law for law in LAWS if law in set(data["law"])]
    with style.paper_style(size):
        inches = style.inches(10, 0.6 + 1.9 * len(studies))
        figure, axes = plt.subplots(len(studies), 1, figsize=inches, layout="constrained", squeeze=False, sharex=True)
        for ax, study in zip(axes[:, 0], studies, strict=True):
            ax.axhline(1, color=style.GREY, linewidth=style.unit(), linestyle="--")
            said = data[(data["study"] == study) & data["mean"].notna()]
            for place, law in enumerate(laws):
                _bars(ax, place, said[said["law"] == law], COLOURS[law])
            reach = 1.5 * max(float(np.abs(np.log(said["mean"])).max()) if len(said) else 0.0, LEAST_REACH)
            ax.set(title=study, ylim=(np.exp(-reach), np.exp(reach)))
        names = data.drop_duplicates("law").set_index("law")["paper"]
        axes[-1, 0].set_xticks(range(len(laws)), [f"{law}\n{names[law]}" for law in laws])
        figure.supylabel("Predicted over actual loss")
    return figure


def _bars(ax, place: int, own: pd.DataFrame, colour: str) -> None:
    at = place + np.linspace(-0.35, 0.35, len(own)) if len(own) > 1 else np.full(len(own), float(place))
    ax.vlines(at, own["low"], own["high"], color=colour, linewidth=0.8 * style.unit(), alpha=0.5)
    ax.scatter(at, own["mean"], color=colour, s=14 * style.unit() ** 2, zorder=3)


def distance_data(predictions: pd.DataFrame) -> pd.DataFrame:
    """What `draw_distance` draws: law, distance, error (|ln|, at least LEAST) and whether the interval held the run."""
    columns = ("study", "target", "law", "mean", "distance", "inside", "log_error")
    drawable(predictions, columns, "experiment.five_laws.predictions", empty=True)
    said = predictions[predictions["mean"].notna()]
    error = said["log_error"].abs().astype(float).clip(lower=LEAST)
    return said[["study", "target", "law", "distance", "inside"]].assign(kind="point", error=error)


def draw_distance(data: pd.DataFrame, size: str = style.SCREEN) -> Figure:
    """One panel: error against distance, both logarithmic."""
    drawable(data, ("law", "distance", "inside", "error"), "distance_data", empty=True)
    laws = [law for law in LAWS if law in set(data["law"])]
    with style.paper_style(size):
        figure, ax = plt.subplots(figsize=style.inches(8.2, 4.6), layout="constrained")
        handles = []
        for place, law in enumerate(laws):
            colour, marker = COLOURS[law], MARKERS[law]
            aside = ASIDE ** (place - (len(laws) - 1) / 2)
            for held, face in ((1.0, colour), (0.0, "white")):
                own = data[(data["law"] == law) & (data["inside"].astype(float) == held)]
                look = {"facecolors": face, "edgecolors": colour, "marker": marker, "s": 26 * style.unit() ** 2}
                ax.scatter(own["distance"] * aside, own["error"], **look)
            handles.append(mark_handle(law, color=colour, marker=marker))
        handles += [
            mark_handle("in its interval", marker="o", color=style.GREY),
            mark_handle("outside it", marker="o", color=style.GREY, markerfacecolor="white"),
        ]
        ax.set(xscale="log", yscale="log", ylabel="|ln(actual / predicted)|")
        ax.set_xlabel("Factor outside the fitted range (1: inside)")
        style.ticks(ax.xaxis, style.log_ticks(0.9, max(2.2, 1.1 * data["distance"].max())))
        ax.minorticks_off()
        ax.legend(handles=handles, loc="upper left", bbox_to_anchor=(1.0, 1.0))
    return figure


DATA = {"five_errors": errors_data, "five_distance": distance_data}
DRAW = {"five_errors": draw_errors, "five_distance": draw_distance}
