"""The record of all forecasts as files: replays of published tables, sealed forecasts of profiles, and their figure."""

from __future__ import annotations

import warnings
from pathlib import Path

import matplotlib.pyplot as plt
import pandas as pd

from scalescope import files, paths
from scalescope.forecast.ledger import summary, with_distance
from scalescope.forecast.sealing import LEDGER
from scalescope.papers import published
from scalescope.papers.calibration import N_BOOT, calibration, hits, replayed, series_of, with_sealed
from scalescope.papers.ledger import scored_ledger
from scalescope.plotting import save
from scalescope.plotting.forecast import calibration_data, draw_calibration

SMOKE = "smoke"  # what the names of these profiles end with
FORECASTS = "forecasts"  # folder beside the published papers' own
PAPERS = ("besiroglu2024", "gadre2024", "lin2024", "ivgi2022")
REPLAY = ["paper", "series", "response", "law", "fitted", "run", "distance"]
CAME = ["predicted", "actual", "log_error", "crps", "widening", "q025", "q975"]


def replays(n_boot: int = N_BOOT, download: bool = True) -> pd.DataFrame:
    """All rolling forecasts over the published tables; raises MissingData where files are not to be had."""
    series = []
    for paper in PAPERS:
        data = published.load(paper, download=download) if paper in published.PAPERS else None
        series += series_of(paper, data)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return replayed(series, n_boot)


def sealed() -> dict[str, pd.DataFrame]:
    """The scored ledger of every profile that has one and whose runs are known by now.

    Those of the smoke profiles do not count: their runs show that the software works, and nothing about a law.
    """
    names = sorted(path.parent.name for path in paths.results("x").parent.glob(f"*/{LEDGER}"))
    return {name: scored_ledger(name)[1] for name in names if not name.endswith(SMOKE)}


def write_calibration(n_boot: int = N_BOOT, download: bool = True) -> list[Path]:
    """Write the tables and the figure of the record; returns the paths.

    data/results/published/forecasts: replayed.csv (every replay of a chosen law, 95 % interval), calibration.csv,
    by_distance.csv, by_law.csv (of all laws, chosen or not). figures/published/forecasts: calibration.
    """
    files.check_folders(paths.outputs("published", FORECASTS))
    every = replays(n_boot, download)
    every = every.assign(covered=hits(every)[0.95])
    together = with_sealed(every, sealed())
    table = calibration(together)
    together = with_distance(together.assign(covered=hits(together)[0.95]))
    by_distance = summary(together, ["kind", "beyond"])
    tables = {
        "replayed": every[every["chosen"]][[*REPLAY, *CAME]],
        "calibration": table,
        "by_distance": by_distance,
        "by_paper": summary(together, ["kind", "paper"]),
        "by_law": summary(every, ["paper", "law"]),
    }
    written = files.write_tables(paths.results("published") / FORECASTS, tables)
    drawn = calibration_data(table, by_distance)
    written += save(draw_calibration, drawn, paths.figures("published", FORECASTS), "calibration")
    plt.close()
    return written
