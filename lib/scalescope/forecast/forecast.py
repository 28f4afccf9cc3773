"""The forecast of one run from a table of smaller ones."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd

from scalescope.forecast.candidates import Candidate, candidates
from scalescope.forecast.choose import Choice, choose
from scalescope.forecast.columns import BadTable
from scalescope.forecast.facts import flops_counted, inputs_of, measured, names_of
from scalescope.forecast.next_run import next_runs
from scalescope.forecast.quantiles import COLUMNS, quantiles, widened
from scalescope.forecast.rolling import compared, own_widening, quiet_fit, rolling
from scalescope.forecast.table import RunTable
from scalescope.forecast.target import (
    checked,
    completed,
    default_target,
    doubt_of_compute,
    doubts_of,
    frame_of,
    known_sizes,
    of_compute,
    per_pair,
)
from scalescope.laws import ComputeExponents, ComputeOptimal, FitCard, ScalingLaw
from scalescope.laws.inputs import amount, replicate_count
from scalescope.number_text import significant

OPTIMUM = ("chinchilla", "overtraining")
MOST_DRAWN = 100_000_000  # runs times replicates: 0.8 GB of weights
FEWEST_BOOTS = 20  # replicates, for percentiles of any use


@dataclass(frozen=True)
class Forecast:
    """What is known about a run that was not made.

    target: its sizes. predictions: one row per law (mean, interval of the law, interval of a new run at 95 %, factor of
    extrapolation, and the factor by which the second is wider than the law's own since earlier forecasts missed by more
    than it allowed), the chosen one first. held_out: every rolling forecast; comparison: its summary per law. optimum,
    exponents: compute-optimal N and D for the target's FLOPs and their growth, None where no law in N and D fits.
    next_runs: the runs worth paying for. notes: what was assumed or looks wrong.
    """

    table: RunTable
    target: dict[str, float]
    choice: Choice
    predictions: pd.DataFrame
    comparison: pd.DataFrame
    held_out: pd.DataFrame = field(repr=False)
    left_out: dict[str, str]
    laws: dict[str, ScalingLaw] = field(repr=False)
    candidates: dict[str, Candidate] = field(repr=False)
    optimum: ComputeOptimal | None
    exponents: ComputeExponents | None
    optimum_law: str
    next_runs: pd.DataFrame
    notes: tuple[str, ...]

    @property
    def law(self) -> ScalingLaw:
        """The chosen law, fitted to all runs."""
        return self.laws[self.choice.law]

    @property
    def prediction(self) -> pd.Series:
        """The row of the chosen law."""
        return self.predictions.iloc[0]

    @property
    def quantiles(self) -> dict[str, float]:
        """Quantiles of the new run under the chosen law, by the names of `quantiles.COLUMNS`."""
        return self.quantiles_of(self.choice.law)

    def quantiles_of(self, law: str) -> dict[str, float]:
        """The same under one of `predictions`."""
        raw = quantiles(self.laws[law], self.candidates[law].X(frame_of(self.target)))
        factor = float(self.predictions.set_index("law").loc[law, "widening"])
        return dict(zip(COLUMNS, map(float, widened(raw, factor)[0]), strict=True))

    @property
    def card(self) -> FitCard:
        """The fit card of the chosen law."""
        chosen, table = self.candidates[self.choice.law], self.table
        rows = self.comparison[self.comparison["law"] == self.choice.law]
        held_out = None
        if len(rows):
            row = rows.iloc[0]
            held_out = {
                "log-RMSE of rolling forecasts": float(row["log_rmse"]),
                "runs": int(row["forecasts"]),
                "share in the 95 % interval of a new run": float(row["coverage"]),
            }
        tokens = table.frame.get("tokens")
        said = None if tokens is None else f"{significant(tokens.min())} to {significant(tokens.max())} per run"
        gaps = [note for note in table.notes if "left out" in note]
        card = self.law.card(
            title=f"Fit card: {self.choice.law}, {table.response}",
            tokens=said,
            held_out=held_out,
            left_out=gaps[0] if gaps else None,
            seeds=self.law.seeds_ or f"one run per size, {len(table.frame)} sizes",
            target=chosen.X(frame_of(self.target)),
            study={"measured": measured(table)} | flops_counted(table),
        )
        told = {"inputs": inputs_of(table, chosen.inputs), "lack_of_fit": self.lack_of_fit}
        return replace(card, facts={**card.facts, **told})

    @property
    def lack_of_fit(self) -> str:
        """What the chosen law leaves unexplained, outlying runs by their names; says where it could not be tested."""
        return self.law.lack_.text(names_of(self.table.frame))

    def _repr_markdown_(self) -> str:
        from scalescope.forecast.show import markdown

        return markdown(self)

    def __str__(self) -> str:
        from scalescope.forecast.show import text

        return text(self)


def forecast(
    table: RunTable,
    law: str = "",
    target: dict[str, float] | None = None,
    compute: float | None = None,
    n_boot: int = 1000,
    random_state: int = 0,
) -> Forecast:
    """Fit the laws that a table allows, compare them on held-out larger runs, and forecast the target.

    law: a law or family to use ("chinchilla", "power-N", "power"), "all" for those too that are slow to fit; all quick
    ones by default. target: sizes of the run asked for; compute: its FLOPs, split as is optimal. By default ten times
    the largest run. Raises UnknownName for another law, ValueError where the law asked for cannot be fitted, BadTable
    for a target that the table says nothing of.
    """
    _possible(table, target, compute, n_boot)
    target = None if target is None else completed(checked(target, table), table)
    compute = None if compute is None else amount(compute, "compute")
    possible, left_out = candidates(table, law)
    fitted = {c.name: quiet_fit(c, table.frame, table.response, n_boot, random_state) for c in possible}
    held_out = rolling(table.frame, table.response, possible, min(n_boot, 200))
    comparison = compared(held_out)
    optimum_law = _with_optimum(table, possible, fitted, comparison)
    place, note = _target(table, target, compute, fitted.get(optimum_law), optimum_law)
    lacking = {c.name: [size for size in c.inputs if size not in place] for c in possible}
    left_out |= {name: f"the target has no {' and '.join(sizes)}" for name, sizes in lacking.items() if sizes}
    by_name = {c.name: c for c in possible if not lacking[c.name]}
    if not by_name:
        raise ValueError(f"no law can say anything of the target: {'; '.join(left_out.values())}")
    chosen = choose(comparison[comparison["law"].isin(list(by_name))], list(by_name.values()), law)
    doubts = [f"the target {doubt.removesuffix('.')}" for doubt in doubts_of(target or {}, table)]
    if compute is not None and (doubt := doubt_of_compute(compute, table)):
        doubts.append(f"the budget {doubt.removesuffix('.')}")
    said = [*doubts, *table.notes, note, *_told_of(chosen.law, fitted[chosen.law])]
    optimum, exponents = _optimum(table, fitted.get(optimum_law), place)
    if optimum is not None and optimum_law == "overtraining":
        said.append("overtraining has one exponent for N and D: both grow as the root of C by the form of the law")
    return Forecast(
        table=table,
        target=place,
        choice=chosen,
        comparison=comparison,
        held_out=held_out,
        left_out=left_out,
        predictions=_predictions(fitted, by_name, place, _order(chosen.law, comparison, by_name), held_out),
        laws=fitted,
        candidates=by_name,
        optimum=optimum,
        exponents=exponents,
        optimum_law=optimum_law if optimum else "",
        next_runs=next_runs(table, by_name[chosen.law], fitted[chosen.law], place),
        notes=tuple(dict.fromkeys(filter(None, said))),
    )


def _possible(table: RunTable, target: Any, compute: Any, n_boot: int) -> None:
    """Raise ValueError for what no forecast can be made of, and for more replicates than memory holds."""
    if not isinstance(table, RunTable):
        raise BadTable(f"forecast takes a table that run_table or read_runs gives; got {table!r:.80}")
    replicate_count(n_boot, FEWEST_BOOTS)
    count = len(table.frame)
    if count * n_boot > MOST_DRAWN:
        raise BadTable(
            f"{count:,} runs with {n_boot:,} bootstrap samples take {8e-9 * count * n_boot:.0f} GB for each law: give "
            f"at most {max(MOST_DRAWN // count, FEWEST_BOOTS):,} samples (--n-boot), or a row per run (the last one)"
        )
    if target is not None and compute is not None:
        raise ValueError("give a target or a budget of compute, not both")


def _told_of(name: str, law: ScalingLaw) -> list[str]:
    """What a law says of its fit but for its lack of fit, which is told by the names of the runs."""
    return [f"{name}: {message}" for message in law.messages_ if message not in law.lack_of_fit_]


def _target(table: RunTable, target, compute, law: ScalingLaw | None, name: str) -> tuple[dict[str, float], str]:
    if target is not None:
        return target, known_sizes(target, table)
    return default_target(table) if compute is None else of_compute(compute, table, law, name)


def _with_optimum(table: RunTable, possible, fitted: dict[str, ScalingLaw], comparison: pd.DataFrame) -> str:
    """Of the laws in N and D whose parameters the runs determine, the one with the smallest held-out error."""
    if table.response != "loss":
        return ""
    sound = []
    for name in (c.name for c in possible if c.family in OPTIMUM):
        law = fitted[name]
        powers = [float(part[0]) for part in law.powers({k: np.array([v]) for k, v in law.params_.items()})]
        if all(0 < value < np.inf for value in powers) and not law.diagnostics_["unidentified"]:
            sound.append(name)
    ranked = [name for name in comparison["law"] if name in sound]
    return next(iter([*ranked, *sound]), "")


def _optimum(table: RunTable, law: ScalingLaw | None, place: dict[str, float]):
    if law is None or "flops" not in place:
        return None, None
    return law.compute_optimal(place["flops"], flops_per_token=per_pair(table)), law.compute_exponents()


def _order(first: str, comparison: pd.DataFrame, by_name: dict[str, Candidate]) -> list[str]:
    """The chosen law, then the others by their held-out error, then those without."""
    ranked = [name for name in comparison["law"] if name in by_name]
    return list(dict.fromkeys([first, *ranked, *by_name]))


def _predictions(fitted: dict[str, ScalingLaw], by_name: dict[str, Candidate], place, order, held_out) -> pd.DataFrame:
    rows = []
    for name in order:
        law, X = fitted[name], by_name[name].X(frame_of(place))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            (mean,), ends = law.predict(X), [law.predict_interval(X, kind=kind) for kind in ("law", "run")]
        (law_low, law_high), (run_low, run_high) = [(float(low[0]), float(high[0])) for low, high in ends]
        factor = own_widening(held_out, name)
        with np.errstate(over="ignore"):
            run_low, run_high = (float(mean * (end / mean) ** factor) for end in (run_low, run_high))
        rows.append(
            {
                "law": name,
                "mean": float(mean),
                "law_low": law_low,
                "law_high": law_high,
                "run_low": run_low,
                "run_high": run_high,
                "widening": factor,
                "extrapolation": float(law.extrapolation(X)[0]),
            }
        )
    return pd.DataFrame(rows)


def as_dict(found: Forecast) -> dict[str, Any]:
    """Everything as plain numbers, text, lists and dicts, ready for JSON; what is not finite is None."""
    record = {
        "response": found.table.response,
        "columns": found.table.names,
        "runs": len(found.table.frame),
        "sha256": found.table.digest,
        "target": found.target,
        "law": found.choice.law,
        "reason": found.choice.reason,
        "predictions": found.predictions.to_dict("records"),
        "comparison": found.comparison.to_dict("records"),
        "left_out": found.left_out,
        "quantiles": found.quantiles,
        "compute_optimal": _optimal_dict(found),
        "next_runs": found.next_runs.to_dict("records"),
        "held_out": found.held_out.drop(columns=list(COLUMNS[1:-1])).to_dict("records"),
        "lack_of_fit": found.lack_of_fit,
        "notes": list(found.notes),
        "card": found.card.as_dict(),
    }
    return _finite(record)


def _optimal_dict(found: Forecast) -> dict[str, Any] | None:
    if found.optimum is None:
        return None
    best, grown = found.optimum, found.exponents
    values = {name: getattr(best, name) for name in ("parameters", "tokens", "tokens_per_parameter", "loss")}
    values |= {"exponent_parameters": grown.parameters, "exponent_tokens": grown.tokens}
    return {"law": found.optimum_law, "flops": found.target["flops"]} | {
        name: {"value": float(value), "low": value.low, "high": value.high} for name, value in values.items()
    }


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _finite(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(inner) for inner in value]
    if isinstance(value, float | np.floating):
        return float(value) if np.isfinite(value) else None
    return value.item() if isinstance(value, np.generic) else value
