"""How often forecasts were right: published tables replayed from small to large, and forecasts that were sealed.

Replayed: a run of a published table is forecast from all smaller runs of its series, by the law that foretold the
earlier ones best, as `forecast.forecast` would have done; the run was known to whoever made the table, so this tests
the method and not anybody's foresight. Sealed: written in a ledger before the run (see forecast/ledger.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from scalescope.forecast.candidates import Candidate, default_candidates
from scalescope.forecast.choose import choose
from scalescope.forecast.quantiles import LEVELS
from scalescope.forecast.rolling import compared, rolling
from scalescope.laws import RectifiedLaw
from scalescope.papers.besiroglu2024 import fits as besiroglu2024
from scalescope.papers.gadre2024 import fits as gadre2024
from scalescope.papers.ivgi2022.data import published_points, published_pretrain
from scalescope.papers.lin2024 import fits as lin2024

REPLAYED, SEALED = "replayed", "sealed"
FOLDS, N_BOOT = 5, 60  # of each series: every run is asked for once, whatever the folds
DRAWS = 2000  # of the interval of a coverage


@dataclass(frozen=True)
class Series:
    """Runs of one study that one law is to describe: frame with sizes, run and the response."""

    paper: str
    name: str
    frame: pd.DataFrame
    response: str
    laws: Sequence[Candidate]


def series_of(paper: str, data: pd.DataFrame | None) -> Iterator[Series]:
    """The series of a published study; `data` as `published.load` gives it (None for ivgi2022, which is committed)."""
    makers = {"besiroglu2024": _besiroglu, "gadre2024": _gadre, "lin2024": _lin, "ivgi2022": lambda _: _ivgi()}
    return makers[paper](data)


def _besiroglu(data: pd.DataFrame) -> Iterator[Series]:
    runs = besiroglu2024.used(data)[["parameters", "tokens", "flops", "loss"]]
    yield Series("besiroglu2024", "chinchilla", _named(runs), "loss", default_candidates())


def _gadre(data: pd.DataFrame) -> Iterator[Series]:
    for dataset in gadre2024.DATASETS:
        runs = gadre2024.runs(data, dataset)
        for response in ("loss", "error"):
            kept = runs.dropna(subset=[response])[["parameters", "tokens", "flops", response]]
            yield Series("gadre2024", f"{dataset}, {response}", _named(kept), response, default_candidates())


def _lin(data: pd.DataFrame) -> Iterator[Series]:
    law = Candidate("rectified", "rectified", ("tokens",), _rectified)
    for dataset, model, examples, losses in lin2024.each_curve(data):
        frame = pd.DataFrame({"tokens": np.asarray(examples, dtype=float), "loss": np.asarray(losses, dtype=float)})
        yield Series("lin2024", f"{dataset}, {model}", _named(frame), "loss", [law])


def _rectified(points: int, grouped: bool) -> RectifiedLaw:
    return RectifiedLaw(interval="bootstrap", warn_beyond=None)


def _ivgi() -> Iterator[Series]:
    laws = [law for law in default_candidates() if law.inputs == ("parameters",)]
    pretrain, points = published_pretrain(), published_points()
    for (objective, ratio), runs in pretrain[pretrain["role"] != "target"].groupby(["objective", "aspect_ratio"]):
        frame = _named(runs[["parameters", "loss"]])
        yield Series("ivgi2022", f"pretraining, {objective}, {ratio}", frame, "loss", laws)
    tuned = points[(points["hpt"] == "with") & (points["role"] != "second")]
    for (task, objective), runs in tuned.groupby(["task", "objective"]):
        frame = _named(runs[["parameters", "error"]])
        yield Series("ivgi2022", f"{task}, {objective}", frame, "error", laws)


def _named(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.reset_index(drop=True).assign(run=lambda table: [f"{place}" for place in table.index])


def replayed(series: Iterable[Series], n_boot: int = N_BOOT) -> pd.DataFrame:
    """Rolling forecasts of all laws of all series: columns of `rolling`, paper, series, response, chosen.

    chosen: of the laws of a fold the one that the forecasts of all earlier folds speak for; before any, the simplest.
    """
    parts = []
    for one in series:
        found = rolling(one.frame, one.response, one.laws, n_boot, FOLDS)
        if not found.empty:
            parts.append(_with_choice(found, one.laws).assign(paper=one.paper, series=one.name, response=one.response))
    return pd.concat(parts, ignore_index=True)


def _with_choice(found: pd.DataFrame, laws: Sequence[Candidate]) -> pd.DataFrame:
    chosen = pd.Series(False, index=found.index)
    for fold, part in found.groupby("fold"):
        possible = [law for law in laws if law.name in set(part["law"])]
        past = found[(found["fold"] < fold) & found["law"].isin(part["law"])]
        name = choose(compared(past), possible).law
        chosen[part.index[part["law"] == name]] = True
    return found.assign(chosen=chosen)


def hits(table: pd.DataFrame) -> pd.DataFrame:
    """Whether the central interval of each nominal level holds `actual`: one column per level, named by it."""
    inside = {level: table["actual"].between(table[low], table[high]) for level, (low, high) in LEVELS.items()}
    return pd.DataFrame(inside)


def calibration(table: pd.DataFrame, cluster: str = "series", random_state: int = 0) -> pd.DataFrame:
    """Nominal against actual coverage, one row per kind (and "all") and level: forecasts, coverage, low, high.

    low, high: 95 % interval of the coverage, from drawing clusters with replacement, since forecasts of one series
    share their runs and their law. Of one cluster or few forecasts it says little; with a single cluster it is blank.
    """
    held, rng, rows = hits(table), np.random.default_rng(random_state), []
    groups = {**{kind: table["kind"] == kind for kind in table["kind"].unique()}, "all": pd.Series(True, table.index)}
    for kind, chosen in groups.items():
        labels = (table["kind"] + table["paper"] + table[cluster])[chosen]
        number = labels.astype("category").cat.codes.to_numpy()
        count = number.max() + 1
        drawn = rng.multinomial(count, np.full(count, 1 / count), size=DRAWS)  # clusters per draw [B, clusters]
        size = np.bincount(number)
        for level in held:
            inside = np.bincount(number, held.loc[chosen, level])
            ends = np.percentile(drawn @ inside / (drawn @ size), [2.5, 97.5]) if count > 1 else (np.nan, np.nan)
            rows.append((kind, level, int(chosen.sum()), int(count), held.loc[chosen, level].mean(), *ends))
    columns = ["kind", "nominal", "forecasts", "clusters", "coverage", "low", "high"]
    return pd.DataFrame(rows, columns=columns).sort_values(["kind", "nominal"], ignore_index=True)


def with_sealed(replays: pd.DataFrame, ledgers: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Chosen replays and scored ledgers (name -> `ledger.scored`) in one table, told apart by `kind`."""
    own = replays[replays["chosen"]].assign(kind=REPLAYED)
    parts = [own] + [
        rows.assign(kind=SEALED, paper=name, series=rows["quantity"], predicted=rows["mean"])
        for name, rows in ledgers.items()
        if len(rows)
    ]
    return pd.concat(parts, ignore_index=True)
