"""Figures of forecasts: one table's forecast with its bands, and how often such intervals were right."""

from __future__ import annotations

import warnings

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import LogFormatterSciNotation

from scalescope.forecast.candidates import Candidate
from scalescope.forecast.columns import SYMBOLS
from scalescope.forecast.forecast import Forecast
from scalescope.forecast.table import RunTable
from scalescope.laws import ScalingLaw
from scalescope.plotting import style

CAPTIONS = {
    "calibration": "How often the interval of a new run held it, against its nominal level. Replayed: runs of "
    "published tables, each forecast from the smaller runs of its series by the law that foretold the earlier ones "
    "best. Sealed: written down before the run. Bars: 95 % from drawing whole series. Right: the 95 % interval by how "
    "far the run lies beyond the largest fitted one.",
}
LOOKS = {"replayed": (style.BLUE, "o"), "sealed": (style.ORANGE, "s"), "all": (style.INK, "D")}
AXES = {"flops": "Training compute (FLOP)", "parameters": "Parameters", "tokens": "Tokens"}
STEPS = 60


def forecast_data(found: Forecast) -> pd.DataFrame:
    """The chosen law of a forecast as `law_data`, its band of a new run as wide as the forecast's."""
    chosen = found.candidates[found.choice.law]
    return law_data(found.table, chosen, found.law, found.target, float(found.prediction["widening"]))


def law_data(
    table: RunTable, chosen: Candidate, law: ScalingLaw, target: dict[str, float], widening: float = 1.0
) -> pd.DataFrame:
    """Runs ("run"), curve and bands of a fitted law along a path to the target ("law"), the target ("target").

    Columns: kind, at (the law's only size, else FLOPs), value, law_low, law_high, run_low, run_high, axis, law. A law
    in N and D is drawn along the line, in logarithms, from the smallest run to the target. widening: of the band of a
    new run, in ln y.
    """
    axis = chosen.inputs[0] if len(chosen.inputs) == 1 else "flops"
    runs = pd.DataFrame({"kind": "run", "at": table.frame[axis].to_numpy(), "value": table.y})
    low = table.frame.loc[table.frame[axis].idxmin()]
    path = pd.DataFrame({n: np.geomspace(low[n], target[n], STEPS) for n in table.sizes if n in target})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        curve = law.predict(chosen.X(path))
        bands = [end for kind in ("law", "run") for end in law.predict_interval(chosen.X(path), kind=kind)]
    with np.errstate(over="ignore"):
        bands[2:] = [curve * (end / curve) ** widening for end in bands[2:]]
    named = dict(zip(("law_low", "law_high", "run_low", "run_high"), bands, strict=True))
    line = pd.DataFrame({"kind": "law", "at": path[axis], "value": curve, **named})
    return pd.concat([runs, line, line.tail(1).assign(kind="target")], ignore_index=True).assign(
        axis=axis, law=chosen.name
    )


def draw_forecast(data: pd.DataFrame, response: str) -> Figure:
    """Runs, the law's curve with both 95 % bands, and the target with the interval of a new run."""
    runs, line, target = (data[data["kind"] == kind] for kind in ("run", "law", "target"))
    axis = data["axis"].iloc[0]
    with style.paper_style():
        figure, ax = plt.subplots(figsize=(7.6, 4.6), layout="constrained")
        finite = np.isfinite(line["run_high"]) & (line["run_low"] > 0)
        ax.fill_between(line["at"][finite], line["run_low"][finite], line["run_high"][finite], color=style.BLUE,
                        alpha=0.13, linewidth=0, label="one new run, 95 %")  # fmt: skip
        ax.fill_between(line["at"][finite], line["law_low"][finite], line["law_high"][finite], color=style.BLUE,
                        alpha=0.28, linewidth=0, label="law alone, 95 %")  # fmt: skip
        ax.plot(line["at"], line["value"], color=style.BLUE, label=data["law"].iloc[0])
        ax.scatter(runs["at"], runs["value"], color=style.INK, s=26, zorder=3, label="runs")
        one = target.iloc[0]
        ends = np.abs([[one["value"] - one["run_low"]], [one["run_high"] - one["value"]]])
        ax.errorbar([one["at"]], [one["value"]], yerr=np.where(np.isfinite(ends), ends, 0.0), color=style.ORANGE,
                    marker="*", markersize=12, capsize=4, zorder=4, linestyle="none", label="forecast")  # fmt: skip
        every = [*runs["value"], one["value"], *(e for e in (one["run_low"], one["run_high"]) if 0 < e < np.inf)]
        at = [*runs["at"], one["at"]]
        style.log_axes(ax, (min(at) / 1.3, max(at) * 1.3), (min(every) / 1.03, max(every) * 1.03))
        if axis == "flops":
            ax.xaxis.set_major_formatter(LogFormatterSciNotation())
        ax.set(
            xlabel=f"{AXES[axis]}, {SYMBOLS[axis]}", ylabel="Loss (nats per token)" if response == "loss" else "Error"
        )
        ax.legend(loc="lower left")
    return figure


def draw_rolling(held_out: pd.DataFrame, chosen: str) -> Figure:
    """Error of every rolling forecast of each law against how far it lies beyond the largest fitted run.

    held_out: as `forecast.rolling.rolling` gives it. The chosen law is drawn with the 95 % interval of a new run.
    """
    with style.paper_style():
        figure, ax = plt.subplots(figsize=(7.6, 3.8), layout="constrained")
        ax.axhline(0, color=style.GREY, linewidth=1)
        others = held_out[held_out["law"] != chosen]
        ax.scatter(others["distance"], 100 * (np.exp(others["log_error"]) - 1), s=14, color=style.GREY, alpha=0.6)
        own = held_out[held_out["law"] == chosen]
        if len(own):
            error = 100 * (np.exp(own["log_error"]) - 1)
            ends = [100 * (own[end] / own["predicted"] - 1) for end in ("q025", "q975")]
            ax.vlines(own["distance"], *ends, color=style.BLUE, alpha=0.4, linewidth=5)
            ax.scatter(own["distance"], error, s=30, color=style.BLUE, zorder=3)
        handles = [Line2D([], [], color=c, marker="o", linestyle="none", label=label) for c, label in (
            (style.BLUE, f"{chosen}, with its 95 % interval"), (style.GREY, "other laws"))]  # fmt: skip
        ax.legend(handles=handles, loc="best")
        ax.set(xlabel="Times beyond the largest fitted run", ylabel="Run against forecast, %")
    return figure


def calibration_data(table: pd.DataFrame, runs_95: pd.DataFrame) -> pd.DataFrame:
    """What `draw_calibration` draws: panel "level", coverage (`papers.calibration.calibration`), and "distance".

    runs_95: columns beyond, forecasts, coverage (`forecast.ledger.summary` by distance).
    """
    return pd.concat([table.assign(panel="level"), runs_95.assign(panel="distance")], ignore_index=True)


def draw_calibration(data: pd.DataFrame, size: str = style.SCREEN) -> Figure:
    """Nominal against actual coverage, and the 95 % interval by distance."""
    table, runs_95 = (data[data["panel"] == panel] for panel in ("level", "distance"))
    with style.paper_style(size):
        figure, (left, right) = plt.subplots(
            1, 2, figsize=style.inches(10, 4.6), layout="constrained", width_ratios=(1, 1.1)
        )
        left.plot([0, 1], [0, 1], color=style.GREY, linewidth=1, linestyle="--")
        kinds = [
            kind for kind in LOOKS if kind in set(table["kind"]) and (kind != "all" or table["kind"].nunique() > 2)
        ]
        for place, kind in enumerate(kinds):
            part = table[table["kind"] == kind]
            colour, marker = LOOKS[kind]
            ends = np.abs([part["coverage"] - part["low"], part["high"] - part["coverage"]])
            left.errorbar(part["nominal"] + 0.006 * place, part["coverage"], yerr=np.nan_to_num(ends), color=colour,
                          marker=marker, capsize=3, linewidth=1.2,
                          label=f"{kind}, {part['forecasts'].iloc[0]:,.0f}")  # fmt: skip
        left.set(xlabel="Nominal coverage", ylabel="Share of runs held", xlim=(0, 1), ylim=(0, 1.02), title="By level")
        left.legend(loc="upper left")
        right.bar(runs_95["beyond"].astype(str), runs_95["coverage"], color=style.BLUE, alpha=0.75, width=0.62)
        right.axhline(0.95, color=style.GREY, linestyle="--", linewidth=1)
        for place, row in enumerate(runs_95.itertuples()):
            text = f"{row.coverage:.2f}\nof {row.forecasts:.0f}"
            right.text(place, row.coverage + 0.01, text, ha="center", va="bottom", fontsize=9 * style.unit())
        right.set(xlabel="Beyond the largest fitted run", title="95 % interval by distance", ylim=(0, 1.15))
        right.set_yticks([0, 0.2, 0.4, 0.6, 0.8, 1.0])
    return figure
