"""How biased the IsoFLOP approaches are: simulated studies of a known law, fitted by approaches 1, 2 and directly."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from scalescope.laws import ChinchillaLaw
from scalescope.laws.isoflop import Optima, approach_1, approach_2

BUDGETS = (6e18, 1e19, 3e19, 6e19, 1e20, 3e20, 6e20, 1e21, 3e21)  # FLOP, those of Hoffmann 2022, figure 3
FAR = 1e25  # FLOP, where the optima are extrapolated to
SIZES = 11  # tried per budget
LADDER = 24  # sizes of the loss curves of approach 1
CHECKPOINTS = 40  # of each loss curve
MARGIN = 8.0  # factor by which these sizes reach beyond the optima of the smallest and the largest budget
FIRST, SECOND, DIRECT = "approach 1, loss curves", "approach 2, parabolas", "direct fit of the law"


@dataclass(frozen=True)
class Design:
    """Sizes per budget: a factor `reach` each way about the optimum times `shift`, which drifts by `drift` in all."""

    name: str
    reach: float
    shift: float = 1.0
    drift: float = 1.0  # factor, from the smallest to the largest budget


DESIGNS = (
    Design("centred, factor 3 each way", 3.0),
    Design("centred, factor 16 each way", 16.0),
    Design("off centre by a factor 2, factor 6 each way", 6.0, shift=2.0),
    Design("centre drifts by a factor 4, factor 6 each way", 6.0, drift=4.0),
)


def optimum(law: Mapping[str, float], flops: np.ndarray) -> np.ndarray:
    """Compute-optimal parameters at C = 6 N D, Hoffmann 2022, eq. 4."""
    alpha, beta = law["alpha"], law["beta"]
    g = (alpha * law["A"] / (beta * law["B"])) ** (1 / (alpha + beta))
    return g * (np.asarray(flops) / 6) ** (beta / (alpha + beta))


def loss_of(law: Mapping[str, float], parameters: np.ndarray, tokens: np.ndarray) -> np.ndarray:
    """L = E + A N^-alpha + B D^-beta."""
    return law["E"] + law["A"] * parameters ** -law["alpha"] + law["B"] * tokens ** -law["beta"]


def profiles(law: Mapping[str, float], design: Design) -> pd.DataFrame:
    """The runs of a design without noise, one row each: flops (the budget), parameters, tokens, loss."""
    steps = np.linspace(-1, 1, SIZES)
    places = np.linspace(-0.5, 0.5, len(BUDGETS))
    tables = []
    for budget, place in zip(BUDGETS, places, strict=True):
        sizes = optimum(law, budget) * design.shift * design.drift**place * design.reach**steps
        tables.append(pd.DataFrame({"flops": budget, "parameters": sizes, "tokens": budget / (6 * sizes)}))
    table = pd.concat(tables, ignore_index=True)
    return table.assign(loss=loss_of(law, table["parameters"].to_numpy(), table["tokens"].to_numpy()))


def curves(law: Mapping[str, float]) -> pd.DataFrame:
    """Loss curves without noise of a ladder of sizes, each checkpoint as good as a run of its length."""
    ends = optimum(law, np.array([BUDGETS[0], BUDGETS[-1]]))
    sizes = np.geomspace(ends[0] / MARGIN, ends[1] * MARGIN, LADDER)
    budgets = np.geomspace(BUDGETS[0], BUDGETS[-1], CHECKPOINTS)
    flops, parameters = (part.ravel() for part in np.meshgrid(budgets, sizes))
    tokens = flops / (6 * parameters)
    loss = loss_of(law, parameters, tokens)
    return pd.DataFrame({"flops": flops, "parameters": parameters, "tokens": tokens, "loss": loss})


def bias(
    laws: Mapping[str, Mapping[str, float]], noise: float = 0.003, replicates: int = 30, random_state: int = 0
) -> pd.DataFrame:
    """One row per truth, design, noise and approach: the exponent of N against C, and N at 1e25 FLOP over the true one.

    Without noise (`noise` 0, one study) what is left is the bias of the approach itself; with noise, normal in ln L
    with that standard deviation, `replicates` studies give mean and standard deviation. The direct fit sees the runs
    of approach 2. `failed`: studies without a frontier.
    """
    rng = np.random.default_rng(random_state)
    rows = []
    for truth, law in laws.items():
        exact = law["beta"] / (law["alpha"] + law["beta"])
        for spread, count in ((0.0, 1), (noise, replicates)):
            for design, approach, found in _studies(law, spread, count, rng):
                about = {"truth": truth, "design": design, "noise": spread, "approach": approach, "exact": exact}
                rows.append(about | _summary(found, exact, float(optimum(law, FAR))))
    return pd.DataFrame(rows)


def _studies(law, noise: float, count: int, rng) -> Iterator[tuple[str, str, list[tuple[float, float]]]]:
    """Design, approach and (exponent, N at FAR) of each study."""
    table = curves(law)
    yield "loss curves", FIRST, [_frontier(approach_1, table, y) for y in _noisy(table, noise, count, rng)]
    for design in DESIGNS:
        table = profiles(law, design)
        losses = _noisy(table, noise, count, rng)
        yield design.name, SECOND, [_frontier(approach_2, table, y) for y in losses]
        yield design.name, DIRECT, _direct(table, losses)


def _noisy(table: pd.DataFrame, noise: float, count: int, rng: np.random.Generator) -> np.ndarray:
    return table["loss"].to_numpy() * np.exp(noise * rng.normal(size=(count, len(table))))


def _frontier(approach: Callable[..., Optima], table: pd.DataFrame, loss: np.ndarray) -> tuple[float, float]:
    """Exponent and N at FAR that an approach finds; NaN without two budgets."""
    optima = approach(table["flops"], table["parameters"], table["tokens"], loss)
    if len(np.unique(optima.flops)) < 2:
        return np.nan, np.nan
    line = optima.frontier()
    return line.a, float(line.parameters([FAR])[0])


def _direct(table: pd.DataFrame, losses: np.ndarray) -> list[tuple[float, float]]:
    """The law fitted to ln L by least squares, which suits normal noise."""
    fitted = ChinchillaLaw(loss="log_squares", n_boot=0).fit_each(table[["parameters", "tokens"]], losses)
    return [
        (law.params_["beta"] / (law.params_["alpha"] + law.params_["beta"]), float(optimum(law.params_, FAR)))
        for law in fitted
    ]


def _summary(found: list[tuple[float, float]], exact: float, far: float) -> dict[str, float]:
    a, n = np.array(found).T
    known = np.isfinite(a)
    ratio = np.log(n[known] / far)
    return {
        "studies": len(a),
        "failed": int((~known).sum()),
        "a": a[known].mean(),
        "bias": a[known].mean() - exact,
        "sd": a[known].std(ddof=1) if known.sum() > 1 else np.nan,
        "far_ratio": np.exp(np.median(ratio)),
        "far_low": np.exp(np.percentile(ratio, 10)),
        "far_high": np.exp(np.percentile(ratio, 90)),
    }
