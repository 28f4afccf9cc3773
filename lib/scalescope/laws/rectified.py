"""Finetuning loss against the number of examples, with what pretraining already taught."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from scalescope.laws.curve import CurveLaw
from scalescope.laws.estimates import Estimate, estimate
from scalescope.laws.fit.form import RectifiedForm

SLOWEST = 0.01  # lowest beta times the range of ln D: nearly straight
STEEPEST = 100.0  # highest beta times the usual range: the whole fall lies between two neighbouring sizes
OVERFLOW = 325.0  # logarithm up to which D^beta is let grow, at the data and in the paper's symbols
COARSE = 4.0  # step of ln D_l far outside
FARTHEST = 50.0  # ln D_l, about the middle of the data, that the grid reaches


class RectifiedLaw(CurveLaw):
    """L(D) = B / (D_l + D^beta) + E, D finetuning examples, D_l the pre-learned data (in units of D^beta).

    Few examples change little (pre-power phase), many follow a power law. Default loss: log_squares, as the paper fits
    it. Source: Lin 2024, eq. 3; the authors' code writes A = L(0) = B / D_l + E and B_c = -ln D_l.
    """

    inputs: ClassVar[tuple[str, ...]] = ("examples",)
    parameters: ClassVar[tuple[str, ...]] = ("B", "D_l", "beta", "E")
    coefficients: ClassVar[tuple[str, ...]] = ("B", "E", "D_l", "beta")
    equation: ClassVar[str] = "L(D) = B / (D_l + D^beta) + E"
    source: ClassVar[str] = "Lin 2024"
    kept: ClassVar[int] = 8  # five may all creep along one valley of a short curve, and its optimum lies in another

    def origin(self, sizes: np.ndarray) -> np.ndarray:
        """Mean of ln D."""
        return np.log(sizes).mean(axis=0)

    def form(self, sizes: np.ndarray, origin: np.ndarray) -> RectifiedForm:
        """The law with examples in units of exp(origin)."""
        u = np.log(sizes[:, 0])
        low, high = _betas(u)
        most = float(np.exp(np.clip(high * np.abs(u - origin[0]).max(initial=1.0), 1.0, 2 * OVERFLOW)))
        return RectifiedForm(u - origin[0], [(0.0, most), (low, high)])

    def axes(self, form: RectifiedForm, sizes: np.ndarray) -> list[np.ndarray]:
        """D_l from nothing to far more than the data, as far as the steepest beta asks; beta from bound to bound."""
        low, high = form.lower[3], form.upper[3]
        usual = np.geomspace(0.04, 2.0, 16)
        betas = [low, np.sqrt(low * usual[0]), *usual, *np.geomspace(usual[-1], high, 5)[1:]]
        near = np.log(1e3)
        far = np.arange(near + COARSE, min(high * np.abs(form.u).max(), FARTHEST), COARSE)
        learned = [0.0, *np.exp(-far[::-1]), *np.geomspace(1e-3, 1e3, 16), *np.exp(far)]
        return [np.array(learned), np.unique(np.clip(betas, low, high))]

    def natural(self, theta: np.ndarray, origin: np.ndarray) -> dict[str, np.ndarray]:
        """Parameters [B] with examples counted singly."""
        unit = np.exp(theta[:, 3] * origin[0])
        return {"B": theta[:, 0] * unit, "D_l": theta[:, 2] * unit, "beta": theta[:, 3], "E": theta[:, 1]}

    def centred(self, params: dict[str, Any], origin: np.ndarray) -> np.ndarray:
        """Coefficients [B, 4] with examples in units of exp(origin)."""
        b, learned, beta, floor = (np.asarray(params[name]) for name in self.parameters)
        unit = np.exp(beta * origin[0])
        return np.stack([b / unit, floor, learned / unit, beta], axis=1)

    def phase_transition(self, level: float = 0.95) -> Estimate:
        """Examples at which the pre-power phase ends, D_l^(1 / beta): there D^beta equals what was pre-learned.

        At this D the slope of ln(L - E) against ln D is half of its final -beta. 0 if nothing was pre-learned.
        """

        def examples(params: dict[str, np.ndarray]) -> np.ndarray:
            return params["D_l"] ** (1 / params["beta"])

        return estimate(examples, self._fitted(), self.bootstrap_, level)

    def zero_shot(self, level: float = 0.95) -> Estimate:
        """Loss without any finetuning, L(0) = B / D_l + E; infinite if D_l is zero."""

        def loss(params: dict[str, np.ndarray]) -> np.ndarray:
            learned = np.asarray(params["D_l"])
            return np.where(learned > 0, params["B"] / np.where(learned > 0, learned, 1.0), np.inf) + params["E"]

        return estimate(loss, self._fitted(), self.bootstrap_, level)


def _betas(u: np.ndarray) -> tuple[float, float]:
    """Bounds of beta for ln D [n].

    The upper one follows from the usual distance of neighbouring sizes, so that one size far off (none, written as a
    tiny number) does not flatten the law, and from where floats end.
    """
    sizes = np.unique(u)
    if len(sizes) < 2:
        return SLOWEST, 1.0
    usual = np.median(np.diff(sizes)) * (len(sizes) - 1)
    reach = OVERFLOW / max(np.abs(sizes).max(), np.ptp(sizes), 1e-9)
    return SLOWEST / np.ptp(sizes), float(max(min(STEEPEST / usual, reach), 2 * SLOWEST / np.ptp(sizes)))
