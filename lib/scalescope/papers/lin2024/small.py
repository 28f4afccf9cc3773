"""Lin et al. (2024) on our own zoo: both laws of each curve, what they forecast from an eighth of it, and selection.

The paper's protocol with our sizes: L(D) of every member from D = 0 up by factors of two, both laws fitted by least
squares of ln L to D above zero, and each of its methods choosing a model under budgets from 1/8 to 1/512 of the full
size. Selection is a projection of each member's predicted loss, so that its intervals come from drawing members.
"""

from __future__ import annotations

import io
from functools import lru_cache

import numpy as np
import pandas as pd

from scalescope.laws import CurveLaw, RectifiedLaw, VanillaFinetuningLaw
from scalescope.laws.selection import relative_accuracy, select
from scalescope.laws.selectors import METHODS
from scalescope.papers.lin2024 import fits as published
from scalescope.papers.lin2024.data import in_order
from scalescope.papers.verdicts import first_with_interval
from scalescope.tables import COLUMNS

LAWS: dict[str, type[CurveLaw]] = {"RectifiedLaw": RectifiedLaw, "VanillaFinetuningLaw": VanillaFinetuningLaw}
N_BOOT = 400
N_ZOOS = 1000  # zoos of the same size drawn from ours
LEAST_SIZES = 4  # above zero, that a budget must pay for
MEAN = 0  # stands in the column "ratio" for the mean over budgets
MEASURES = ("regret", "relative_accuracy")


def points(runs: pd.DataFrame, member: dict[str, str]) -> pd.DataFrame:
    """Finished finetuning runs, of those that differ in their rate only the best one.

    member: name of the model that each run (by id) goes on from. One row per model and number of examples.
    """
    rows = runs[runs["run_id"].isin(member) & (runs["status"] == "finished")]
    rows = rows.assign(model=rows["run_id"].map(member), examples=rows["rows"])
    found = rows[["model", "examples", "role", "learning_rate", "finetune_tokens", "loss", "loss_before", "run_id"]]
    best = found.sort_values(["loss", "learning_rate"], kind="stable").drop_duplicates(["model", "examples"])
    return in_order(best, dict.fromkeys(member.values()))


def last_rate(own: pd.DataFrame) -> float:
    """The rate that was best at the most examples of one model's points."""
    return float(own.loc[own["examples"].idxmax(), "learning_rate"])


def laws(own: pd.DataFrame, n_boot: int = N_BOOT) -> dict[str, CurveLaw]:
    """Both laws of one model's points (columns examples, loss) by name."""
    text = own[["examples", "loss"]].to_json(orient="split", double_precision=15, index=False)
    return {name: _law(name, text, n_boot) for name in LAWS}


@lru_cache(maxsize=256)  # forecasts and the table of parameters ask the same laws, whose bootstrap takes seconds
def _law(name: str, points_as_json: str, n_boot: int) -> CurveLaw:
    own = pd.read_json(io.StringIO(points_as_json), orient="split")
    made = LAWS[name](loss="log_squares", interval="residual", n_boot=n_boot, warn_beyond=None)
    return made.fit(own[["examples"]], own["loss"])


def curves(found: pd.DataFrame, zoo: pd.DataFrame, task: str) -> pd.DataFrame:
    """Points as the published tables have them (`tables.COLUMNS["lin2024"]`), with the loss before as that of zero."""
    before = found.drop_duplicates("model").assign(examples=0, loss=lambda rows: rows["loss_before"])
    both = pd.concat([before, found], ignore_index=True)
    about = zoo.set_index("model").loc[both["model"]]
    family = about["objective"] + " on " + about["text"]
    table = both.assign(dataset=task, family=family.to_numpy(), parameters=about["parameters"].to_numpy())
    return in_order(table, zoo["model"])[COLUMNS["lin2024"]]


def fits(table: pd.DataFrame) -> pd.DataFrame:
    """Both laws of every whole curve, as of the published ones (`fits.fits`), and what they were fitted to."""
    sizes = table.loc[table["examples"] > 0].groupby("model")["examples"]
    return published.fits(table).join(sizes.agg(smallest="min", largest="max", n_points="size"), on="model")


def parameters(found: pd.DataFrame, n_boot: int = N_BOOT) -> pd.DataFrame:
    """Parameters of both laws of every whole curve with 95 % intervals, and the end of the pre-power phase."""
    rows = []
    for model, own in found.groupby("model", sort=False):
        for name, made in laws(own, n_boot).items():
            for symbol, value in made.params_.items():
                rows.append((model, name, symbol, value, *made.intervals_.get(symbol, (np.nan, np.nan))))
            if isinstance(made, RectifiedLaw):
                end = made.phase_transition()
                rows.append((model, name, "D_l^(1/beta)", float(end), end.low, end.high))
    return pd.DataFrame(rows, columns=["model", "law", "symbol", "value", "low", "high"])


def slopes(table: pd.DataFrame) -> pd.DataFrame:
    """How steep each curve is at its beginning and where it is steepest: -d ln L / d ln D over windows of three sizes.

    The pre-power phase is told without a law: `first` (the three smallest sizes above zero), `steepest` (of all
    windows), `examples` (middle of the steepest window).
    """
    rows = []
    for _, model, examples, losses in published.each_curve(table):
        u, v = np.log(examples), np.log(losses)
        windows = [slice(start, start + 3) for start in range(len(u) - 2)]
        found = [-np.polyfit(u[window], v[window], 1)[0] for window in windows]
        best = int(np.argmax(found))
        rows.append({"model": model, "first": found[0], "steepest": found[best], "examples": examples[best + 1]})
    return pd.DataFrame(rows)


def ratios(table: pd.DataFrame) -> list[int]:
    """Budgets of the paper (the full size over them) that pay for at least LEAST_SIZES sizes."""
    sizes = np.unique(table.loc[table["examples"] > 0, "examples"])
    return [ratio for ratio in published.RATIOS if (sizes <= sizes.max() / ratio).sum() >= LEAST_SIZES]


def selection(table: pd.DataFrame) -> pd.DataFrame:
    """Every method under every budget, as of the published tables, with its regret.

    regret: full-size loss of the chosen model above that of the best one, nats.
    """
    found = published.selection(table, METHODS, ratios=ratios(table))
    losses = published.curves(table, table["dataset"].iloc[0])[0]
    full = losses[max(losses.columns)]
    return found.assign(regret=found["chosen"].map(full).astype(float) - full.min())


def judged_zoos(table: pd.DataFrame, n_zoos: int = N_ZOOS) -> dict[str, np.ndarray]:
    """Regret and relative accuracy [1 + zoos, ratios, MEASURES] of each method, of our zoo first, then of drawn ones.

    Drawn: as many members as ours has, with replacement, the same for every method and budget, so that methods can be
    compared in pairs; zoos whose members all have one loss are left out.
    """
    losses, sizes = published.curves(table, table["dataset"].iloc[0])
    target = max(losses.columns)
    full, count = losses[target].to_numpy(), len(losses)
    drawn = np.random.default_rng(0).integers(count, size=(n_zoos, count))
    zoos = [np.arange(count), *(zoo for zoo in drawn if np.ptp(full[zoo]) > 0)]
    found = {}
    for method in METHODS:
        orders = [
            select(losses, target / ratio, target=target, method=method, parameters=sizes).order
            for ratio in ratios(table)
        ]
        ranks = np.argsort(orders, axis=1)
        found[method] = np.array([[_judged(rank[zoo], full[zoo]) for rank in ranks] for zoo in zoos])
    return found


def _judged(rank: np.ndarray, full: np.ndarray) -> tuple[float, float]:
    """Regret and relative accuracy of the member that a method ranks first."""
    best = int(np.argmin(rank))
    return float(full[best] - full.min()), relative_accuracy(best, full)


def scores(table: pd.DataFrame, zoos: dict[str, np.ndarray]) -> pd.DataFrame:
    """Regret and relative accuracy by method and budget, and their mean over budgets (ratio MEAN), with intervals.

    zoos: of `judged_zoos`; the 95 % intervals are over the drawn ones.
    """
    rows = []
    for method, values in zoos.items():
        both = np.concatenate([values, values.mean(axis=1, keepdims=True)], axis=1)
        for place, ratio in enumerate([*ratios(table), MEAN]):
            for which, measure in enumerate(MEASURES):
                rows.append((method, ratio, measure, *first_with_interval(both[:, place, which])))
    return pd.DataFrame(rows, columns=["method", "ratio", "measure", "value", "low", "high"])


def contests(zoos: dict[str, np.ndarray], method: str = "AtS") -> pd.DataFrame:
    """Mean relative accuracy over budgets of a method minus that of each other one in the same zoos."""
    means = {name: values[:, :, MEASURES.index("relative_accuracy")].mean(axis=1) for name, values in zoos.items()}
    rows = [(method, name, *first_with_interval(means[method] - means[name])) for name in means if name != method]
    return pd.DataFrame(rows, columns=["method", "other", "difference", "low", "high"])
