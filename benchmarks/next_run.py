"""Does the run that is named to be made next narrow the target's interval as foretold? Simulated studies.

Each study: runs of a known Chinchilla law with noise, a Chinchilla law fitted to them, and a target four times beyond.
Candidate runs from the most to the least narrowing, and the one that a forecast names first (the most narrowing per
FLOP), are really added (a new draw from the truth), the law is fitted again, and the width of its interval at the
target is measured.

    python benchmarks/next_run.py --studies 20

Writes benchmarks/results/next_run.csv: per rank (share of the list of candidates, or "named first"), the cost as a
share of the target's, foretold and measured narrowing.
"""

from __future__ import annotations

import argparse
import csv
import sys
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.stats import spearmanr

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from forecast.made import loss, runs  # noqa: E402

from scalescope.forecast.candidates import candidates  # noqa: E402
from scalescope.forecast.next_run import considered, next_runs  # noqa: E402
from scalescope.forecast.table import run_table  # noqa: E402

COUNT, NOISE = 14, 0.004
TARGET = {"parameters": 2e9, "tokens": 4e10, "flops": 6 * 2e9 * 4e10}
RANKS = (0.0, 0.1, 0.25, 0.5, 0.75, 1.0)
FIRST = "named first"


def study(seed: int, n_boot: int) -> list[dict]:
    """Foretold and measured narrowing of the candidates at RANKS, by the foretold one, and of the one named first."""
    table = run_table(runs(COUNT, NOISE, seed))
    candidate = candidates(table, "chinchilla")[0][0]
    law = candidate.fit(table.frame, "loss", n_boot)
    listed = considered(table, candidate, law, TARGET)
    listed = listed.sort_values("narrowing", ascending=False, ignore_index=True)
    tried = {f"{rank:.2f}": listed.iloc[round(rank * (len(listed) - 1))] for rank in RANKS}
    tried[FIRST] = next_runs(table, candidate, law, TARGET).iloc[0]
    before, rng, rows = width(law), np.random.default_rng(10**6 + seed), []
    for rank, one in tried.items():
        n, d = float(one["parameters"]), float(one["tokens"])
        made = float(loss(n, d)) * np.exp(NOISE * rng.standard_normal())
        new = pd.DataFrame([{"parameters": n, "tokens": d, "flops": 6 * n * d, "loss": made, "run": "new"}])
        again = candidate.fit(pd.concat([table.frame, new], ignore_index=True), "loss", n_boot)
        rows.append(
            {"rank": rank, "foretold": one["narrowing"], "measured": 1 - width(again) / before, "cost": one["cost"]}
        )
    return rows


def width(law) -> float:
    """ln(high / low) of the law at the target."""
    low, high = law.predict_interval([[TARGET["parameters"], TARGET["tokens"]]])
    return float(np.log(high / low)[0])


def main() -> None:
    """Write the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--studies", type=int, default=20)
    parser.add_argument("--n-boot", type=int, default=200)
    parser.add_argument("--out", type=Path, default=ROOT / "benchmarks" / "results")
    given = parser.parse_args()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        table = pd.DataFrame([row for seed in range(given.studies) for row in study(seed, given.n_boot)])
    rows = []
    for rank, part in table.groupby("rank"):
        rows.append(
            {
                "rank": rank,
                "studies": len(part),
                "cost": f"{part['cost'].mean():.3f}",
                "foretold": f"{part['foretold'].mean():.3f}",
                "measured": f"{part['measured'].mean():.3f}",
                "measured_se": f"{part['measured'].std() / np.sqrt(len(part)):.3f}",
            }
        )
    given.out.mkdir(parents=True, exist_ok=True)
    with (given.out / "next_run.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, rows[0], lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    ranked = table[table["rank"] != FIRST]
    print(*rows, f"rank correlation {spearmanr(ranked['foretold'], ranked['measured']).statistic:.2f}", sep="\n")


if __name__ == "__main__":
    main()
