"""What a fit can and cannot say: parameters the design cannot tell apart, bounds reached, how flat the optimum is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.stats import t as student

from scalescope.laws.fit.losses import Loss, huber
from scalescope.laws.fit.optimum import EXACT
from scalescope.laws.interface import Curve

STEP = 1e-5
NULL = 1e-5  # singular value, of unit columns, below which a direction has no effect on the law
MEMBER = 0.05  # share in such a direction from which a parameter belongs to it
WEAK = 3.0  # factor of a 95 % interval, each way, from which a parameter counts as weakly determined
SEARCHED = ("grid_points", "starts", "polished", "agreeing", "runner_up")  # what is told of the search
NEAR = 0.01  # relative height of a second optimum that is worth a word


@dataclass(frozen=True)
class Sensitivity:
    """First-order picture of a fit: what each parameter does, and how well that fixes it.

    `scale` [P]: a unit of each parameter, see `differences`. `cofactor` [P]: diagonal of (G weights G^T)^-1, where G
    [P, n] are the changes of the residuals per unit. `errors` [P]: standard errors in units of `scale`; both infinite
    for `loose` parameters, which the design cannot tell apart. `bend`: mean second derivative of the loss. `noise`:
    factor c that makes 2 c (loss - lowest loss) chi-squared; NaN without degrees of freedom, `free`.
    """

    names: list[str]
    scale: np.ndarray
    cofactor: np.ndarray
    errors: np.ndarray
    loose: tuple[str, ...]
    bend: float
    noise: float
    free: int


def sensitivity(law: Curve, sizes: np.ndarray, y: np.ndarray, weights: np.ndarray) -> Sensitivity:
    """The sensitivity of a fitted law at its optimum."""
    loss = law.given_loss()
    names = law.fitted_names()
    scale, gradient = differences(law, names, sizes)
    _refuse_endless(law, gradient)
    values = law._values(sizes)
    used = weights > 0
    residuals = loss.residuals(values, y)[used]
    free = int(used.sum()) - len(names)
    bend, noise = _noise(loss, residuals, weights[used], free)
    cofactor, loose = _cofactor(gradient * np.sqrt(weights))
    errors = np.where(loose, np.inf, np.sqrt(np.where(loose, 0.0, cofactor) / (bend * noise)))
    told = tuple(name for name, is_loose in zip(names, loose, strict=True) if is_loose)
    return Sensitivity(names, scale, cofactor, errors, told, bend, noise, free)


def _refuse_endless(law: Curve, gradient: np.ndarray) -> None:
    """Raise ValueError where the optimum lies at parameters that no float holds."""
    if np.isfinite(gradient).all():
        return
    values = ", ".join(f"{name} {value:.3g}" for name, value in law.params_.items())
    raise ValueError(
        f"the best {type(law).__name__} for these points has parameters that no number holds ({values}): does y fall "
        f"as {', '.join(law.input_names)} grow, and in which unit is it?"
    )


def _cofactor(weighted: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Diagonal [P] of (G G^T)^-1 for G = `weighted` [P, n], infinite where it is singular, and these parameters [P].

    The rows of G are brought to length one first. Without that a parameter of little effect (a coefficient of a term
    that is far below the others) is taken for a direction without any, dropped, and its error reported as nothing.
    """
    norms = np.linalg.norm(weighted, axis=1)
    dead = norms <= 1e-9 * norms.max(initial=0.0)
    unit = weighted / np.where(dead, 1.0, norms)[:, None]
    directions, values, _ = np.linalg.svd(unit, full_matrices=unit.shape[1] < len(unit))
    values = np.pad(values, (0, len(norms) - len(values)))
    null = values <= NULL * values.max(initial=0.0)
    loose = dead | (np.abs(directions[:, null]) > MEMBER).any(axis=1)
    inverse = np.where(null, 0.0, 1 / np.where(null, 1.0, values)) ** 2
    return np.where(loose, np.inf, directions**2 @ inverse / np.where(dead, 1.0, norms) ** 2), loose


def _unit(law: Curve, name: str, sizes: np.ndarray) -> float:
    """The natural unit of a parameter that is zero: one, in the coordinates about the middle of the data."""
    origin = law.origin(sizes)
    theta = law.centred(law._fitted(), origin)
    theta[0, law.slot(name)] = 1.0
    return float(law.natural(theta, origin)[name][0])


def differences(law: Curve, names: list[str], sizes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A unit [P] of each parameter and the change [P, n] of the residuals per unit.

    The unit is the parameter itself or, where it is zero, its natural one; differences are central (one-sided at zero).
    """
    if not names:
        return np.zeros(0), np.zeros((0, len(sizes)))
    scale = np.array([law.params_[name] or _unit(law, name, sizes) for name in names])
    point = np.array([law.params_[name] for name in names])
    up, down = point + np.diag(scale * STEP), np.maximum(point - np.diag(scale * STEP), 0.0)
    sets = np.vstack([up, down])
    params = {name: np.full(len(sets), value) for name, value in law.params_.items()}
    params |= dict(zip(names, sets.T, strict=True))
    params |= {name: params[leader] for name, leader in law.tied().items()}
    values = law.predict_many(params, sizes)
    distance = np.diagonal(up - down) / scale
    gradient = (values[: len(names)] - values[len(names) :]) / distance[:, None]
    centre = law._values(sizes) if law.given_loss().logarithmic else 1.0
    return scale, gradient / centre


def _noise(loss: Loss, residuals: np.ndarray, weights: np.ndarray, free: int) -> tuple[float, float]:
    """Mean curvature of the loss, and `Sensitivity.noise`; the density of narrow losses is taken near zero."""
    if free < 1:
        return 1.0, np.nan
    width = loss.width
    pull = np.clip(residuals, -width, width)
    mean_square = (weights * pull**2).sum() / weights.sum() * len(residuals) / free
    bend = 1.0
    if np.isfinite(width):
        # a narrow loss goes through as many points as it has parameters, and these say nothing of the density at zero
        size = np.abs(residuals)
        off = np.argsort(size, kind="stable")[len(residuals) - free :]
        near = max(width, float(np.median(size[off])))
        bend = width / near * float((weights[off] * (size[off] <= near)).sum() / weights[off].sum())
    return bend, bend / max(mean_square, 1e-300)


def diagnose(law: Curve, sizes: np.ndarray, y: np.ndarray, weights: np.ndarray) -> dict[str, Any]:
    """`diagnostics_` of a fitted law.

    unidentified: parameters the design cannot tell apart, whatever the noise. at_bound: those at the edge of what is
    allowed. weak: those known to no better than a factor of three. ambiguous: those that differ at another optimum that
    the data cannot tell from this one. `identified`: none of these. `flat`: relative change of each parameter that
    costs 1 % of the objective, the others refitted. Then how the search went.
    """
    found = sensitivity(law, sizes, y, weights)
    bounds = _at_bound(law, sizes)
    loose = found.loose
    other = _other_optimum(law, found, y)
    with np.errstate(over="ignore"):
        factor = dict(zip(found.names, np.exp(1.96 * found.errors), strict=True))
    weak = {n: f for n, f in factor.items() if f > WEAK and n not in loose and n not in bounds}
    residuals = law.given_loss().residuals(law._values(sizes), y)
    best = law.optimum_
    value = (huber(residuals, law.given_loss().width) * weights).sum()
    flat = np.sqrt(np.maximum(0.02 * value, 1e-300) * found.cofactor / found.bend)
    return {
        "identified": not (loose or bounds or weak or other),
        "unidentified": loose,
        "at_bound": tuple(bounds),
        "weak": tuple(weak),
        "ambiguous": tuple(other),
        "messages": _messages(law, sizes[weights > 0], found, bounds, weak, other),
        "standard_errors": dict(zip(found.names, (found.errors * found.scale).tolist(), strict=True)),
        "flat": dict(zip(found.names, flat.tolist(), strict=True)),
        "degrees_of_freedom": found.free,
        **({} if best is None else {name: getattr(best, name) for name in SEARCHED}),
    }


def _other_optimum(law: Curve, found: Sensitivity, y: np.ndarray) -> dict[str, tuple[float, float]]:
    """Parameters (value, other value) of a second optimum that the data cannot tell from the first; else empty.

    Such are the mirror images of a law in N and D on a design of constant D / N, where both powers can change places.
    """
    best = law.optimum_
    if best is None or len(best.ends) < 2:
        return {}
    rise = best.runner_up * max(best.value, EXACT * len(y))
    limit = student.ppf(0.975, found.free) ** 2 if found.free > 0 else 0.0
    told_apart = 2 * found.noise * rise > limit if found.free > 0 else best.runner_up > NEAR
    if told_apart:
        return {}
    ours, theirs = (law.natural(end[None], law.origin_) for end in best.ends[:2])
    pairs = {name: (float(ours[name][0]), float(theirs[name][0])) for name in found.names}
    return {name: pair for name, pair in pairs.items() if abs(pair[0] - pair[1]) > NEAR * max(map(abs, pair))}


def _at_bound(law: Curve, sizes: np.ndarray) -> dict[str, float]:
    """Parameters at a bound of the search, with their value."""
    origin = law.centre(sizes)
    form = law.limited(law.form(sizes, origin))
    theta = law.centred(law._fitted(), origin)[0]
    found = {}
    for name in law.fitted_names():
        at = law.slot(name)
        if theta[at] <= form.lower[at] * (1 + 1e-9) or theta[at] >= form.upper[at] * (1 - 1e-9):
            found[name] = law.params_[name]
    return found


def _messages(law, used, found: Sensitivity, bounds, weak, other) -> list[str]:
    said = []
    if found.loose:
        constant = [
            f"{name} has one value, {used[0, i]:g}" for i, name in enumerate(law.input_names) if np.ptp(used[:, i]) == 0
        ]
        because = f" ({'; '.join(constant)})" if constant else ""
        said.append(f"this design cannot determine {', '.join(found.loose)}{because}")
    for name, value in bounds.items():
        given = name in (law.bounds or {})
        why = "given" if given else "of the search" if value else "of what is allowed"
        said.append(f"{name} is at its bound {value:.4g} ({why}): the data do not determine it")
    said += [f"{name} is known only to a factor of {factor:.3g} (95 %)" for name, factor in weak.items()]
    if found.free < 1:
        said.append("as many points as parameters: nothing is left to judge the errors by")
    if other:
        values = ", ".join(f"{name} {theirs:.4g} instead of {ours:.4g}" for name, (ours, theirs) in other.items())
        said.append(f"another optimum cannot be told from this one: {values}; bootstrap intervals span both")
    elif law.optimum_ and law.optimum_.runner_up < NEAR:
        said.append(f"another optimum lies only {100 * law.optimum_.runner_up:.2g} % higher")
    return said
