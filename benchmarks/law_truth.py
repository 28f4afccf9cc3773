"""Do the laws find a known truth, do their intervals hold it, and do they say when a design cannot tell?

Simulated studies with log-normal noise of 0.5 to 2 %: per law and parameter the median relative error and the coverage
of nominal 95 % intervals. First with the law's defaults ("default": its own loss, the interval that a user gets who
asks for none), then by log squares with the bootstrap of points, the residual bootstrap and the profile likelihood.
`truth` "usual" is that of the tests, "E = 0" lies on a bound, "groups" has runs that share half of their noise.

Then the diagnostics, counted alike for designs that hide parameters and for whole ones: `hit` is the share of studies
that name all hidden parameters, `false` the share that name any other; `_unidentified` looks at that list of the
diagnostics alone, `_any` also at those of parameters at a bound, known only to a factor of three, or different at
another optimum that fits as well.

    python benchmarks/law_truth.py --studies 500

About an hour of one core, more than half of it TrajectoryLaw. `--laws`, `--intervals` and `--truths` do a part and
leave the other rows of the two files as they are; laws and intervals do not depend on each other. `--intervals default`
is the part that fit cards speak of: where a default lies outside 0.93 to 0.97, `coverage` of the law says so.
"""

from __future__ import annotations

import argparse
import csv
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from laws.truths import TRUTHS, study  # noqa: E402

from scalescope.laws import ChinchillaLaw, OvertrainingLaw, ShiftedPowerLaw, TrajectoryLaw, TransferLaw  # noqa: E402

NOISES = (0.005, 0.01, 0.02)
N_BOOT = 200
NAMED = ("usual", "E = 0", "groups")
INTERVALS = ("default", "bootstrap", "residual", "profile")
FLOORLESS = {"E": 0.0, "A": 60.0, "alpha": 0.3}  # of a ShiftedPowerLaw: the truth lies on a bound
SEEDS = 3  # runs per group
LISTS = {"unidentified": ("unidentified",), "any": ("unidentified", "at_bound", "weak", "ambiguous")}
# law, what is kept of its design, and the parameters that this cannot determine
BLIND = [
    (ChinchillaLaw, "one token budget", lambda X: X[:, 1] == np.unique(X[:, 1])[2], {"E", "B", "beta"}),
    (ChinchillaLaw, "one model size", lambda X: X[:, 0] == np.unique(X[:, 0])[2], {"E", "A", "alpha"}),
    (OvertrainingLaw, "one token budget", lambda X: X[:, 1] == np.unique(X[:, 1])[2], {"E", "b"}),
    (TransferLaw, "one pretraining size", lambda X: X[:, 0] == np.unique(X[:, 0])[2], {"A", "alpha", "G"}),
    (TransferLaw, "one finetuning size", lambda X: X[:, 1] == np.unique(X[:, 1])[2], {"A", "E", "G", "beta"}),
    (TrajectoryLaw, "one model size", lambda X: X[:, 0] == np.unique(X[:, 0])[2], {"N_c", "alpha_N"}),
]


def truth_rows(studies: int, laws: list[str], intervals: list[str], truths: list[str]) -> list[dict]:
    """One row per law, truth, interval and parameter."""
    rows = []
    for kind in (kind for kind in TRUTHS if kind.__name__ in laws):
        for interval in intervals:
            named = {"usual": TRUTHS[kind][1]}
            if interval == "default" and kind is ShiftedPowerLaw:
                named["E = 0"] = FLOORLESS
            if interval == "default" and kind in (ShiftedPowerLaw, ChinchillaLaw):
                named["groups"] = TRUTHS[kind][1]
            for name, truth in ((name, truth) for name, truth in named.items() if name in truths):
                rows += _of_truth(kind, name, truth, interval, studies)
                print(kind.__name__, name, interval, [row["coverage"] for row in rows[-len(truth) :]], flush=True)
    return rows


def _of_truth(kind, name: str, truth: dict[str, float], interval: str, studies: int) -> list[dict]:
    began = time.process_time()
    found = [one(kind, truth, interval, seed, grouped=name == "groups") for seed in range(studies)]
    seconds = (time.process_time() - began) / studies
    rows = []
    for parameter, value in truth.items():
        errors = [abs(law.params_[parameter] / value - 1) if value else law.params_[parameter] for law in found]
        inside = [law.intervals_[parameter][0] <= value <= law.intervals_[parameter][1] for law in found]
        rows.append(
            {
                "law": kind.__name__,
                "truth": name,
                "loss": found[0].given_loss().name,
                "interval": interval,
                "parameter": parameter,
                "studies": studies,
                "median_error": f"{np.median(errors):.4f}",
                "coverage": f"{np.mean(inside):.3f}",
                "cpu_s_per_study": f"{seconds:.3f}",
            }
        )
    return rows


def one(kind, truth: dict[str, float], interval: str, seed: int, grouped: bool = False):
    """A law fitted to one simulated study; with groups, half of the variance is shared by the runs of a size."""
    X, noise = TRUTHS[kind][0], NOISES[seed % len(NOISES)]
    exact = kind().predict_many({name: np.array([value]) for name, value in truth.items()}, X)[0]
    rng = np.random.default_rng(seed)
    settings = {"n_boot": N_BOOT, "random_state": seed}
    if interval != "default":
        settings |= {"loss": "log_squares", "interval": interval}
    if "profile" in (interval, kind.default_interval if interval == "default" and not grouped else ""):
        settings["n_boot"] = 1  # a profile does not depend on the replicates
    if not grouped:
        return kind(**settings).fit(X, exact * np.exp(noise * rng.normal(size=len(exact))))
    of = np.repeat(np.arange(len(exact)), SEEDS)
    shared = rng.normal(size=len(exact))[of] + rng.normal(size=len(of))
    return kind(**settings).fit(X[of], exact[of] * np.exp(noise * shared / np.sqrt(2)), groups=of)


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


def write(rows: list[dict], path: Path, redone: Callable[[dict], bool]) -> None:
    """`rows` as CSV; those that the file has already and that are not `redone` are kept."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists():
        with path.open(newline="", encoding="utf-8") as file:
            rows = rows + [row for row in csv.DictReader(file) if not redone(row)]
    order = [kind.__name__ for kind in TRUTHS]
    rows = sorted(rows, key=lambda row: (row.get("design") == "whole", order.index(row["law"])))
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, rows[0], restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def main() -> None:
    """Run both tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--studies", type=int, default=500)
    names = [kind.__name__ for kind in TRUTHS]
    parser.add_argument("--laws", nargs="+", choices=names, default=names)
    parser.add_argument("--intervals", nargs="+", choices=INTERVALS, default=INTERVALS)
    parser.add_argument("--truths", nargs="+", choices=NAMED, default=NAMED)
    parser.add_argument("--out", type=Path, default=ROOT / "benchmarks" / "results")
    given = parser.parse_args()
    if set(given.intervals) == set(INTERVALS):
        rows = blind_rows(given.studies, given.laws)
        write(rows, given.out / "law_identifiability.csv", lambda row: row["law"] in given.laws)
    rows = truth_rows(given.studies, given.laws, given.intervals, given.truths)

    def redone(row: dict) -> bool:
        return row["law"] in given.laws and row["interval"] in given.intervals and row["truth"] in given.truths

    write(rows, given.out / "law_truth.csv", redone)


if __name__ == "__main__":
    main()
