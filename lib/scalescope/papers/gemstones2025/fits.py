"""McLeish et al. (2025): laws in parameters and tokens, and in width and depth too, and approach 1 of Hoffmann 2022.

Source: "Gemstones: a model suite for multi-faceted scaling laws", arXiv:2502.06857, whose fits minimise the Huber loss
of ln L, summed, with delta 1e-4 or 1e-3. Tables are tidy (`tables.COLUMNS["gemstones2025"]`).
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product

import numpy as np
import pandas as pd
from scipy.optimize import minimize

from scalescope.laws import ChinchillaLaw, WidthDepthLaw
from scalescope.laws.curve import CurveLaw
from scalescope.laws.fit.losses import huber
from scalescope.laws.isoflop import Optima, lower_hull
from scalescope.papers.gemstones2025.data import SELECTIONS

SIZE, SHAPE = "N, D", "width, depth, N, D"
LAWS: dict[str, type[CurveLaw]] = {SIZE: ChinchillaLaw, SHAPE: WidthDepthLaw}
DELTAS = (1e-3, 1e-4)
# coefficient and exponent of each term, in the order of the authors' files, and the input that they belong to
TERMS = {
    SIZE: (("A", "alpha", "parameters"), ("B", "beta", "tokens")),
    SHAPE: (
        ("A_w", "alpha_w", "width"),
        ("A_l", "alpha_l", "depth"),
        ("A", "alpha", "parameters"),
        ("B", "beta", "tokens"),
    ),
}
# starts of the authors' grid: exponents, ln of the coefficients, ln E
GRID = (*[np.arange(0, 2.5, 0.5)] * 2, *[np.arange(0, 30, 5)] * 2, np.arange(-1, 1.5, 0.5))
EVERY = 400  # of these 4,500 starts is rerun here
VOCABULARY, LENGTH, HEAD = 50304, 2048, 128  # tokens, tokens per row, width of a head
QUERIES_PER_KEY = 2


def selected(table: pd.DataFrame, selection: str) -> pd.DataFrame:
    """The rows of one of SELECTIONS."""
    return table[table["selection"] == selection].reset_index(drop=True)


def fit(table: pd.DataFrame, selection: str, law: str, delta: float) -> CurveLaw:
    """One of LAWS at the optimum of the summed Huber loss of ln L on one of SELECTIONS."""
    points = selected(table, selection)
    made = LAWS[law](loss="log_huber", delta=delta, n_boot=0, warn_beyond=None)
    return made.fit(points[list(made.inputs)], points["loss"])


def fits(table: pd.DataFrame) -> pd.DataFrame:
    """One row per selection, law, delta and symbol: its value at the optimum, ln of coefficients; and the objective.

    `agreeing` of `polished` starts of the search ended there.
    """
    rows = []
    for selection, law, delta in product(SELECTIONS, LAWS, DELTAS):
        fitted = fit(table, selection, law, delta)
        search = (fitted.optimum_.agreeing, fitted.optimum_.polished)
        found = symbols(fitted.params_, law) | {"objective": fitted.objective_}
        rows += [(selection, law, delta, fitted.n_points_, name, value, *search) for name, value in found.items()]
    names = ["selection", "law", "delta", "points", "symbol", "value", "agreeing", "polished"]
    return pd.DataFrame(rows, columns=names)


def symbols(params: Mapping[str, float], law: str) -> dict[str, float]:
    """Exponents and logarithms of the coefficients of a law, by the names of the comparison ("ln A")."""
    exponents = {exponent: params[exponent] for _, exponent, _ in TERMS[law]}
    logs = {f"ln {name}": float(np.log(params[name])) for name in (*(term[0] for term in TERMS[law]), "E")}
    return exponents | logs


def objective(table: pd.DataFrame, selection: str, law: str, delta: float, found: Mapping[str, float]) -> float:
    """Summed Huber loss of ln L at the given `symbols`, whoever found them."""
    points = selected(table, selection)
    total = np.exp(found["ln E"]) + sum(
        np.exp(found[f"ln {name}"]) * points[column].to_numpy(float) ** -found[exponent]
        for name, exponent, column in TERMS[law]
    )
    return float(huber(np.log(total / points["loss"].to_numpy()), delta).sum())


def stops(table: pd.DataFrame, selection: str = "hot_100b+", delta: float = 1e-3, every: int = EVERY) -> pd.DataFrame:
    """Where L-BFGS-B with its defaults stops from every so many starts of the authors' grid, one row per start.

    Columns: start, alpha, beta, objective, above (relative height over the optimum), success. The objective is far
    below one, where the relative tolerance of L-BFGS-B is an absolute one, 2.2e-9.
    """
    points = selected(table, selection)
    logs = np.log(points[["parameters", "tokens"]].to_numpy(float)).T
    y = np.log(points["loss"].to_numpy())

    def value(theta: np.ndarray) -> float:
        terms = np.array([theta[2] - theta[0] * logs[0], theta[3] - theta[1] * logs[1], np.full(len(y), theta[4])])
        return float(huber(y - np.logaddexp.reduce(terms), delta).sum())

    lowest = fit(table, selection, SIZE, delta).objective_
    rows = []
    for number, start in list(enumerate(product(*GRID)))[::every]:
        end = minimize(value, np.array(start, dtype=float), method="L-BFGS-B")
        rows.append(
            {
                "start": number,
                "alpha": end.x[0],
                "beta": end.x[1],
                "objective": end.fun,
                "above": end.fun / lowest - 1,
                "success": end.success,
            }
        )
    return pd.DataFrame(rows, columns=["start", "alpha", "beta", "objective", "above", "success"])


def flops_per_token(width: np.ndarray, depth: np.ndarray) -> np.ndarray:
    """FLOPs of forward and backward pass per token [n] as the authors count them.

    Beside the matrix products it counts rotary embeddings, softmax, normalisation and activation, and recomputes the
    attention scores in the backward pass; the lookup of embeddings is free.
    """
    width, depth = np.asarray(width, dtype=float), np.asarray(depth, dtype=float)
    queries = width / HEAD
    both = 2 * queries / QUERIES_PER_KEY  # heads of keys and values together
    inner = 4 * width
    projections = 2 * LENGTH * (queries + both) * width * HEAD + 3.5 * LENGTH * (queries + both / 2) * HEAD
    scores = (1 + 2) * LENGTH**2 * HEAD * queries + 3 * LENGTH**2 * queries  # half the mask, values, softmax
    output = 2 * LENGTH * width * HEAD * queries
    feedforward = 6 * LENGTH * width * inner + 10 * LENGTH * inner + 2 * width * LENGTH
    rest = depth * (feedforward + 14 * width * LENGTH) + 7 * width * LENGTH + 2 * LENGTH * width * VOCABULARY
    forward = depth * (projections + scores + output) + rest
    backward = depth * (2 * projections + 2.5 * scores + 2 * output) + 2 * rest
    return (forward + backward) / LENGTH


def hull(table: pd.DataFrame, selection: str, plain: bool = False) -> Optima:
    """Compute-optimal models of a selection by approach 1 (lower hull), with the authors' FLOPs or `plain` 6 N D."""
    points = selected(table, selection)
    counted = flops_per_token(points["width"], points["depth"]) * points["tokens"].to_numpy(float)
    return lower_hull(points["flops"] if plain else counted, points["parameters"], points["tokens"], points["loss"])


def frontiers(table: pd.DataFrame) -> pd.DataFrame:
    """Exponents a and b of N ~ C^a and D ~ C^b by approach 1 and by the direct fit, one row per selection and way.

    `log_n` and `log_d` are the intercepts; approach 1 takes the authors' FLOPs (`hull`) or 6 N D, the direct fit is the
    law in N and D with C = 6 N D, where b = 1 - a.
    """
    rows = []
    for selection in SELECTIONS:
        for way, plain in (("approach 1, authors' FLOPs", False), ("approach 1, 6 N D", True)):
            line = hull(table, selection, plain).frontier()
            rows.append((selection, way, line.a, line.log_n, line.b, line.log_d, line.budgets))
        for delta in DELTAS:
            law = fit(table, selection, SIZE, delta)
            power, best = law.compute_exponents(), law.compute_optimal(1.0)
            a, b = float(power.parameters), float(power.tokens)
            log_n, log_d = np.log(float(best.parameters)), np.log(float(best.tokens))
            rows.append((selection, f"direct fit, delta {delta:g}", a, log_n, b, log_d, np.nan))
    return pd.DataFrame(rows, columns=["selection", "way", "a", "log_n", "b", "log_d", "optima"])


def residuals(table: pd.DataFrame, selection: str = "hot_100b+", delta: float = 1e-4) -> pd.DataFrame:
    """ln L - ln law of both laws, averaged over the checkpoints of each model: one row per law and model."""
    points = selected(table, selection)
    rows = []
    for law, kind in LAWS.items():
        fitted = fit(table, selection, law, delta)
        off = np.log(points["loss"].to_numpy() / fitted.predict(points[list(kind.inputs)]))
        shape = {name: (name, "first") for name in ("width", "depth", "parameters")}
        models = points.assign(residual=off).groupby("name", sort=False)
        mean = models.agg(**shape, residual=("residual", "mean"), checkpoints=("residual", "size"))
        rows.append(mean.reset_index().assign(law=law))
    return pd.concat(rows, ignore_index=True)
