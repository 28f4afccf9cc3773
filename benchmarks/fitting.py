"""The fits of three papers: this core beside SciPy written as the papers describe, same data, same run, CPU seconds.

Rows of Hoffmann 2022 / Besiroglu 2024 (Huber loss of ln L: L-BFGS-B with finite differences from a grid of 4,500
starts, of which every `--thin`-th is run and the time scaled), Gadre 2024 (curve_fit, 128 starts) and Lin 2024
(curve_fit of ln L, one start per curve).

    python benchmarks/fitting.py --published folder/of/published/data
"""

from __future__ import annotations

import argparse
import csv
import time
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.optimize import OptimizeWarning, curve_fit, minimize

from scalescope.laws import ChinchillaLaw, OvertrainingLaw, RectifiedLaw

ROOT = Path(__file__).resolve().parents[1]
DELTA = 1e-3
REFITS = 4000
GRIDS = 200
HALF_STEP = 0.13  # of the logarithm of an exponent, in the grid of the law


def timed(job) -> tuple[float, object]:
    """CPU seconds and result of a job."""
    began = time.process_time()
    result = job()
    return time.process_time() - began, result


def besiroglu(folder: Path, thin: int) -> list[dict]:
    """The five-parameter fit, its starts and its bootstrap."""
    points = pd.read_csv(folder / "besiroglu2024" / "chinchilla_points.csv").sort_values("loss").iloc[:240]
    n, y = points["Model Size"].to_numpy(), points["loss"].to_numpy()
    d = points["Training FLOP"].to_numpy() / (6 * n)
    X, logs = np.stack([n, d], axis=1), np.log(np.stack([n, d, y]))
    rng = np.random.default_rng(0)

    def objective(p, weights=1.0):
        a, b, e, alpha, beta = p
        r = np.abs(np.logaddexp(np.logaddexp(a - alpha * logs[0], b - beta * logs[1]), e) - logs[2])
        return (weights * np.where(r <= DELTA, r**2 / 2, DELTA * (r - DELTA / 2))).sum()

    grid = list(
        product(
            range(0, 30, 5), range(0, 30, 5), np.arange(-1, 1.5, 0.5), np.arange(0, 2.5, 0.5), np.arange(0, 2.5, 0.5)
        )
    )
    cpu, ours = timed(lambda: ChinchillaLaw(n_boot=0).fit(X, y))
    rows = [row("besiroglu2024", "scalescope, Huber", cpu, ours.objective_)]
    cpu, absolute = timed(lambda: ChinchillaLaw(n_boot=0, loss="log_absolute").fit(X, y))
    rows.append(row("besiroglu2024", "scalescope, least absolute", cpu, absolute.objective_))
    starts = grid[::thin]
    cpu, ends = timed(lambda: [minimize(objective, p, method="L-BFGS-B").fun for p in starts])
    near = np.mean(np.array(ends) < 1.01 * ours.objective_)
    rows.append(
        row(
            "besiroglu2024",
            "L-BFGS-B grid",
            cpu * len(grid) / len(starts),
            min(ends),
            f"{len(starts)} of {len(grid)} starts run, time scaled; {near:.1%} end within 1 %",
        )
    )
    cpu, _ = timed(lambda: ChinchillaLaw(n_boot=REFITS).fit(X, y))
    rows.append(row("besiroglu2024", f"scalescope, {REFITS} bootstrap refits", cpu))
    best = np.array(
        [np.log(ours.params_[k]) if k in "ABE" else ours.params_[k] for k in ("A", "B", "E", "alpha", "beta")]
    )
    draws = rng.multinomial(len(y), np.full(len(y), 1 / len(y)), size=40)
    cpu, _ = timed(lambda: [minimize(objective, best, (w,), method="BFGS") for w in draws])
    rows.append(
        row("besiroglu2024", f"BFGS, {REFITS} bootstrap refits", cpu * REFITS / len(draws), note="40 run, time scaled")
    )
    return [*rows, *any_grid(X, y, rng)]


class Elsewhere(ChinchillaLaw):
    """The law searched from another grid of exponents, so that no start is the same."""

    moved = (1.0, 1.0)

    def axes(self, form, sizes) -> list[np.ndarray]:
        """The grid times `moved`, a number an axis."""
        return [axis * factor for axis, factor in zip(super().axes(form, sizes), self.moved, strict=True)]


def any_grid(X, y, rng) -> list[dict]:
    """Largest relative difference of a parameter over fits from grids moved at random, by up to half a step."""
    rows = []
    for loss in ("log_huber", "log_absolute"):
        ours = ChinchillaLaw(n_boot=0, loss=loss).fit(X, y).params_
        law, worst, began = Elsewhere(n_boot=0, loss=loss), 0.0, time.process_time()
        for _ in range(GRIDS):
            law.moved = np.exp(rng.uniform(-HALF_STEP, HALF_STEP, 2))
            params = law.fit(X, y).params_
            worst = max(worst, *(abs(params[name] / value - 1) for name, value in ours.items()))
        cpu = (time.process_time() - began) / GRIDS
        note = f"CPU s a fit; parameters differ by at most {worst:.1e}"
        rows.append(row("besiroglu2024", f"scalescope, {loss}, {GRIDS} random grids", cpu, note=note))
    return rows


def gadre(folder: Path) -> list[dict]:
    """Four parameters from five points, RedPajama."""
    t = pd.read_csv(folder / "gadre2024" / "testbed.csv").query("dataset == 'rpj'")
    small = ~t.model_name.str.startswith("open_lm")
    t = t[small & ((t.token_multiplier == 20) | ((t.token_multiplier == 320) & (t.model_name == "d=96_l=8_h=4")))]
    X, y = t[["params", "tokens"]].to_numpy(), t["loss_c4_val"].to_numpy()

    def law(x, a, b, power, e):
        return a * x[0] ** power + b * x[1] ** power + e

    def theirs():
        ends = []
        for start in product((1, 10, 100, 1000), (1, 10, 100, 1000), (-0.1, -0.5), (0.5, 1, 2, 3)):
            try:
                p, _ = curve_fit(law, X.T, y, start, maxfev=20_000)
            except (RuntimeError, OptimizeWarning):
                continue
            ends.append(((law(X.T, *p) - y) ** 2).sum())
        return np.nanmin(ends)

    cpu, ours = timed(lambda: OvertrainingLaw(n_boot=0).fit(X, y))
    peer, best = timed(theirs)
    return [row("gadre2024", "scalescope", cpu, ours.objective_), row("gadre2024", "curve_fit, 128 starts", peer, best)]


def lin(folder: Path) -> list[dict]:
    """Ninety rectified curves; the objective is the mean root mean square of log residuals."""
    curves = []
    for name in ("flan", "wmt19", "gigaword"):
        table = pd.read_csv(folder / "lin2024" / f"{name}.csv")
        columns = [c for c in table.columns if c.isdigit() and c != "0"]
        curves += [(np.array(columns, float), row_y) for row_y in table[columns].to_numpy(float)]

    def law(x, a, c, beta, e):
        return np.log((a - abs(e)) / (1 + np.exp(np.clip(c + beta * x, -500, 500))) + abs(e))

    def theirs():
        out = []
        for x, y in curves:
            try:
                p, _ = curve_fit(law, np.log(x), np.log(y), (y[0], -5, 0.5, 0.5 * y[-1]), maxfev=20_000)
                out.append(np.sqrt(np.mean((law(np.log(x), *p) - np.log(y)) ** 2)))
            except (RuntimeError, ValueError):
                out.append(np.nan)
        return np.array(out)

    x, losses = curves[0][0], np.array([y for _, y in curves])
    law_each = RectifiedLaw(n_boot=0, summed=False)
    cpu, fitted = timed(lambda: law_each.fit_each(x, losses))
    singly, _ = timed(lambda: [RectifiedLaw(n_boot=0, summed=False).fit(x, y) for y in losses])
    ours = np.array([one.objective_**0.5 for one in fitted])
    with np.errstate(all="ignore"):
        peer, best = timed(theirs)
    worse = int((~(best <= ours * 1.01)).sum())
    better = int((best < ours * (1 - 1e-6)).sum())
    return [
        row("lin2024", "scalescope, 90 curves together", cpu, ours.mean()),
        row("lin2024", "scalescope, 90 curves one by one", singly, ours.mean()),
        row(
            "lin2024",
            "curve_fit of ln L, one start",
            peer,
            np.nanmean(best),
            f"{worse} curves over 1 % worse, {better} better",
        ),
    ]


def row(study: str, program: str, cpu: float | None = None, objective: float | None = None, note: str = "") -> dict:
    """One line of the table."""
    shown = ["" if value is None else f"{value:.{digits}g}" for value, digits in ((cpu, 3), (objective, 12))]
    found = {"study": study, "program": program, "cpu_s": shown[0], "objective": shown[1], "note": note}
    print(found, flush=True)
    return found


def main() -> None:
    """All three studies into one CSV."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--published", type=Path, required=True)
    parser.add_argument("--thin", type=int, default=45)
    parser.add_argument("--out", type=Path, default=ROOT / "benchmarks" / "results" / "fitting.csv")
    given = parser.parse_args()
    rows = lin(given.published) + gadre(given.published) + besiroglu(given.published, given.thin)
    given.out.parent.mkdir(parents=True, exist_ok=True)
    with given.out.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)


if __name__ == "__main__":
    main()
