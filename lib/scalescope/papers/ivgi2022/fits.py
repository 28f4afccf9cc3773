"""Fit once: every law of one source with its bootstrap, and the tables that are cut from them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from scalescope.errors import UnknownName
from scalescope.experiment.points import (
    CLASSES,
    OBJECTIVES,
    TUNINGS,
    aspect_ratios,
    split_usable,
    task_names,
    title,
    usable_pretraining,
)
from scalescope.experiment.pretraining_seeds import SEED
from scalescope.experiment.progress import each
from scalescope.papers.ivgi2022.one_law import FORECAST, LAW, LINE, NUMBERS, STATISTICS, FittedLaw, fit_series

NAMES = ["objective", "hpt", "task", "title"]
COUNTS = ["n_sizes", "n_points", "n_left_out"]
FITS = [*NAMES, *COUNTS, *LAW, "extrapolation", *FORECAST, "actual", "re", "re_from_2"]
PRETRAINING = ["objective", "aspect_ratio", "n_sizes", *LINE, "target_parameters", *FORECAST, "actual", "re"]
TABLES = ("points", "pair_points", "pretrain")  # that laws are fitted to
# of: the table of a source; draw: "hierarchical" or "naive"; seed: beside the random state of all
USUAL = dict(of="points", objective="mlm", hpt="with", task="", aspect_ratio=0, y="error", draw="hierarchical", seed=0)
KEYS = list(USUAL)  # their order is that of the columns of stored laws
LAWS = [*KEYS, "n_left_out", *NUMBERS, "facts"]
LOSS_TASKS = ("mnli", "qnli", "sst2", "race", "mrpc", "boolq")  # figure 7


@dataclass(frozen=True)
class Laws:
    """All laws of a source: tables, cards, claims, selection and figures are cut from these two tables.

    laws: one row per series (columns LAWS; blank where it has fewer than two sizes). replicates: `law` (row of laws),
    `replicate` (0: the points themselves) and STATISTICS.
    """

    laws: pd.DataFrame
    replicates: pd.DataFrame

    def of(self, **key: object) -> FittedLaw | None:
        """The law of one series (KEYS; those not given as in USUAL); None where it has none."""
        place = self._places.get(tuple((USUAL | key)[name] for name in KEYS))
        if place is None or place not in self._starts:
            return None
        rows = slice(*self._starts[place])
        values = {name: self.replicates[name].to_numpy()[rows] for name in STATISTICS}
        return FittedLaw(self.laws.iloc[place].to_dict(), values)

    def fits(self, of: str = "points") -> pd.DataFrame:
        """One row per objective, hpt and task with every number of the law, full precision (columns FITS).

        Slope intervals and the interval of the prediction: 95 % of the hierarchical bootstrap. `r2_from_2` and
        `re_from_2` refit without the smallest ladder size (the paper's L = 1); `mre` is the mean relative error
        of the metric at the two largest ladder sizes under the law of the others. Predictions, `actual` and
        `re` are for the mean over seeds of the (largest) target, in metric units. Too few sizes leave NaN; R2
        needs three.
        """
        rows = self._usual(of, "error")
        actual, metric = 1 - rows["actual"], 1 - rows["prediction"]
        table = rows.assign(
            title=rows["task"].map(title),
            actual=actual,
            prediction=metric,
            re=_relative(metric, actual),
            prediction_low=1 - rows["prediction_high"],
            prediction_high=1 - rows["prediction_low"],
            re_from_2=_relative(1 - rows["prediction_from_2"], actual),
        )
        return _numeric(table[FITS])

    @property
    def pretraining(self) -> pd.DataFrame:
        """The law of pretraining loss (nats) against N per objective and aspect ratio (columns PRETRAINING).

        Prediction, `actual` and `re` = (prediction - actual) / actual are the loss of the target. Source: figure 2.
        """
        rows = self._usual("pretrain", "loss")
        return _numeric(rows.assign(re=(rows["prediction"] - rows["actual"]) / rows["actual"])[PRETRAINING])

    def _usual(self, of: str, y: str) -> pd.DataFrame:
        laws = self.laws
        usual = (laws["of"] == of) & (laws["y"] == y) & (laws["draw"] == "hierarchical") & (laws["seed"] == 0)
        return laws[usual].reset_index(drop=True)

    @cached_property
    def _places(self) -> dict[tuple, int]:
        return {key: place for place, key in enumerate(self.laws[KEYS].itertuples(index=False, name=None))}

    @cached_property
    def _starts(self) -> dict[int, tuple[int, int]]:
        """First row of the replicates of each law, and the row after its last."""
        law = self.replicates["law"].to_numpy()
        places, first = np.unique(law, return_index=True)
        return dict(zip(places.tolist(), zip(first, np.append(first[1:], len(law)), strict=True), strict=True))


def fit_laws(
    tables: Mapping[str, pd.DataFrame],
    *,
    n_boot: int = 1000,
    random_state: int = 0,
    only: Mapping[str, object] | None = None,
    bar: str = "",
) -> Laws:
    """Fit and bootstrap every law of a source, or those whose KEYS are as in `only`, each once.

    tables: "points" and, where they differ, "pair_points" (the comparison between objectives), and "pretrain"; what is
    lacking has no laws. bar: what a notebook calls the bar that it shows meanwhile; none without. Raises ValueError for
    tables that `check_points` and `usable_pretraining` refuse, and UnknownName where none of these tables is there
    (such as for one table in place of a mapping, whose names are columns).
    """
    if len(tables) and not set(TABLES) & set(tables):
        raise UnknownName("table of a source of laws", next(iter(tables)), TABLES)
    rows, parts, known = [], [], {}
    wanted = [found for found in _all_series(tables) if (only or {}).items() <= found[0].items()]
    numbered = {str(place): found for place, found in enumerate(wanted, 1)}
    for place in each(bar, list(numbered)) if bar else numbered:
        key, series, n_left_out = numbered[place]
        seed = random_state + key["seed"]
        columns = [name for name in ("role", "parameters", SEED, key["y"]) if name in series]
        content = (key["y"], key["draw"], seed, series[columns].to_csv(index=False))
        if content not in known:  # the comparison between objectives has most points of the others
            known[content] = fit_series(
                series, key["y"], n_boot=n_boot, random_state=seed, naive=key["draw"] == "naive"
            )
        law = known[content]
        if law.replicates:
            part = pd.DataFrame(law.replicates)
            part.insert(0, "law", len(rows))
            part.insert(1, "replicate", np.arange(len(part)))
            parts.append(part)
        rows.append({**key, "n_left_out": n_left_out, **law.numbers})
    replicates = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=["law", "replicate"])
    laws = pd.DataFrame(rows, columns=LAWS).astype(dict.fromkeys(["n_left_out", *NUMBERS], float))
    return Laws(laws, replicates.reindex(columns=["law", "replicate", *STATISTICS]))


def fits(points: pd.DataFrame, *, n_boot: int = 1000, random_state: int = 0) -> pd.DataFrame:
    """`Laws.fits` of one table of points."""
    only = {"of": "points", "y": "error", "draw": "hierarchical"}
    return fit_laws({"points": points}, n_boot=n_boot, random_state=random_state, only=only).fits()


def pretraining_laws(pretrain: pd.DataFrame, *, n_boot: int = 1000, random_state: int = 0) -> pd.DataFrame:
    """`Laws.pretraining` of one table of pretraining runs."""
    only = {"seed": 0}
    return fit_laws({"pretrain": pretrain}, n_boot=n_boot, random_state=random_state, only=only).pretraining


def with_answerable(points: pd.DataFrame) -> pd.DataFrame:
    """Points with the error on answerable questions (blank where it was not measured)."""
    score = points["value_answerable"] if "value_answerable" in points else pd.Series(np.nan, index=points.index)
    return points.assign(error_answerable=1 - score)


def nats(task: str) -> float:
    """Loss of a uniform guess over the classes of a task."""
    return float(np.log(CLASSES[task]))


def _all_series(tables: Mapping[str, pd.DataFrame]) -> Iterator[tuple[dict, pd.DataFrame, int]]:
    """Key, rows and number of points left out of every law of a source."""
    if "points" in tables:
        yield from _of_points(tables["points"])
        yield from _of_pair(tables.get("pair_points", tables["points"]))
    if "pretrain" in tables:
        yield from _of_pretraining(tables["pretrain"])


def _of_points(points: pd.DataFrame) -> Iterator[tuple[dict, pd.DataFrame, int]]:
    usable, left_out = split_usable(points)
    usable = with_answerable(usable[usable["role"] != "second"])
    for objective, hpt in _pairs(usable):
        for task in task_names(points):
            key = USUAL | {"objective": objective, "hpt": hpt, "task": task}
            part = _select(usable, objective, hpt, task)
            yield key, part, len(_select(left_out, objective, hpt, task))
            if key == USUAL | {"task": task}:
                yield key | {"draw": "naive"}, part, 0
            if hpt == "with" and task in LOSS_TASKS and "loss" in part:
                loss = part["loss"].astype(float)
                yield key | {"y": "loss"}, part[np.isfinite(loss) & (loss > 0)], 0
            if key == USUAL | {"task": "squad_v2"}:
                yield key | {"y": "error_answerable"}, part[part["error_answerable"] > 0], 0


def _of_pair(points: pd.DataFrame) -> Iterator[tuple[dict, pd.DataFrame, int]]:
    """Laws of both objectives; those of the second are drawn once more, independently, for the choice between them."""
    usable, left_out = split_usable(points)
    usable = usable[usable["role"] != "second"]
    for objective, hpt in _pairs(usable):
        for task in task_names(points) if hpt == "with" else []:
            key = USUAL | {"of": "pair", "objective": objective, "task": task}
            part = _select(usable, objective, hpt, task)
            yield key, part, len(_select(left_out, objective, hpt, task))
            if objective != USUAL["objective"]:
                yield key | {"seed": 1}, part, 0


def _of_pretraining(pretrain: pd.DataFrame) -> Iterator[tuple[dict, pd.DataFrame, int]]:
    """Laws of every aspect ratio; that of the second is drawn once more, independently, for the comparison of both."""
    usable = pretrain[usable_pretraining(pretrain)]
    for objective in OBJECTIVES:
        part = usable[usable["objective"] == objective]
        for ratio in aspect_ratios(part):
            series = part[(part["role"] == "target") | (part["aspect_ratio"] == ratio)]
            key = USUAL | dict(of="pretrain", objective=objective, hpt="", aspect_ratio=ratio, y="loss")
            yield key, series, 0
            if (series["role"] == "second").any():
                yield key | {"seed": 1}, series, 0


def _pairs(points: pd.DataFrame) -> list[tuple[str, str]]:
    """Pairs of objective and tuning that have points, in the order of OBJECTIVES and TUNINGS."""
    found = set(points[["objective", "hpt"]].itertuples(index=False, name=None))
    return [(o, h) for o in OBJECTIVES for h in TUNINGS if (o, h) in found]


def _select(points: pd.DataFrame, objective: str, hpt: str, task: str) -> pd.DataFrame:
    return points[(points["objective"] == objective) & (points["hpt"] == hpt) & (points["task"] == task)]


def _relative(prediction: pd.Series, actual: pd.Series) -> pd.Series:
    """(prediction - actual) / |actual| of a metric, so that negative is below; NaN for a metric of zero."""
    return ((prediction - actual) / actual.abs()).where(actual != 0)


def _numeric(table: pd.DataFrame) -> pd.DataFrame:
    """Every column but the names as float, so that blank tables still calculate."""
    return table.astype({name: float for name in table.columns.difference([*NAMES, "aspect_ratio"])})
