"""The transfer law with exponents that all dialects share; A, G and E of each dialect are its own.

Given the two exponents every dialect is a linear problem in A, G, E >= 0 (least squares of the relative residual, to
first order that of ln L): the exponents are searched, the rest is solved (variable projection; Golub and Pereyra 1973).
"""

from __future__ import annotations

import io
from functools import lru_cache

import numpy as np
import pandas as pd
from scipy.optimize import minimize, nnls

INPUTS = ["pretrain_tokens", "finetune_tokens"]
STARTS = [(alpha, beta) for alpha in (0.1, 0.4, 1.2) for beta in (0.05, 0.2, 0.6)]
LIMITS = (1e-3, 5.0)  # of both exponents


def fit(points: pd.DataFrame) -> dict[str, float]:
    """The fit to all dialects of `points` (columns text, pretrain_tokens, finetune_tokens, loss).

    Keys: "alpha", "beta", and "A <dialect>", "G <dialect>", "E <dialect>" for each.
    """
    return _Problem(points).solve(np.ones(len(points)), STARTS)


def of(params: dict, text: str) -> dict:
    """The five parameters of one dialect: numbers from `fit`, arrays from `replicates`."""
    return {name: params[f"{name} {text}" if name in "AGE" else name] for name in ("A", "alpha", "G", "beta", "E")}


def predict(params: dict[str, float], sizes: pd.DataFrame) -> np.ndarray:
    """Losses [n] of one dialect's five parameters."""
    p, f = (sizes[name].to_numpy(dtype=float) for name in INPUTS)
    return (params["A"] * p ** -params["alpha"] + params["G"]) * f ** -params["beta"] + params["E"]


def replicates(points: pd.DataFrame, n_boot: int) -> dict[str, np.ndarray]:
    """Bootstrapped parameters [n_boot] by name: cells (dialect, p, f) are drawn, then seeds within."""
    return _replicates(points.to_json(orient="split", double_precision=15), n_boot)


@lru_cache(maxsize=4)  # gaps, their correlation and the table of fits are projections of the same replicates
def _replicates(text: str, n_boot: int) -> dict[str, np.ndarray]:
    points = pd.read_json(io.StringIO(text), orient="split", dtype={"text": str})
    problem = _Problem(points)
    start = [tuple(problem.solve(np.ones(len(points)), STARTS)[name] for name in ("alpha", "beta"))]
    found = [problem.solve(weights, start) for weights in draws(points, n_boot)]
    return {name: np.array([each[name] for each in found]) for name in found[0]}


def draws(points: pd.DataFrame, n_boot: int, random_state: int = 0) -> np.ndarray:
    """How often each replicate draws each point [n_boot, n]: cells (p, f) within each dialect, then seeds within."""
    rng, counts = np.random.default_rng(random_state), np.zeros((n_boot, len(points)), dtype=int)
    cell = points.groupby(["text", "pretrain_tokens", "rows"], sort=False).ngroup().to_numpy()
    for _, own in points.groupby("text", sort=False).indices.items():
        names = np.unique(cell[own])
        drawn = rng.multinomial(len(names), np.full(len(names), 1 / len(names)), size=n_boot)
        for place, name in enumerate(names):
            seeds = np.flatnonzero(cell == name)
            counts[:, seeds] = rng.multinomial(drawn[:, place] * len(seeds), np.full(len(seeds), 1 / len(seeds)))
    return counts


class _Problem:
    """Logarithms of the inputs about their means, so that coefficients stay near the size of losses."""

    def __init__(self, points: pd.DataFrame):
        logs = [np.log(points[name].to_numpy(dtype=float)) for name in INPUTS]
        self.centre = [float(each.mean()) for each in logs]
        self.u, self.v = (each - mean for each, mean in zip(logs, self.centre, strict=True))
        self.y = points["loss"].to_numpy(dtype=float)
        self.parts = {str(text): np.flatnonzero(points["text"] == text) for text in points["text"].unique()}

    def solve(self, weights: np.ndarray, starts: list[tuple[float, float]]) -> dict[str, float]:
        """The optimum with these weights [n] of the points, the best from all starts."""

        def cost(at: np.ndarray) -> float:
            return self._coefficients(np.exp(np.clip(at, *np.log(LIMITS))), weights)[1]

        options = {"xatol": 1e-4, "fatol": 1e-12, "maxiter": 400}
        found = [minimize(cost, np.log(start), method="Nelder-Mead", options=options) for start in starts]
        best = min(found, key=lambda each: each.fun)
        alpha, beta = np.exp(np.clip(best.x, *np.log(LIMITS)))
        params = {"alpha": float(alpha), "beta": float(beta)}
        shift_p, shift_f = np.exp(alpha * self.centre[0]), np.exp(beta * self.centre[1])
        for text, (a, g, e) in self._coefficients((alpha, beta), weights)[0].items():
            values = {"A": a * shift_p * shift_f, "G": g * shift_f, "E": e}
            params |= {f"{name} {text}": float(value) for name, value in values.items()}
        return params

    def _coefficients(self, exponents, weights: np.ndarray) -> tuple[dict[str, np.ndarray], float]:
        alpha, beta = exponents
        found, total = {}, 0.0
        for text, own in self.parts.items():
            root = np.sqrt(weights[own])
            finetuned = np.exp(-beta * self.v[own])
            design = np.stack([np.exp(-alpha * self.u[own]) * finetuned, finetuned, np.ones(len(own))], axis=1)
            found[text], rest = nnls(design * (root / self.y[own])[:, None], root)
            total += rest**2
        return found, total
