"""Lin et al. (2024): the rectified law of finetuning loss on 90 curves, and choosing a model from part of the data.

Source: "Selecting large language model to fine-tune via rectified scaling law", arXiv:2402.02314. A curve is the test
loss of one model on one data set against the number of finetuning examples D. Both laws are fitted by least squares
on ln L over D above zero. Tables are tidy (`tables.COLUMNS["lin2024"]`), published or live.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import product

import numpy as np
import pandas as pd

from scalescope.laws import CurveLaw, RectifiedLaw, VanillaFinetuningLaw
from scalescope.laws.selection import select
from scalescope.laws.selectors import METHODS, AtS, Selector

RATIOS = (8, 16, 32, 64, 128, 256, 512)  # the full size over the budget
TITLES = {"flan": "FLAN", "wmt19": "WMT19", "gigaword": "Gigaword"}
TABLE_1 = ("AtS", "ZeroShot", "SubTuning", "ModelSize")
AT_BOUND = 1e-6  # E below this share of the smallest loss: the law has gone to its bound, the data do not give E


def curves(table: pd.DataFrame, dataset: str) -> tuple[pd.DataFrame, pd.Series]:
    """Losses [models, sizes] of one data set, sizes as columns (0: not finetuned), and the models' parameters."""
    rows = table[table["dataset"] == dataset]
    models = rows["model"].unique()
    losses = rows.pivot(index="model", columns="examples", values="loss").loc[models]
    return losses, rows.drop_duplicates("model").set_index("model")["parameters"].loc[models]


def fits(table: pd.DataFrame) -> pd.DataFrame:
    """One row per curve: parameters of both laws, RMSD of ln L, and where the pre-power phase ends.

    `phase_transition` is D_l^(1/beta), the pre-learned data size in examples. `E_at_bound`: the rectified fit has E at
    zero, so that its asymptote is not determined by the curve.
    """
    rows = []
    found = list(each_curve(table))
    laws = [_fitted(kind(loss="log_squares", n_boot=0), found) for kind in (RectifiedLaw, VanillaFinetuningLaw)]
    for (dataset, model, examples, losses), rectified, vanilla in zip(found, *laws, strict=True):
        params = rectified.params_
        rows.append(
            {
                "dataset": dataset,
                "model": model,
                **params,
                "phase_transition": float(rectified.phase_transition()),
                "E_at_bound": params["E"] < AT_BOUND * losses.min(),
                "rmsd": rmsd(rectified.predict(examples), losses),
                **{f"vanilla_{name}": value for name, value in vanilla.params_.items()},
                "vanilla_rmsd": rmsd(vanilla.predict(examples), losses),
            }
        )
    return pd.DataFrame(rows)


def rmsd_summary(fitted: pd.DataFrame, reported: pd.DataFrame) -> pd.DataFrame:
    """Mean RMSD of ln L by data set and over all curves: published, the authors' code run again, and ours.

    `reported`: rows of `reference.reference("lin2024")`.
    """
    values = reported.set_index(["quantity", "setting"])["reported"]
    rows = []
    for dataset in [*fitted["dataset"].unique(), None]:
        part = fitted if dataset is None else fitted[fitted["dataset"] == dataset]
        setting = "all 90 curves" if dataset is None else dataset.upper()
        row = {"dataset": setting}
        for law, column in (("rectified", "rmsd"), ("vanilla", "vanilla_rmsd")):
            for how in ("published", "rerun"):
                row[f"{law}_{how}"] = float(values.get((f"mean RMSD of log loss, {law} law ({how})", setting), np.nan))
            row[f"{law}_ours"] = part[column].mean()
        rows.append(row)
    return pd.DataFrame(rows)


def selection(
    table: pd.DataFrame,
    methods: Iterable[Selector | str] = TABLE_1,
    *,
    ratios: Sequence[int] = RATIOS,
    smaller_than: float = np.inf,
) -> pd.DataFrame:
    """Every method on every data set and budget: Pearson correlation, relative accuracy, and the chosen model.

    The target is the largest size of the table; the budget is the target over each of `ratios`. Only models with
    fewer parameters than `smaller_than` take part.
    """
    rows = []
    for dataset in table["dataset"].unique():
        losses, parameters = curves(table[table["parameters"] < smaller_than], dataset)
        target = max(losses.columns)
        actual = losses[target].to_numpy()
        for ratio in ratios:
            for method in methods:
                made = METHODS[method]() if isinstance(method, str) else method
                found = select(losses, target / ratio, target=target, method=made, parameters=parameters)
                scores = (found.pearson(actual), found.relative_accuracy(actual))
                rows.append((dataset, ratio, target // ratio, made.name, *scores, losses.index[found.best]))
    columns = ["dataset", "ratio", "budget", "method", "pearson", "relative_accuracy", "chosen"]
    return pd.DataFrame(rows, columns=columns)


def printed(selected: pd.DataFrame, measure: str = "pearson") -> pd.DataFrame:
    """A selection table as the paper prints it: percent with one digit, a row a budget, a column data set and method.

    Values are rounded to four digits first, as the authors' code does.
    """
    text = [f"{percent(value):.1f}" for value in selected[measure]]
    wide = selected.assign(text=text).pivot(index="ratio", columns=["dataset", "method"], values="text")
    order = selected[["dataset", "method"]].drop_duplicates().itertuples(index=False, name=None)
    return wide[list(order)]


def percent(value: float) -> float:
    """A share in percent after the rounding to four digits that the authors' code does."""
    return round(value, 4) * 100


def ablation(
    table: pd.DataFrame, ks: Iterable[int] = (3, 4, 5), deltas: Iterable[int] = (1, 2, 3, 4, 5)
) -> pd.DataFrame:
    """Mean Pearson correlation (percent) of AtS over data sets and budgets, for each k and delta; and mended."""
    rows = []
    for k, delta in product(ks, deltas):
        row = {"k": k, "delta": delta}
        for name, mended in (("published", False), ("mended", True)):
            found = selection(table, [AtS(k=k, delta=delta, mended=mended)])
            row[name] = found["pearson"].map(percent).mean()
        rows.append(row)
    return pd.DataFrame(rows)


def size_limits(table: pd.DataFrame, limits: Iterable[float] = (7e8, 1.4e9, 1.9e9, 7e9)) -> pd.DataFrame:
    """Mean Pearson correlation and relative accuracy (percent) of table 1's methods among models below each size."""
    rows = []
    for limit in limits:
        found = selection(table, smaller_than=limit)
        for method, part in found.groupby("method", sort=False):
            means = {name: part[name].map(percent).mean() for name in ("pearson", "relative_accuracy")}
            rows.append({"smaller_than": limit, "method": method, **means})
    return pd.DataFrame(rows)


def rmsd(predicted: np.ndarray, losses: np.ndarray) -> float:
    """Root of the mean squared difference of logarithms."""
    return float(np.sqrt(np.mean(np.log(predicted / losses) ** 2)))


def _fitted(law: CurveLaw, found: list[tuple]) -> list[CurveLaw]:
    """A copy of the law for every curve; those of the same sizes are searched together."""
    alike = defaultdict(list)
    for place, (_, _, examples, _) in enumerate(found):
        alike[tuple(examples)].append(place)
    fitted = {}
    for examples, places in alike.items():
        fitted |= zip(places, law.fit_each(examples, [found[place][3] for place in places]), strict=True)
    return [fitted[place] for place in range(len(found))]


def each_curve(table: pd.DataFrame) -> Iterator[tuple[str, str, np.ndarray, np.ndarray]]:
    """Data set, model, examples [n] in order and losses [n] of every curve, without the point at zero."""
    finetuned = table[table["examples"] > 0]
    for (dataset, model), rows in finetuned.groupby(["dataset", "model"], sort=False):
        rows = rows.sort_values("examples")
        yield dataset, model, rows["examples"].to_numpy(dtype=float), rows["loss"].to_numpy()
