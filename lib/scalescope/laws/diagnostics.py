"""What a fit can and cannot say: parameters the design cannot tell apart, bounds reached, how flat the optimum is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from scalescope.laws.fitting import Optimum
from scalescope.laws.losses import Loss, huber

if TYPE_CHECKING:
    from scalescope.laws.curve import CurveLaw

STEP = 1e-5
NULL = 1e-5  # singular value, of unit columns, below which a direction has no effect on the law
MEMBER = 0.05  # share in such a direction from which a parameter belongs to it
WEAK = 3.0  # factor of a 95 % interval, each way, from which a parameter counts as weakly determined
NEAR = 0.01  # relative height of a second optimum that is worth a word


@dataclass(frozen=True)
class Sensitivity:
    """First-order picture of a fit: what each parameter does, and how well that fixes it.

    `gradient` [P, n]: change of the residuals per unit of `scale` [P] (the parameter itself, or if that is zero its
    natural unit). `cofactor` [P]: diagonal of (gradient weights gradient^T)^-1. `errors` [P]: standard errors in units
    of `scale`. `bend`: mean second derivative of the loss. `noise`: factor c that makes 2 c (loss - lowest loss)
    chi-squared; NaN without degrees of freedom.
    """

    names: list[str]
    gradient: np.ndarray
    scale: np.ndarray
    cofactor: np.ndarray
    errors: np.ndarray
    bend: float
    noise: float
    free: int


def sensitivity(law: CurveLaw, sizes: np.ndarray, y: np.ndarray, weights: np.ndarray) -> Sensitivity:
    """The sensitivity of a fitted law at its optimum."""
    loss = law._loss()
    names = [name for name in law.parameters if name not in (law.fixed or {})]
    scale = np.array([law.params_[name] or _unit(law, name, sizes) for name in names])
    values = law.predict_many({name: np.array([value]) for name, value in law.params_.items()}, sizes)[0]
    gradient = _differences(law, names, scale, sizes) / (values if loss.logarithmic else 1.0)
    used = weights > 0
    residuals = loss.residuals(values, y)[used]
    free = int(used.sum()) - len(names)
    bend, noise = _noise(loss, residuals, weights[used], free)
    inverse = np.linalg.pinv((gradient * weights) @ gradient.T, rcond=NULL**2, hermitian=True)
    cofactor = np.maximum(np.diagonal(inverse), 0.0)
    return Sensitivity(names, gradient, scale, cofactor, np.sqrt(cofactor / (bend * noise)), bend, noise, free)


def _unit(law: CurveLaw, name: str, sizes: np.ndarray) -> float:
    """The natural unit of a parameter that is zero: one, in the coordinates about the middle of the data."""
    origin = law.origin(sizes)
    theta = law.centred({key: np.array([value]) for key, value in law.params_.items()}, origin)
    theta[0, law.slot(name)] = 1.0
    return float(law.natural(theta, origin)[name][0])


def _differences(law: CurveLaw, names: list[str], scale: np.ndarray, sizes: np.ndarray) -> np.ndarray:
    """Central differences [P, n] of the law (one-sided at zero), per unit of `scale`."""
    point = np.array([law.params_[name] for name in names])
    up, down = point + np.diag(scale * STEP), np.maximum(point - np.diag(scale * STEP), 0.0)
    sets = np.vstack([up, down])
    params = {name: np.full(len(sets), value) for name, value in law.params_.items()}
    params |= dict(zip(names, sets.T, strict=True))
    values = law.predict_many(params, sizes)
    distance = np.diagonal(up - down) / scale
    return (values[: len(names)] - values[len(names) :]) / distance[:, None]


def _noise(loss: Loss, residuals: np.ndarray, weights: np.ndarray, free: int) -> tuple[float, float]:
    """Mean curvature of the loss, and `Sensitivity.noise`; the density of narrow losses is taken near zero."""
    if free < 1:
        return 1.0, np.nan
    width = loss.width
    pull = np.clip(residuals, -width, width)
    mean_square = (weights * pull**2).sum() / weights.sum() * len(residuals) / free
    bend = 1.0
    if np.isfinite(width):
        near = max(width, float(np.median(np.abs(residuals))))
        bend = width / near * float((weights * (np.abs(residuals) <= near)).sum() / weights.sum())
    return bend, bend / max(mean_square, 1e-300)


def diagnose(law: CurveLaw, sizes: np.ndarray, y: np.ndarray, weights: np.ndarray) -> dict[str, Any]:
    """`diagnostics_` of a fitted law.

    unidentified: parameters the design cannot tell apart, whatever the noise. at_bound: those at the edge of what is
    allowed. weak: those known to no better than a factor of three. `identified`: none of these. `flat`: relative
    change of each parameter that costs 1 % of the objective, the others refitted. Then how the search went.
    """
    found = sensitivity(law, sizes, y, weights)
    bounds = _at_bound(law, sizes)
    loose = _unidentified(found, weights)
    with np.errstate(over="ignore"):
        factor = dict(zip(found.names, np.exp(1.96 * found.errors), strict=True))
    weak = {n: f for n, f in factor.items() if f > WEAK and n not in loose and n not in bounds}
    residuals = law._loss().residuals(law.predict_many(law._fitted(), sizes)[0], y)
    value = (huber(residuals, law._loss().width) * weights).sum()
    flat = np.sqrt(0.02 * value * found.cofactor / found.bend)
    return {
        "identified": not (loose or bounds or weak),
        "unidentified": loose,
        "at_bound": tuple(bounds),
        "weak": tuple(weak),
        "messages": _messages(law, sizes[weights > 0], loose, bounds, weak, found.free),
        "standard_errors": dict(zip(found.names, (found.errors * found.scale).tolist(), strict=True)),
        "flat": dict(zip(found.names, flat.tolist(), strict=True)),
        "degrees_of_freedom": found.free,
    } | _search(law.optimum_)


def _search(best: Optimum | None) -> dict[str, Any]:
    if best is None:
        return {}
    names = ("grid_points", "starts", "polished", "agreeing", "runner_up")
    return {name: getattr(best, name) for name in names}


def _unidentified(found: Sensitivity, weights: np.ndarray) -> tuple[str, ...]:
    weighted = found.gradient * np.sqrt(weights)
    norms = np.linalg.norm(weighted, axis=1)
    dead = norms <= 1e-9 * norms.max()
    directions, values, _ = np.linalg.svd(weighted / np.where(dead, 1.0, norms)[:, None], full_matrices=True)
    values = np.pad(values, (0, len(norms) - len(values)))
    null = directions[:, values < NULL * values[0]]
    members = dead | (np.abs(null) > MEMBER).any(axis=1)
    return tuple(name for name, member in zip(found.names, members, strict=True) if member)


def _at_bound(law: CurveLaw, sizes: np.ndarray) -> dict[str, float]:
    """Parameters at a bound of the search, with their value."""
    origin = law.origin(sizes)
    form = law.form(sizes, origin)
    theta = law.centred({name: np.array([value]) for name, value in law.params_.items()}, origin)[0]
    found = {}
    for name in (name for name in law.parameters if name not in (law.fixed or {})):
        at = law.slot(name)
        if theta[at] <= form.lower[at] * (1 + 1e-9) or theta[at] >= form.upper[at] * (1 - 1e-9):
            found[name] = law.params_[name]
    return found


def _messages(law, used, loose, bounds, weak, free) -> list[str]:
    said = []
    if loose:
        constant = [f"{name} has one value, {used[0, i]:g}" for i, name in enumerate(law.inputs)
                    if np.ptp(used[:, i]) == 0]  # fmt: skip
        because = f" ({'; '.join(constant)})" if constant else ""
        said.append(f"this design cannot determine {', '.join(loose)}{because}")
    said += [f"{name} is at its bound {value:.4g}: the data do not determine it" for name, value in bounds.items()]
    said += [f"{name} is known only to a factor of {factor:.3g} (95 %)" for name, factor in weak.items()]
    if free < 1:
        said.append("as many points as parameters: nothing is left to judge the errors by")
    if law.optimum_ and law.optimum_.runner_up < NEAR:
        said.append(f"another optimum lies only {100 * law.optimum_.runner_up:.2g} % higher")
    return said
