"""Do the laws find a known truth, do their intervals hold it, and do they say when a design cannot tell?

Simulated studies with log-normal noise of 0.5 to 2 %: per law and parameter the median relative error and the coverage
of nominal 95 % intervals (bootstrap of points, which is the default, residual bootstrap, profile likelihood). Then the
diagnostics, counted alike for designs that hide parameters and for whole ones: `hit` is the share of studies that name
all hidden parameters, `false` the share that name any other; `_unidentified` looks at that list of the diagnostics
alone, `_any` also at those of parameters at a bound or known only to a factor of three.

    python benchmarks/law_truth.py --studies 500

About half an hour of one core, more than half of it TrajectoryLaw. `--laws` does some laws and leaves the rows of the
others in the two files as they are; the laws do not depend on each other.
"""

from __future__ import annotations

import argparse
import csv
import sys
import time
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from laws.truths import TRUTHS, study  # noqa: E402

from scalescope.laws import ChinchillaLaw, OvertrainingLaw, TrajectoryLaw, TransferLaw  # noqa: E402

NOISES = (0.005, 0.01, 0.02)
N_BOOT = 200
INTERVALS = ("bootstrap", "residual", "profile")
LISTS = {"unidentified": ("unidentified",), "any": ("unidentified", "at_bound", "weak")}
# law, what is kept of its design, and the parameters that this cannot determine
BLIND = [
    (ChinchillaLaw, "one token budget", lambda X: X[:, 1] == np.unique(X[:, 1])[2], {"E", "B", "beta"}),
    (ChinchillaLaw, "one model size", lambda X: X[:, 0] == np.unique(X[:, 0])[2], {"E", "A", "alpha"}),
    (OvertrainingLaw, "one token budget", lambda X: X[:, 1] == np.unique(X[:, 1])[2], {"E", "b"}),
    (TransferLaw, "one pretraining size", lambda X: X[:, 0] == np.unique(X[:, 0])[2], {"A", "alpha", "G"}),
    (TransferLaw, "one finetuning size", lambda X: X[:, 1] == np.unique(X[:, 1])[2], {"A", "E", "G", "beta"}),
    (TrajectoryLaw, "one model size", lambda X: X[:, 0] == np.unique(X[:, 0])[2], {"N_c", "alpha_N"}),
]


def truth_rows(studies: int, laws: list[str]) -> list[dict]:
    """One row per law, interval and parameter."""
    rows = []
    for kind in (kind for kind in TRUTHS if kind.__name__ in laws):
        truth = TRUTHS[kind][1]
        for interval in INTERVALS:
            began = time.process_time()
            found = [one(kind, interval, seed) for seed in range(studies)]
            seconds = (time.process_time() - began) / studies
            for name, value in truth.items():
                errors = [abs(law.params_[name] / value - 1) for law in found]
                inside = [law.intervals_[name][0] <= value <= law.intervals_[name][1] for law in found]
                rows.append(
                    {
                        "law": kind.__name__, "interval": interval, "parameter": name, "studies": studies,
                        "median_error": f"{np.median(errors):.4f}", "coverage": f"{np.mean(inside):.3f}",
                        "cpu_s_per_study": f"{seconds:.3f}",
                    }
                )  # fmt: skip
            print(kind.__name__, interval, [row["coverage"] for row in rows[-len(truth) :]], flush=True)
    return rows


def one(kind, interval: str, seed: int):
    """A law fitted to one simulated study."""
    X, y = study(kind, NOISES[seed % len(NOISES)], seed)
    n_boot = 0 if interval == "profile" else N_BOOT
    return kind(loss="log_squares", interval=interval, n_boot=n_boot, random_state=seed).fit(X, y)


def blind_rows(studies: int, laws: list[str]) -> list[dict]:
    """One row per design, those that hide parameters first, then the whole ones."""
    whole = [(kind, "whole", lambda X: np.ones(len(X), dtype=bool), set()) for kind in TRUTHS]
    rows = []
    for kind, design, keep, hidden in (row for row in BLIND + whole if row[0].__name__ in laws):
        told = [diagnosed(kind, keep, seed) for seed in range(studies)]
        row = {"law": kind.__name__, "design": design, "hidden": " ".join(sorted(hidden)), "studies": studies}
        for name, lists in LISTS.items():
            named = [{parameter for key in lists for parameter in one_told[key]} for one_told in told]
            row[f"hit_{name}"] = f"{np.mean([hidden <= n for n in named]):.3f}" if hidden else ""
            row[f"false_{name}"] = f"{np.mean([bool(n - hidden) for n in named]):.3f}"
        rows.append(row)
        print(row, flush=True)
    return rows


def diagnosed(kind, keep, seed: int) -> dict:
    """Diagnostics of one simulated study of which `keep` chooses the rows."""
    X, y = study(kind, NOISES[seed % len(NOISES)], seed)
    kept = keep(X)
    return kind(loss="log_squares", n_boot=0).fit(X[kept], y[kept]).diagnostics_


def write(rows: list[dict], path: Path, laws: list[str]) -> None:
    """`rows` as CSV; those of other laws than `laws` that the file has already are kept."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists():
        with path.open(newline="", encoding="utf-8") as file:
            rows = rows + [row for row in csv.DictReader(file) if row["law"] not in laws]
    order = [kind.__name__ for kind in TRUTHS]
    rows = sorted(rows, key=lambda row: (row.get("design") == "whole", order.index(row["law"])))
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)


def main() -> None:
    """Run both tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--studies", type=int, default=500)
    names = [kind.__name__ for kind in TRUTHS]
    parser.add_argument("--laws", nargs="+", choices=names, default=names)
    parser.add_argument("--out", type=Path, default=ROOT / "benchmarks" / "results")
    given = parser.parse_args()
    write(blind_rows(given.studies, given.laws), given.out / "law_identifiability.csv", given.laws)
    write(truth_rows(given.studies, given.laws), given.out / "law_truth.csv", given.laws)


if __name__ == "__main__":
    main()
