"""How often does the 95 % interval of a new run hold new runs? Simulated studies, and published tables.

Simulated: runs at the sizes of the fit, from a known law (`tests/laws/truths.py`). Published: rolling from small to
large, a law is fitted to the smaller runs and asked for the next larger ones (by FLOPs, or by examples), which it has
not seen; the interval of the law alone stands beside. Tables that are not at hand are left out and named.

    SCALESCOPE_CACHE=folder python benchmarks/new_run_coverage.py --studies 200

Writes benchmarks/results/new_run_coverage.csv.
"""

from __future__ import annotations

import argparse
import csv
import sys
import warnings
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from laws.truths import TRUTHS, study  # noqa: E402

from scalescope.laws import ChinchillaLaw, RectifiedLaw, TrajectoryLaw  # noqa: E402
from scalescope.papers import published  # noqa: E402
from scalescope.papers.besiroglu2024 import fits as besiroglu2024  # noqa: E402
from scalescope.papers.gadre2024 import fits as gadre2024  # noqa: E402
from scalescope.papers.lin2024 import fits as lin2024  # noqa: E402

NOISE = 0.01
LEFT = 2  # degrees of freedom that a fit must leave


def simulated(studies: int, n_boot: int) -> list[dict]:
    """One row per law: the share of new runs at the sizes of the fit that the intervals hold."""
    rows = []
    for kind in (kind for kind in TRUTHS if kind is not TrajectoryLaw):
        held = []
        for seed in range(studies):
            X, y = study(kind, NOISE, seed)
            new = study(kind, NOISE, 10**6 + seed)[1]
            law = kind(n_boot=n_boot, interval="bootstrap").fit(X, y)
            held.append(inside(law, X, new))
        rows.append(row("simulated", kind.__name__, np.concatenate(held, axis=1)))
    return rows


def inside(law, X, y) -> np.ndarray:
    """Whether the intervals of a run and of the law hold y [2, n]."""
    ends = [law.predict_interval(X, kind=kind) for kind in ("run", "law")]
    return np.array([(low <= y) & (y <= high) for low, high in ends])


def rolling(name: str, law, X: np.ndarray, y: np.ndarray, at: np.ndarray, folds: int) -> np.ndarray:
    """Hits [2, n]: the runs in order of `at` in `folds` + 1 parts, each part but the first asked of all before it."""
    order = np.argsort(at, kind="stable")
    edges = np.unique(at[order])[np.linspace(0, len(np.unique(at)) - 1, folds + 2).astype(int)[1:-1]]
    held = [np.zeros((2, 0), dtype=bool)]
    for low, high in zip(edges, [*edges[1:], np.inf], strict=True):
        seen, asked = at <= low, (at > low) & (at <= high)
        if asked.any() and len(np.unique(X[seen], axis=0)) >= law.min_distinct + LEFT:
            held.append(inside(law.fit(X[seen], y[seen]), X[asked], y[asked]))
    return np.concatenate(held, axis=1)


def from_tables(n_boot: int) -> tuple[list[dict], list[str]]:
    """One row per published table, and the tables that are not at hand."""
    rows, absent = [], []
    settings = {"n_boot": n_boot, "interval": "bootstrap", "warn_beyond": None}
    for paper, parts in (("besiroglu2024", _besiroglu), ("gadre2024", _gadre), ("lin2024", _lin)):
        try:
            data = published.load(paper, download=False)
        except published.MissingData:
            absent.append(paper)
            continue
        held = [rolling(paper, kind(**settings), X, y, at, folds) for kind, X, y, at, folds in parts(data)]
        rows.append(row(paper, kind_of(parts).__name__, np.concatenate(held, axis=1)))
    return rows, absent


def kind_of(parts) -> type:
    """The law that a published table is asked of."""
    return RectifiedLaw if parts is _lin else ChinchillaLaw


def _besiroglu(data):
    points = besiroglu2024.used(data)
    X = points[["parameters", "tokens"]].to_numpy(dtype=float)
    yield ChinchillaLaw, X, points["loss"].to_numpy(), X.prod(axis=1), 8


def _gadre(data):
    for dataset in gadre2024.DATASETS:
        runs = gadre2024.runs(data, dataset).dropna(subset=["loss"])
        X = runs[["parameters", "tokens"]].to_numpy(dtype=float)
        yield ChinchillaLaw, X, runs["loss"].to_numpy(), X.prod(axis=1), 6


def _lin(data):
    for _, _, examples, losses in lin2024.each_curve(data):
        yield RectifiedLaw, np.asarray(examples, dtype=float)[:, None], np.asarray(losses), np.asarray(examples), 5


def row(source: str, law: str, held: np.ndarray) -> dict:
    """Coverage of both intervals over the runs asked for."""
    run, of_law = held.mean(axis=1)
    return {"source": source, "law": law, "runs": held.shape[1], "run": f"{run:.3f}", "law_alone": f"{of_law:.3f}"}


def main() -> None:
    """Write the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--studies", type=int, default=200)
    parser.add_argument("--n-boot", type=int, default=200)
    parser.add_argument("--out", type=Path, default=ROOT / "benchmarks" / "results")
    given = parser.parse_args()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        rows, absent = from_tables(given.n_boot)
        rows = simulated(given.studies, given.n_boot) + rows
    given.out.mkdir(parents=True, exist_ok=True)
    with (given.out / "new_run_coverage.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, rows[0], lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    print(*rows, *(f"not at hand: {paper}" for paper in absent), sep="\n")


if __name__ == "__main__":
    main()
