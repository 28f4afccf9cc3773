"""A fitted law as plain numbers that a page can forecast from, and how; panel.js does the same in a browser."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from importlib.resources import files as package_files
from typing import Any

import numpy as np
from scipy.stats import norm
from scipy.stats import t as student

from scalescope.laws import ChinchillaLaw, OvertrainingLaw, PowerLaw, ScalingLaw, ShiftedPowerLaw

LAWS: dict[str, type[ScalingLaw]] = {
    law.__name__: law for law in (PowerLaw, ShiftedPowerLaw, ChinchillaLaw, OvertrainingLaw)
}
LEVELS = (0.5, 0.8, 0.95)
DRAWS = 4000  # of law and scatter together, at least


@dataclass(frozen=True)
class Stored:
    """One law with its replicates.

    title; law: class name; inputs: names; response: "loss" or "error"; params and replicates: by name, [B] each.
    deviation, free, units, logarithmic: as `law.scatter_`. normal: quantiles of the normal distribution in the order in
    which they are added to the replicates, a multiple of B. levels: per level the percentiles of both intervals and the
    factor from normal to Student's quantile. points: what was fitted, {"x": sizes, "y": value}. target: sizes.
    widening: of the interval of a new run, in ln y (see `quantiles.widening`).
    """

    title: str
    law: str
    inputs: tuple[str, ...]
    response: str
    params: dict[str, float]
    replicates: dict[str, list[float]]
    deviation: float
    free: int
    units: int
    logarithmic: bool
    normal: list[float]
    levels: dict[str, dict[str, Any]]
    points: list[dict[str, Any]]
    target: list[float]
    widening: float = 1.0

    def record(self) -> dict[str, Any]:
        """All of it as plain numbers, lists and dicts, ready for JSON."""
        return asdict(self)

    def predict(self, x: Sequence[float]) -> float:
        """The law's value at sizes x."""
        return float(self._laws({name: np.array([value]) for name, value in self.params.items()}, x)[0])

    def interval(self, x: Sequence[float], level: float, kind: str) -> tuple[float, float]:
        """Lower and upper bound of the law ("law") or of one new run ("run") at sizes x, from what is stored."""
        middle, at = self.predict(x), self.levels[str(level)]
        laws = self._laws({name: np.array(values) for name, values in self.replicates.items()}, x)
        if kind == "law":
            low, high = np.percentile(laws, at["law"])
        else:
            laws = np.tile(laws, len(self.normal) // len(laws))
            off = np.log(np.maximum(laws, 1e-300) / middle) if self.logarithmic else laws - middle
            off = off * np.sqrt(self.units / self.free) + self.deviation * np.array(self.normal)
            ends = np.percentile(off, at["run"]) * at["student"]
            low, high = middle * np.exp(ends) if self.logarithmic else (max(middle + ends[0], 0.0), middle + ends[1])
            low, high = (middle * (end / middle) ** self.widening for end in (low, high))
        return float(min(low, middle)), float(max(high, middle))

    def _laws(self, params: dict[str, np.ndarray], x: Sequence[float]) -> np.ndarray:
        return LAWS[self.law](n_boot=0).predict_many(params, np.array([list(x)], dtype=float))[:, 0]


def stored(
    law: ScalingLaw, X: Any, y: Any, *, title: str, response: str, target: Sequence[float], widening: float = 1.0
) -> Stored:
    """A fitted law of one of LAWS with its points; raises ValueError for one that cannot be stored.

    Its intervals are those of `law.predict_interval`, that of a new run wider by `widening`.
    """
    name, scatter = type(law).__name__, law.scatter_
    if name not in LAWS:
        raise ValueError(f"only {', '.join(LAWS)} can be stored for a page; got {name}")
    if law.bootstrap_ is None or scatter.free < 1:
        raise ValueError(f"{title}: a law without bootstrap or without scatter to judge by has no intervals to store")
    sizes = np.asarray(X, dtype=float).reshape(len(y), -1)
    replicates = {key: [float(v) for v in values] for key, values in law.bootstrap_.params.items()}
    count = len(next(iter(replicates.values())))
    total = count * -(-DRAWS // count)
    order = np.random.default_rng(law.random_state).permutation(total)
    normal = norm.ppf((np.arange(total) + 0.5) / total)[order]
    levels = {}
    for level in LEVELS:
        tail = 0.5 * (1 - level)
        levels[str(level)] = {
            "law": law.bootstrap_.tails(level),
            "run": [100 * tail, 100 * (1 - tail)],
            "student": float(student.ppf(tail, scatter.free) / norm.ppf(tail)),
        }
    points = [{"x": [float(v) for v in row], "y": float(value)} for row, value in zip(sizes, y, strict=True)]
    return Stored(
        title,
        law=name,
        inputs=tuple(law.input_names),
        response=response,
        params={key: float(value) for key, value in law.params_.items()},
        replicates=replicates,
        deviation=float(scatter.deviation),
        free=int(scatter.free),
        units=int(scatter.units),
        logarithmic=bool(scatter.logarithmic),
        normal=normal.tolist(),
        levels=levels,
        points=points,
        target=[float(value) for value in target],
        widening=float(widening),
    )


def panel_script() -> str:
    """The text of panel.js."""
    return package_files("scalescope.forecast").joinpath("panel.js").read_text(encoding="utf-8")
