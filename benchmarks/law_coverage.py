"""How often a 95 % interval of a slope holds the true slope: naive and hierarchical bootstrap, and Student's t.

    python benchmarks/law_coverage.py            writes benchmarks/results/law_coverage.csv (about a minute)

Simulated studies with a known law: ln y = slope ln N + intercept + (noise of the scale) + (noise of the seed), both
normal. The noise of a scale is what all its seeds share (one pretraining run, one set of hyperparameters); it is why
points of one scale are not independent. Designs have the paper's ladder (8 sizes, 5 seeds), and smaller ones. Student's
interval for the line through the means of the scales is exact here, and stands for what could be had.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import stats

from scalescope.experiment.seeds import one_row_per_seed
from scalescope.laws import PowerLaw, hierarchical_bootstrap, naive_bootstrap
from scalescope.papers.ivgi2022.data import published_points

SLOPE, INTERCEPT = -0.1, 0.0
LADDER = 12 * np.arange(1, 9) ** 3 * 32**2  # the paper's: 12 L (32 L)^2


def designs() -> dict[str, tuple[int, int, float, float]]:
    """Name -> sizes, seeds, noise of a scale and of a seed (standard deviations of ln y)."""
    scale, seed = paper_noise()
    return {
        "noise of seeds only": (8, 5, 0.0, seed),
        "scale as noisy as seed": (8, 5, seed, seed),
        "as in the paper": (8, 5, scale, seed),
        "six sizes, three seeds": (6, 3, scale, seed),
        "four sizes, three seeds": (4, 3, scale, seed),
    }


def paper_noise() -> tuple[float, float]:
    """Medians over the paper's nine tasks (MLM, tuned) of the noise of a scale about its law, and of a seed."""
    points = one_row_per_seed(published_points()).query("objective == 'mlm' and hpt == 'with' and role == 'ladder'")
    found = []
    for _, task in points.assign(log_error=np.log(points["error"])).groupby("task"):
        scales = task.groupby("parameters")["log_error"].agg(["mean", "var", "size"])
        x = np.log(scales.index.to_numpy(dtype=float))
        residual = scales["mean"] - np.polyval(np.polyfit(x, scales["mean"], 1), x)
        within = scales["var"].mean()
        between = (residual**2).sum() / (len(x) - 2) - within / scales["size"].mean()
        found.append([np.sqrt(max(between, 0.0)), np.sqrt(within)])
    scale, seed = np.median(found, axis=0)
    return float(scale), float(seed)


def main() -> None:
    """Run all designs and write the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--studies", type=int, default=1000)
    parser.add_argument("--n-boot", type=int, default=1000)
    given = parser.parse_args()
    started = time.process_time()
    table = pd.concat([cover(name, *design, given.studies, given.n_boot) for name, design in designs().items()])
    target = Path(__file__).parent / "results" / "law_coverage.csv"
    table.to_csv(target, index=False, float_format="%.4g")
    print(table.to_string(index=False, float_format="%.3f"))
    print(f"{target.name}: {time.process_time() - started:.0f} s of CPU")


def cover(
    name: str, n_sizes: int, seeds: int, scale_noise: float, seed_noise: float, studies: int, n_boot: int
) -> pd.DataFrame:
    """Coverage, its standard error and the median width of each interval over `studies` simulated studies."""
    rng = np.random.default_rng(20220213)
    sizes = np.repeat(LADDER[:n_sizes].astype(float), seeds)
    found: dict[str, list] = {"naive": [], "hierarchical": [], "Student's t on means": []}
    for study in range(studies):
        noise = np.repeat(scale_noise * rng.normal(size=n_sizes), seeds) + seed_noise * rng.normal(size=len(sizes))
        y = np.exp(SLOPE * np.log(sizes) + INTERCEPT + noise)
        settings = {"n_boot": n_boot, "random_state": study}
        found["naive"].append(naive_bootstrap(PowerLaw(), sizes, y, **settings).intervals()["slope"])
        drawn = hierarchical_bootstrap(PowerLaw(), sizes, y, sizes, **settings)
        found["hierarchical"].append(drawn.intervals()["slope"])
        found["Student's t on means"].append(student(LADDER[:n_sizes], np.log(y).reshape(n_sizes, seeds).mean(axis=1)))
    rows = []
    for method, intervals in found.items():
        low, high = np.array(intervals).T
        share = np.mean((low <= SLOPE) & (high >= SLOPE))
        rows.append(
            {
                "design": name,
                "sizes": n_sizes,
                "seeds": seeds,
                "noise_of_scale": scale_noise,
                "noise_of_seed": seed_noise,
                "interval": method,
                "studies": studies,
                "coverage": share,
                "standard_error": np.sqrt(share * (1 - share) / studies),
                "median_width": np.median(high - low),
            }
        )
    return pd.DataFrame(rows)


def student(sizes: np.ndarray, log_means: np.ndarray) -> tuple[float, float]:
    """95 % interval of the slope of the line through one mean a scale."""
    fit = stats.linregress(np.log(sizes), log_means)
    half = stats.t.ppf(0.975, len(sizes) - 2) * fit.stderr
    return fit.slope - half, fit.slope + half


if __name__ == "__main__":
    main()
