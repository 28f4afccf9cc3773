"""Besiroglu et al. (2024): the Chinchilla law refitted to the points of Hoffmann et al. (2022), figure 4.

Source: "Chinchilla scaling: a replication attempt", arXiv:2404.10102. L = E + A / N^alpha + B / D^beta on ln L, Huber
loss with delta 1e-3, summed; the five highest losses are dropped. Tables are tidy (`tables.COLUMNS["besiroglu2024"]`).
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from scipy.optimize import minimize_scalar
from scipy.special import huber
from scipy.stats import norm

from scalescope.laws import ChinchillaLaw

SYMBOLS = ("A", "B", "E", "alpha", "beta")
DROPPED = 5
DELTA = 1e-3
# loss and delta of each fit, and whether the five highest losses take part
FREE_SCALE = "huber, free scale"  # the authors' headline estimate; its delta is fitted, see `free_scale`
FITS = {
    "huber": ({"loss": "log_huber", "delta": DELTA}, False),
    "least absolute deviations": ({"loss": "log_absolute"}, False),
    "huber, delta 1e-6": ({"loss": "log_huber", "delta": 1e-6}, False),
    "huber, delta 1e-2": ({"loss": "log_huber", "delta": 1e-2}, False),
    "least squares": ({"loss": "log_squares"}, False),
    "huber, all points": ({"loss": "log_huber", "delta": DELTA}, True),
}
# Hoffmann 2022, approach 3, from the source of the paper; and as printed, rounded
HOFFMANN = {
    "A": np.exp(6.0073404),
    "B": np.exp(6.0179186),
    "E": np.exp(0.5267228),
    "alpha": 0.33917084,
    "beta": 0.2849083,
}
HOFFMANN_ROUNDED = {"A": 406.4, "B": 410.7, "E": 1.69, "alpha": 0.34, "beta": 0.28}
CHINCHILLA_FLOPS = 6 * 70e9 * 1.4e12  # 70B parameters, 1.4T tokens


def used(table: pd.DataFrame) -> pd.DataFrame:
    """The runs that the paper fits: without the five highest losses, in the order of the table."""
    limit = np.sort(table["loss"])[-DROPPED]
    return table[table["loss"] < limit].reset_index(drop=True)


def law(name: str = "huber") -> ChinchillaLaw:
    """The law with the loss of one of FITS, not fitted yet."""
    return ChinchillaLaw(n_boot=0, **FITS[name][0])


def fits(table: pd.DataFrame) -> pd.DataFrame:
    """One row per fit of FITS: points, the five parameters, the objective (sum of the loss), the exponent a.

    The first row is the authors' headline estimate (`free_scale`). a = beta / (alpha + beta) is the exponent of the
    compute-optimal model size. `huber_objective` is the published objective (delta 1e-3, the 240 points) at that fit,
    so that all rows compare.
    """
    made = [(FREE_SCALE, used(table), free_scale(table))]
    for name, (_, everything) in FITS.items():
        points = table if everything else used(table)
        made.append((name, points, law(name).fit(points[["parameters", "tokens"]], points["loss"])))
    rows = []
    for name, points, fitted in made:
        params = {symbol: fitted.params_[symbol] for symbol in SYMBOLS}
        delta = fitted.delta if fitted.loss == "log_huber" else np.nan
        objectives = {"objective": fitted.objective_, "huber_objective": huber_objective(params, used(table))}
        about = {"fit": name, "delta": delta, "points": len(points)}
        rows.append(about | params | objectives | {"a": exponent(params)})
    return pd.DataFrame(rows)


def params_of(fitted: pd.DataFrame, fit: str) -> dict[str, float]:
    """The five parameters of one row of `fits`, by symbol."""
    return fitted.set_index("fit").loc[fit, list(SYMBOLS)].astype(float).to_dict()


def free_scale(table: pd.DataFrame, steps: int = 20) -> ChinchillaLaw:
    """The law at the optimum of the authors' density exp(-Huber(r / s)), parameters and scale s together.

    For a given s that is the Huber loss with delta s; s follows from the residuals. The two are alternated until
    delta settles, within 1e-12: at 4.7e-9, far below every residual, so that this is least absolute deviations but for
    the tie of five points that such a fit goes through.
    """
    points, delta = used(table), 1e-6
    for _ in range(steps):
        fitted = ChinchillaLaw(loss="log_huber", delta=delta, n_boot=0)
        fitted.fit(points[["parameters", "tokens"]], points["loss"])
        before, delta = delta, DELTA * np.exp(log_likelihood(log_residuals(fitted.params_, points))[1])
        if abs(delta - before) < 1e-12:
            break
    return fitted


def huber_objective(params: Mapping[str, float], points: pd.DataFrame, delta: float = DELTA) -> float:
    """Sum of the Huber loss of ln L over the points."""
    return float(huber(delta, log_residuals(params, points)).sum())


def bootstrap(table: pd.DataFrame, n_boot: int = 4000) -> pd.DataFrame:
    """Parameters of `n_boot` refits to points drawn with replacement, one row each; every one at its optimum.

    The draws are the authors' own: NumPy's legacy generator with seed 42, 240 numbers a replicate.
    """
    points = used(table)
    legacy = np.random.RandomState(42)
    n = len(points)
    weights = np.stack([np.bincount(legacy.choice(n, size=n, replace=True), minlength=n) for _ in range(n_boot)])
    found = law().fit_weighted(points[["parameters", "tokens"]], points["loss"], weights.astype(float))
    return pd.DataFrame({symbol: found[symbol] for symbol in SYMBOLS})


def intervals(replicates: pd.DataFrame, level: float = 0.95) -> pd.DataFrame:
    """Standard error and percentile interval of each parameter and of a, one row each."""
    values = replicates.assign(a=exponent(replicates))
    tail = (1 - level) / 2
    ends = {"low": values.quantile(tail), "high": values.quantile(1 - tail)}
    return pd.DataFrame({"standard_error": values.std(ddof=1)} | ends).rename_axis("symbol").reset_index()


def exponent(params):
    """a = beta / (alpha + beta): the compute-optimal N grows as C^a."""
    return params["beta"] / (params["alpha"] + params["beta"])


def tokens_per_parameter(params, flops):
    """Compute-optimal D / N at `flops` = 6 N D; Hoffmann 2022, eq. 4. Works on numbers and on columns of replicates."""
    alpha, beta = params["alpha"], params["beta"]
    g = (alpha * params["A"] / (beta * params["B"])) ** (1 / (alpha + beta))
    return g**-2 * (flops / 6) ** (1 - 2 * exponent(params))


def optimal_policy(params: Mapping[str, float], replicates: pd.DataFrame, flops: np.ndarray) -> pd.DataFrame:
    """Compute-optimal tokens per parameter against compute: ours with 80 and 95 % intervals, and Hoffmann's law."""
    every = np.array([tokens_per_parameter(replicates, c) for c in flops])
    ends = np.percentile(every, [2.5, 97.5, 10, 90], axis=1)
    bands = dict(zip(("low", "high", "low_80", "high_80"), ends, strict=True))
    policy = pd.DataFrame({"flops": flops, "ours": tokens_per_parameter(params, flops)} | bands)
    for name, law in (("hoffmann", HOFFMANN), ("hoffmann_rounded", HOFFMANN_ROUNDED)):
        policy[name] = tokens_per_parameter(law, flops)
    return policy


def predicted(params: Mapping[str, float], points: pd.DataFrame) -> np.ndarray:
    """The law's loss [n] at the points."""
    size = params["A"] / points["parameters"] ** params["alpha"]
    return (params["E"] + size + params["B"] / points["tokens"] ** params["beta"]).to_numpy()


def log_residuals(params: Mapping[str, float], points: pd.DataFrame) -> np.ndarray:
    """ln L - ln of the law [n]."""
    return np.log(points["loss"].to_numpy() / predicted(params, points))


def log_likelihood(residuals: np.ndarray, delta: float = DELTA) -> tuple[float, float]:
    """Largest log-likelihood of residuals under the authors' Huber density, over its scale; and ln of that scale.

    The density is exp(-Huber(r / s)) / (s Z). For residuals far above delta s it is Laplace's, so that what the
    authors maximise is the sum of absolute deviations.
    """
    z = np.sqrt(2 * np.pi) * (1 - 2 * norm.sf(delta)) + 2 * np.exp(-(delta**2) / 2) / delta

    def negative(log_scale: float) -> float:
        return float(huber(delta, residuals / np.exp(log_scale)).sum() + len(residuals) * (np.log(z) + log_scale))

    start = np.log(delta * np.abs(residuals).mean())  # the optimum of the Laplace limit
    found = minimize_scalar(negative, bounds=(start - 5, start + 5), method="bounded", options={"xatol": 1e-10})
    return -float(found.fun), float(found.x)
