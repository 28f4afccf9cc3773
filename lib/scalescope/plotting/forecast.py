"""Figures of forecasts: one table's forecast with its bands, and how often such intervals were right."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure
from matplotlib.ticker import LogFormatterSciNotation

from scalescope.forecast.candidates import Candidate
from scalescope.forecast.columns import SYMBOLS
from scalescope.forecast.forecast import Forecast
from scalescope.forecast.ledger import DISTANCE_NAMES
from scalescope.forecast.table import RunTable
from scalescope.laws import ScalingLaw
from scalescope.plotting import style
from scalescope.plotting.drawable import drawable

CAPTIONS = {
    "calibration": "How often the interval of a new run held it, against its nominal level. Replayed: runs of "
    "published tables, each forecast from the smaller runs of its series by the law that foretold the earlier ones "
    "best. Sealed: written down before the run. Bars: 95 % from drawing whole series. Right: the 95 % interval by how "
    "far the run lies beyond the largest fitted one."
}
LOOKS = {"replayed": (style.BLUE, "o"), "sealed": (style.ORANGE, "s")}
Y_LABELS = {"loss": "Loss (nats per token)", "error": "Error"}
AXES = {"flops": "Training compute (FLOP)", "parameters": "Parameters", "tokens": "Tokens"}
STEPS = 60
BANDS = ("law_low", "law_high", "run_low", "run_high")
LOW = 0.12  # a coverage whose bar has no room for its label


def forecast_data(found: Forecast) -> pd.DataFrame:
    """The chosen law of a forecast as `law_data`, its band of a new run as wide as the forecast's."""
    if not isinstance(found, Forecast):
        raise ValueError(f"a forecast is drawn, as `forecast` gives it; got {found!r:.80}")
    chosen = found.candidates[found.choice.law]
    return law_data(found.table, chosen, found.law, found.target, float(found.prediction["widening"]))


def law_data(
    table: RunTable, chosen: Candidate, law: ScalingLaw, target: dict[str, float], widening: float = 1.0
) -> pd.DataFrame:
    """Runs ("run"), curve and bands of a fitted law along a path to the target ("law"), the target ("target").

    Columns: kind, at (the law's only size, else FLOPs), value, law_low, law_high, run_low, run_high, axis, law,
    response. A law in N and D is drawn along the line, in logarithms, from the smallest run to the target. widening: of
    the band of a new run, in ln y.
    """
    if not isinstance(table, RunTable) or not isinstance(chosen, Candidate):
        raise ValueError(f"a table of runs and one of its candidates are drawn; got {table!r:.80} and {chosen!r:.80}")
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
    named = dict(zip(BANDS, bands, strict=True))
    line = pd.DataFrame({"kind": "law", "at": path[axis], "value": curve, **named})
    return pd.concat([runs, line, line.tail(1).assign(kind="target")], ignore_index=True).assign(
        axis=axis, law=chosen.name, response=table.response
    )


def draw_forecast(data: pd.DataFrame, size: str = style.SCREEN) -> Figure:
    """Runs, the law's curve with both 95 % bands, and the target with the interval of a new run; data: `law_data`."""
    drawable(data, ("kind", "at", "value", *BANDS, "axis", "law", "response"), "law_data")
    runs, line, target = (data[data["kind"] == kind] for kind in ("run", "law", "target"))
    axis, one = data["axis"].iloc[0], target.iloc[0]
    with style.paper_style(size):
        unit = style.unit()
        figure, ax = style.subplots(wide=1, high=0.62)
        finite = line[np.isfinite(line["run_high"]) & (line["run_low"] > 0)]
        for name, alpha, label in (("run", 0.13, "one new run, 95 %"), ("law", 0.28, "law alone, 95 %")):
            look = {"color": style.BLUE, "alpha": alpha, "linewidth": 0, "label": label}
            ax.fill_between(finite["at"], finite[f"{name}_low"], finite[f"{name}_high"], **look)
        ax.plot(line["at"], line["value"], color=style.BLUE, label=data["law"].iloc[0])
        ax.plot(runs["at"], runs["value"], "o", color=style.INK, markersize=5 * unit, zorder=3, label="runs")
        ends = np.abs([[one["value"] - one["run_low"]], [one["run_high"] - one["value"]]])
        ends = np.where(np.isfinite(ends), ends, 0.0)
        look = {"color": style.ORANGE, "marker": "*", "markersize": 12 * unit, "capsize": 4 * unit, "zorder": 4}
        ax.errorbar([one["at"]], [one["value"]], yerr=ends, linestyle="none", label="forecast", **look)
        every = [*runs["value"], one["value"], *(e for e in (one["run_low"], one["run_high"]) if 0 < e < np.inf)]
        at = [*runs["at"], one["at"]]
        style.log_axes(ax, (min(at) / 1.3, max(at) * 1.3), (min(every) / 1.03, max(every) * 1.03))
        if axis == "flops":
            ax.xaxis.set_major_formatter(LogFormatterSciNotation())
        ax.set(xlabel=f"{AXES[axis]}, {SYMBOLS[axis]}", ylabel=Y_LABELS[data["response"].iloc[0]])
        ax.legend(loc="lower left")
    return figure


def draw_rolling(held_out: pd.DataFrame, chosen: str, size: str = style.SCREEN) -> Figure:
    """Error of every rolling forecast of each law against how far it lies beyond the largest fitted run.

    held_out: as `forecast.rolling.rolling` gives it. The chosen law is drawn with the 95 % interval of a new run.
    """
    needed = ("law", "distance", "log_error", "predicted", "q025", "q975")
    drawable(held_out, needed, "forecast.rolling.rolling", empty=True)
    own, others = (held_out[(held_out["law"] == chosen) == which] for which in (True, False))
    with style.paper_style(size):
        unit = style.unit()
        figure, ax = style.subplots(wide=1, high=0.5)
        ax.axhline(0, color=style.GREY, linewidth=unit)
        looks = ((others, style.GREY, 4, "other laws"), (own, style.BLUE, 6, f"{chosen}, with its 95 % interval"))
        for part, colour, points, label in looks:
            error = 100 * (np.exp(part["log_error"]) - 1)
            ax.plot(part["distance"], error, "o", color=colour, markersize=points * unit, label=label)
        ends = [100 * (own[end] / own["predicted"] - 1) for end in ("q025", "q975")]
        ax.vlines(own["distance"], *ends, color=style.BLUE, alpha=0.4, linewidth=5 * unit)
        ax.legend(loc="best")
        ax.set(xlabel="Times beyond the largest fitted run", ylabel="Run against forecast, %")
    return figure


def calibration_data(levels: pd.DataFrame, distances: pd.DataFrame) -> pd.DataFrame:
    """Coverage by nominal level ("level") and of the 95 % interval by distance ("distance") in one table.

    levels: `papers.calibration.calibration`, whose "all" is left out, since it mixes two questions; distances: columns
    kind, beyond, forecasts, coverage. Columns: part, kind, nominal, beyond, forecasts, coverage, low, high.
    """
    drawable(levels, ("kind", "nominal", "forecasts", "coverage", "low", "high"), "papers.calibration.calibration")
    drawable(distances, ("kind", "beyond", "forecasts", "coverage"), "forecast.ledger.summary")
    far = distances.assign(part="distance", nominal=0.95, beyond=distances["beyond"].astype(str))
    names = ["part", "kind", "nominal", "beyond", "forecasts", "coverage", "low", "high"]
    apart = levels[levels["kind"] != "all"].assign(part="level")
    return pd.concat([apart, far], ignore_index=True).reindex(columns=names)


def draw_calibration(data: pd.DataFrame, size: str = style.SCREEN) -> Figure:
    """Nominal against actual coverage, and the 95 % interval by distance; data: `calibration_data`."""
    drawable(data, ("part", "kind", "nominal", "beyond", "forecasts", "coverage", "low", "high"), "calibration_data")
    levels, far = (data[data["part"] == part] for part in ("level", "distance"))
    with style.paper_style(size):
        unit = style.unit()
        figure, (left, right) = style.subplots(1, 2, high=0.46, width_ratios=(1, 1.1))
        left.plot([0, 1], [0, 1], color=style.GREY, linewidth=unit, linestyle="--")
        kinds = [kind for kind in LOOKS if kind in set(levels["kind"])]
        for place, kind in enumerate(kinds):
            part, (colour, marker) = levels[levels["kind"] == kind], LOOKS[kind]
            ends = np.nan_to_num(np.abs([part["coverage"] - part["low"], part["high"] - part["coverage"]]))
            look = {"color": colour, "marker": marker, "capsize": 3 * unit, "linewidth": 1.2 * unit}
            name = f"{kind}, {part['forecasts'].iloc[0]:,.0f}"
            left.errorbar(part["nominal"] + 0.006 * place, part["coverage"], yerr=ends, label=name, **look)
        left.set(xlabel="Nominal coverage", ylabel="Share of runs held", xlim=(0, 1), ylim=(0, 1.02), title="By level")
        left.legend(loc="upper left")
        colours = {kind: LOOKS[kind][0] for kind in kinds}
        order = [name for name in DISTANCE_NAMES if name in set(far["beyond"])]
        look = {"order": order, "hue_order": kinds, "palette": colours, "saturation": 1, "legend": False}
        sns.barplot(far, x="beyond", y="coverage", hue="kind", ax=right, **look)
        right.axhline(0.95, color=style.GREY, linestyle="--", linewidth=unit)
        for kind, bars in zip(kinds, right.containers, strict=True):
            rows = list(far[far["kind"] == kind].itertuples())
            counts = [f"{row.coverage:.2f}\nof {row.forecasts:,.0f}" for row in rows]
            for place, colour, own in (("center", "white", True), ("edge", colours[kind], False)):
                labels = [text if (row.coverage > LOW) == own else "" for text, row in zip(counts, rows, strict=True)]
                right.bar_label(bars, labels, label_type=place, color=colour, weight="bold", fontsize=8 * unit)
        right.set(xlabel="Beyond the largest fitted run", ylabel="", title="95 % interval by distance", ylim=(0, 1.15))
        right.set_yticks([0, 0.2, 0.4, 0.6, 0.8, 1.0])
    return figure
