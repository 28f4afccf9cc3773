"""Figures of forecasts: one table's forecast with its bands, and how often such intervals were right."""

from __future__ import annotations

import warnings

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from scalescope.forecast.columns import SYMBOLS
from scalescope.forecast.forecast import Forecast
from scalescope.forecast.target import frame_of
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
    """Runs ("run"), curve and bands of the chosen law along a path to the target ("law"), the target ("target").

    Columns: kind, at (FLOPs, or the only size), value, law_low, law_high, run_low, run_high. A law in N and D is drawn
    along the line, in logarithms, from the smallest run to the target.
    """
    table, one = found.table, found.prediction
    axis = _axis(found)
    runs = pd.DataFrame({"kind": "run", "at": table.frame[axis].to_numpy(), "value": table.y})
    low, high = table.frame.loc[table.frame[axis].idxmin()], found.target
    names = [name for name in table.sizes if name in high]
    path = pd.DataFrame({name: np.geomspace(low[name], high[name], STEPS) for name in names})
    chosen = found.candidates[found.choice.law]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        curve = found.law.predict(chosen.X(path))
        law, run = (found.law.predict_interval(chosen.X(path), kind=kind) for kind in ("law", "run"))
    with np.errstate(over="ignore"):
        wide = [curve * (end / curve) ** one["widening"] for end in run]
    line = pd.DataFrame({"kind": "law", "at": path[axis], "value": curve, "law_low": law[0], "law_high": law[1],
                         "run_low": wide[0], "run_high": wide[1]})  # fmt: skip
    target = pd.DataFrame([{"kind": "target", "at": float(frame_of(high)[axis][0]), "value": one["mean"], **{
        name: one[name] for name in ("law_low", "law_high", "run_low", "run_high")}}])  # fmt: skip
    return pd.concat([runs, line, target], ignore_index=True).assign(axis=axis, law=found.choice.law)


def _axis(found: Forecast) -> str:
    """What is drawn on the x axis: the law's only size, else FLOPs."""
    inputs = found.candidates[found.choice.law].inputs
    return inputs[0] if len(inputs) == 1 else "flops"


def draw_forecast(data: pd.DataFrame, response: str) -> Figure:
    """Runs, the law's curve with both 95 % bands, and the target with the interval of a new run."""
    runs, line, target = (data[data["kind"] == kind] for kind in ("run", "law", "target"))
    axis = data["axis"].iloc[0]
    with style.house():
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
        ax.set(
            xlabel=f"{AXES[axis]}, {SYMBOLS[axis]}", ylabel="Loss (nats per token)" if response == "loss" else "Error"
        )
        ax.legend(loc="lower left")
    return figure


def draw_calibration(table: pd.DataFrame, runs_95: pd.DataFrame) -> Figure:
    """Nominal against actual coverage (`studies.calibration.calibration`), and the 95 % interval by distance.

    runs_95: columns beyond, forecasts, coverage (`forecast.ledger.summary` by distance).
    """
    with style.house():
        figure, (left, right) = plt.subplots(1, 2, figsize=(10, 4.6), layout="constrained", width_ratios=(1, 1.1))
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
                          label=f"{kind}, {part['forecasts'].iloc[0]:,}")  # fmt: skip
        left.set(xlabel="Nominal coverage", ylabel="Share of runs held", xlim=(0, 1), ylim=(0, 1.02), title="By level")
        left.legend(loc="upper left")
        right.bar(runs_95["beyond"].astype(str), runs_95["coverage"], color=style.BLUE, alpha=0.75, width=0.62)
        right.axhline(0.95, color=style.GREY, linestyle="--", linewidth=1)
        for place, row in enumerate(runs_95.itertuples()):
            right.text(place, row.coverage + 0.01, f"{row.coverage:.2f}\nof {row.forecasts}", ha="center", va="bottom",
                       fontsize=9)  # fmt: skip
        right.set(xlabel="Beyond the largest fitted run", title="95 % interval by distance", ylim=(0, 1.15))
        right.set_yticks([0, 0.2, 0.4, 0.6, 0.8, 1.0])
    return figure
