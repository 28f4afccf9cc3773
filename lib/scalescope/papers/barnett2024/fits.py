"""Barnett (2024): loss after pretraining on one text and finetuning on another, and what the transfer gap decides.

Source: "An empirical study of scaling laws for transfer", arXiv:2408.16947: L(p, f) = (A p^-alpha + G) f^-beta + E. The
paper published no data; these are functions of our own tables (`tables.COLUMNS["runs"]`). Its text distributions lie at
unknown distances; our dialects lie at known ones, against which the fitted gap is held.
"""

from __future__ import annotations

import io
from functools import lru_cache

import numpy as np
import pandas as pd
from scipy.stats import spearmanr

from scalescope.errors import UnknownName
from scalescope.laws import TransferLaw
from scalescope.papers.barnett2024 import shared
from scalescope.papers.barnett2024.shared import INPUTS
from scalescope.papers.verdicts import first_with_interval

N_BOOT = 400
WIDEST = 0.98  # share of a budget that a split may spend on one side


def points(runs: pd.DataFrame) -> pd.DataFrame:
    """What the law is fitted to: finished runs on dialects that went on from a pretrained model, held-out ones not.

    One row per dialect, p, f and seed: the run at the best of its learning rates.
    """
    rows = runs[(runs["kind"] == "adapt") & (runs["role"] == "fit") & (runs["status"] == "finished")]
    return _best(rows, ["text", "distance", "seed", "rows", *INPUTS, "learning_rate", "loss", "loss_before"])


def scratch(runs: pd.DataFrame) -> pd.DataFrame:
    """The same runs without pretraining: the limit of the law."""
    rows = runs[(runs["kind"] == "pretrain") & (runs["pretrain_tokens"] == 0) & (runs["status"] == "finished")]
    return _best(rows, ["text", "distance", "seed", "rows", "finetune_tokens", "learning_rate", "loss"])


def _best(rows: pd.DataFrame, columns: list[str]) -> pd.DataFrame:
    """Of runs that differ in their rate only, the one with the lowest loss; of equal ones that of the lowest rate."""
    cell = [name for name in columns if name not in ("learning_rate", "loss", "loss_before")]
    ordered = rows[columns].sort_values(["loss", "learning_rate"], kind="stable").drop_duplicates(cell)
    by = ["distance", "text", *(name for name in INPUTS if name in columns), "seed"]
    return ordered.sort_values(by, kind="stable", ignore_index=True)


def nearest_rate(own: pd.DataFrame, pretrain_tokens: float, finetune_tokens: float) -> float:
    """The rate that was best at the cell of one dialect's points nearest (in logarithms) to p and f; first seed."""
    wanted = np.log([pretrain_tokens, finetune_tokens])
    away = np.square(np.log(own[INPUTS].to_numpy(dtype=float)) - wanted).sum(axis=1)
    return float(own["learning_rate"].iloc[int(np.argmin(away))])


def law(found: pd.DataFrame, text: str, n_boot: int = N_BOOT) -> TransferLaw:
    """The law of one dialect, by least squares of ln L. Raises UnknownName for a dialect without points."""
    if text not in set(found["text"]):
        raise UnknownName("dialect", text, found["text"].unique())
    own = found.loc[found["text"] == text, ["text", "rows", *INPUTS, "loss"]]
    return _law(own.to_json(orient="split", double_precision=15, index=False), n_boot)


@lru_cache(maxsize=32)  # forecasts, fits and allocation ask the same law, whose bootstrap takes seconds
def _law(points_as_json: str, n_boot: int) -> TransferLaw:
    own = pd.read_json(io.StringIO(points_as_json), orient="split", dtype={"text": str})
    cells = own["text"] + " " + own["pretrain_tokens"].round(-1).astype(str) + " " + own["rows"].astype(str)
    made = TransferLaw(loss="log_squares", n_boot=n_boot, warn_beyond=None)
    return made.fit(own[INPUTS], own["loss"], groups=cells if n_boot else None)  # cells are drawn, then seeds within


def fits(found: pd.DataFrame, n_boot: int = N_BOOT) -> pd.DataFrame:
    """Parameters with 95 % intervals, one row per dialect and symbol, exponents of its own ("separate") and shared.

    rms: root mean squared residual of ln L of the dialect's fit.
    """
    common = shared.fit(found)
    replicates = shared.replicates(found, n_boot) if n_boot else {}
    separate, together = [], []
    for text, own in found.groupby("text", sort=False):
        made = law(found, str(text), n_boot)
        separate += _parameters("separate", own, made.params_, made.intervals_, made.predict(own[INPUTS]))
        params = shared.of(common, str(text))
        drawn = shared.of(replicates, str(text)) if n_boot else {}
        intervals = {symbol: np.percentile(values, [2.5, 97.5]) for symbol, values in drawn.items()}
        together += _parameters("shared", own, params, intervals, shared.predict(params, own))
    columns = ["exponents", "text", "distance", "symbol", "value", "low", "high", "rms", "n_points"]
    return pd.DataFrame([*separate, *together], columns=columns)


def _parameters(exponents: str, own: pd.DataFrame, params: dict, intervals: dict, predicted: np.ndarray) -> list[dict]:
    """Rows of `fits`, one per symbol, of one dialect."""
    rms = float(np.sqrt(np.mean(np.log(predicted / own["loss"]) ** 2)))
    about = {"exponents": exponents, "text": own["text"].iloc[0], "distance": own["distance"].iloc[0]}
    about |= {"rms": rms, "n_points": len(own)}
    rows = []
    for symbol, value in params.items():
        low, high = intervals.get(symbol, (np.nan, np.nan))
        rows.append(about | {"symbol": symbol, "value": value, "low": low, "high": high})
    return rows


def params_of(fitted: pd.DataFrame, text: str) -> dict[str, float]:
    """The five parameters of one dialect with exponents of its own, from the table that `fits` gives."""
    own = fitted[(fitted["exponents"] == "separate") & (fitted["text"] == text)]
    return dict(zip(own["symbol"], own["value"], strict=True))


def exponents_compared(fitted: pd.DataFrame) -> pd.DataFrame:
    """Shared against separate exponents: residuals, parameters, and BIC (lower is better) over all dialects."""
    rows = []
    for kind, part in fitted.groupby("exponents", sort=False):
        each = part.drop_duplicates("text")
        n, squares = int(each["n_points"].sum()), float((each["rms"] ** 2 * each["n_points"]).sum())
        free = 5 * len(each) if kind == "separate" else 3 * len(each) + 2
        bic = n * np.log(squares / n) + free * np.log(n)
        rows.append({"exponents": kind, "parameters": free, "points": n, "rms": np.sqrt(squares / n), "bic": bic})
    return pd.DataFrame(rows)


def gaps(found: pd.DataFrame, n_boot: int = N_BOOT) -> pd.DataFrame:
    """The transfer gap of each dialect beside its known distance, both in a form that can be compared.

    G: of the fit with shared exponents. nats: G f^-beta at the middle (geometric) of the finetuning tokens, what the
    law says that no pretraining removes there. share: of G in the bracket (A p^-alpha + G) at most pretraining.
    """
    every = _optimum_and_replicates(found, n_boot)
    middle = _middle(found["finetune_tokens"])
    most = found["pretrain_tokens"].max()
    rows = []
    for text, own in found.groupby("text", sort=False):
        row = {"text": text, "distance": own["distance"].iloc[0]}
        params = shared.of(every, str(text))
        gap, left = params["G"], params["A"] * most ** -params["alpha"]
        measures = {"G": gap, "nats": gap * middle ** -params["beta"], "share": gap / np.maximum(gap + left, 1e-300)}
        for name, values in measures.items():
            value, low, high = first_with_interval(values)
            row |= {name: value, f"{name}_low": low, f"{name}_high": high}
        rows.append(row)
    return pd.DataFrame(rows)


def _optimum_and_replicates(found: pd.DataFrame, n_boot: int) -> dict[str, np.ndarray]:
    """Parameters of shared exponents by name [1 + n_boot]: those of the optimum, then those of the replicates."""
    replicates = shared.replicates(found, n_boot)
    return {name: np.append(value, replicates[name]) for name, value in shared.fit(found).items()}


def _middle(values: pd.Series) -> float:
    """Geometric mean."""
    return float(np.exp(np.log(values).mean()))


def rank_correlation(found: pd.DataFrame, n_boot: int = N_BOOT) -> dict[str, float]:
    """Spearman's correlation of the gap (nats) with the known distance: value, low, high (95 % of the bootstrap)."""
    order = found.drop_duplicates("text")
    every, middle = _optimum_and_replicates(found, n_boot), _middle(found["finetune_tokens"])
    nats = np.stack([every[f"G {text}"] for text in order["text"]], axis=1) * middle ** -every["beta"][:, None]
    value, low, high = first_with_interval(np.array([_spearman(row, order["distance"]) for row in nats]))
    return {"value": value, "low": low, "high": high, "dialects": len(order)}


def _spearman(values: np.ndarray, distance: pd.Series) -> float:
    """Rank correlation; 0 where all values are the same, which says nothing for either side."""
    return 0.0 if np.ptp(values) == 0 else float(spearmanr(values, distance).statistic)


def effective_data(found: pd.DataFrame, without: pd.DataFrame) -> pd.DataFrame:
    """Effective data transferred (Hernandez 2021): how many more tokens of the dialect a run from scratch would need.

    One row per dialect, p and f: means over seeds. from_scratch: tokens at which the run from scratch has the same loss
    (log-log interpolation between its sizes); beyond: it has not come so low at the most tokens there are, and
    `from_scratch` is that bound.
    """
    rows = []
    for text, own in found.groupby("text", sort=False):
        curve = without[without["text"] == text].groupby("finetune_tokens")["loss"].mean().sort_index()
        falling = np.minimum.accumulate(curve.to_numpy())
        cells = own.groupby(["pretrain_tokens", "rows"])[["finetune_tokens", "loss"]].mean()
        for (p, _), f, loss in cells.itertuples(name=None):
            needed = np.exp(np.interp(-np.log(loss), -np.log(falling), np.log(curve.index.to_numpy(dtype=float))))
            rows.append(
                {
                    "text": text,
                    "distance": own["distance"].iloc[0],
                    "pretrain_tokens": p,
                    "finetune_tokens": f,
                    "loss": loss,
                    "from_scratch": float(needed),
                    "transferred": max(round(float(needed)) - f, 0),
                    "beyond": bool(loss < falling[-1]),
                }
            )
    columns = ["text", "distance", *INPUTS, "loss", "from_scratch", "transferred", "beyond"]
    return pd.DataFrame(rows, columns=columns)


def middle_budget(own: pd.DataFrame, price: float) -> float:
    """Price, in pretraining tokens, of the middle (geometric) of the grid of one dialect."""
    p, f = (_middle(own[name]) for name in INPUTS)
    return p + price * f


def allocation(found: pd.DataFrame, prices: list[float], n_boot: int = N_BOOT) -> pd.DataFrame:
    """The split of a budget that the law of each dialect recommends, for several prices of a dialect token.

    price: of a dialect token in tokens of pretraining text. budget: in tokens of pretraining text, what the middle of
    the grid costs. share: of the budget, on pretraining, with its 95 % interval; NaN where A is 0.
    """
    rows = []
    for text, own in found.groupby("text", sort=False):
        made = law(found, str(text), n_boot)
        for price in prices:
            budget = middle_budget(own, price)
            row = {"text": text, "distance": own["distance"].iloc[0], "price": price, "budget": budget}
            if made.params_["A"] > 0:
                best = made.optimal_allocation(budget, 1.0, price)
                row |= {
                    "share": float(best.pretrain_share),
                    "low": float(best.pretrain_share.low),
                    "high": float(best.pretrain_share.high),
                    "pretrain_tokens": float(best.pretrain_tokens),
                    "finetune_tokens": float(best.finetune_tokens),
                    "loss": float(best.loss),
                }
            rows.append(row)
    columns = ["text", "distance", "price", "budget", "share", "low", "high", *INPUTS, "loss"]
    return pd.DataFrame(rows, columns=columns)


def splits(found: pd.DataFrame, text: str, price: float, factors: tuple[float, ...]) -> pd.DataFrame:
    """The recommended split of a budget on one dialect, and the same budget with `factors` times its pretraining.

    Within what was pretrained: p between the smallest and largest of the grid, and not above WIDEST of the budget;
    splits that this makes the same are there once.
    """
    own, made = found[found["text"] == text], law(found, text, n_boot=0)
    budget = middle_budget(own, price)
    low, high = own["pretrain_tokens"].min(), min(own["pretrain_tokens"].max(), WIDEST * budget)
    best = budget / 2 if made.params_["A"] == 0 else float(made.optimal_allocation(budget, 1.0, price).pretrain_tokens)
    best = float(np.clip(best, low, high))
    tokens = np.clip([best * factor for factor in factors], low, high)
    made = pd.DataFrame({"factor": factors, "pretrain_tokens": tokens, "finetune_tokens": (budget - tokens) / price})
    return made.drop_duplicates("pretrain_tokens", ignore_index=True)
