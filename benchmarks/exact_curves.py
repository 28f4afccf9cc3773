"""Does the fit of every law reach its optimum? Curves without noise, of random parameters: the lowest loss is zero.

    python benchmarks/exact_curves.py [--curves 100] [--seed 0] [--laws RectifiedLaw ...]

Exponents of the truth of the tests are multiplied by 0.5 to 1.7, coefficients by 0.3 to 3; the design is that of the
tests. RectifiedLaw is drawn anew: 6 to 8 sizes that double, which begin anywhere, a bend within or near them.
Results: results/exact_curves.csv, one row per law: curves; reached: share with residuals of at most REACHED (root mean
square, relative); worst: the largest; seconds: CPU seconds of a fit.
"""

from __future__ import annotations

import argparse
import sys
import time
import warnings
from pathlib import Path

import numpy as np
from machine import describe, merge, progress

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from laws.truths import TRUTHS  # noqa: E402

from scalescope.laws import RectifiedLaw, ScalingLaw  # noqa: E402

RESULTS = Path(__file__).parent / "results" / "exact_curves.csv"
REACHED = 1e-6  # relative residual that is as good as none
EXPONENTS = ("alpha", "beta", "eta", "gamma", "k", "s_", "c")  # how their names begin
SHARES = ("E_0", "epsilon", "L_0")  # of a range that must be kept


def curve(kind: type[ScalingLaw], rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, dict[str, float]]:
    """Inputs, exact targets and the truth of one random curve; drawn again where a target is not above zero."""
    while True:
        X, usual = TRUTHS[kind]
        if kind is RectifiedLaw:
            X, truth = _rectified(rng)
        else:
            truth = {name: value * _factor(name, rng) for name, value in usual.items()}
        y = kind(n_boot=0).predict_many({name: np.array([value]) for name, value in truth.items()}, X)[0]
        if np.isfinite(y).all() and y.min() > 0:
            return X, y, truth


def _rectified(rng: np.random.Generator) -> tuple[np.ndarray, dict[str, float]]:
    sizes = 200 * 2.0 ** (rng.integers(0, 7) + np.arange(rng.integers(6, 9)))
    beta = rng.uniform(0.1, 1.0)
    bend = np.exp(rng.uniform(np.log(sizes[0] / 10), np.log(sizes[-1] * 10)))
    return sizes, {
        "B": rng.uniform(0.5, 4.0) * (bend**beta + sizes[0] ** beta),
        "D_l": bend**beta,
        "beta": beta,
        "E": rng.uniform(0.0, 2.0),
    }


def _factor(name: str, rng: np.random.Generator) -> float:
    if name in SHARES:
        return rng.uniform(0.95, 1.02)
    return rng.uniform(0.5, 1.7) if name.startswith(EXPONENTS) else np.exp(rng.uniform(np.log(0.3), np.log(3.0)))


def missed(kind: type[ScalingLaw], X: np.ndarray, y: np.ndarray) -> float:
    """Root mean square of the relative residuals of the fit."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of units: random curves need not look like losses
        values = kind(n_boot=0).fit(X, y).predict(X)
    return float(np.sqrt(np.mean((values / y - 1) ** 2)))


def main() -> None:
    """Draw, fit, count; rows of other laws stay as they are."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--curves", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--laws", nargs="*", default=[kind.__name__ for kind in TRUTHS])
    given = parser.parse_args()
    for kind in (kind for kind in TRUTHS if kind.__name__ in given.laws):
        rng, found, began = np.random.default_rng(given.seed), [], time.process_time()
        for number in range(given.curves):
            X, y, truth = curve(kind, rng)
            found.append(missed(kind, X, y))
            if not found[-1] <= REACHED:
                progress(f"{kind.__name__}, curve {number}: {found[-1]:.2e}, {truth}")
        row = {
            "law": kind.__name__,
            "curves": given.curves,
            "reached": float(np.mean(np.array(found) <= REACHED)),
            "worst": max(found),
            "seconds": (time.process_time() - began) / given.curves,
        }
        progress(str(row))
        merge(RESULTS, [row | describe()], ["law"])


if __name__ == "__main__":
    main()
