"""Finetuning loss against the number of examples, with what pretraining already taught."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from scalescope.laws.curve import CurveLaw
from scalescope.laws.estimates import Estimate, estimate
from scalescope.laws.fit.form import Form

SLOWEST = 0.01  # lowest beta times the range of ln D: nearly straight
STEEPEST = 100.0  # highest beta times the usual range: the whole fall lies between two neighbouring sizes
OVERFLOW = 325.0  # logarithm up to which D^beta is let grow, at the data and in the paper's symbols
COARSE = 4.0  # step of ln D_l far outside
FARTHEST = 50.0  # ln D_l, about the middle of the data, that the grid reaches


class RectifiedForm(Form):
    """law = B / (D_l + exp(beta u)) + E, linear coefficients (B, E), shapes (D_l, beta), u = ln of the examples [n]."""

    def _hyperbola(self, shapes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        power = np.exp(np.multiply.outer(shapes[:, 1], self.u))
        return 1 / (shapes[:, :1] + power), power

    def terms(self, shapes: np.ndarray) -> np.ndarray:
        """1 / (D_l + D^beta) and 1 [B, 2, n]."""
        found = np.ones((len(shapes), 2, len(self.u)))
        found[:, 0] = self._hyperbola(shapes)[0]
        return found

    def values(self, theta: np.ndarray) -> np.ndarray:
        """The law [B, n]."""
        return theta[:, :1] * self._hyperbola(theta[:, 2:])[0] + theta[:, 1:2]

    def gradient(self, theta: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The law [B, n] and its derivatives [B, 4, n]."""
        hyperbola, power = self._hyperbola(theta[:, 2:])
        gradient = np.ones((len(theta), 4, len(self.u)))
        gradient[:, 0] = hyperbola
        gradient[:, 2] = -theta[:, :1] * hyperbola**2
        gradient[:, 3] = gradient[:, 2] * power * self.u
        return theta[:, :1] * hyperbola + theta[:, 1:2], gradient

    def curvature(self, theta: np.ndarray, gradient: np.ndarray, weights: np.ndarray) -> np.ndarray:
        """Second derivatives [B, 4, 4] summed over points."""
        g = gradient[:, 0]
        slope = (1 / g - theta[:, 2:3]) * self.u  # d (1 / g) / d beta
        square, cube = weights * g**2, 2 * theta[:, :1] * weights * g**3
        found = np.zeros((len(theta), 4, 4))
        found[:, 0, 2] = found[:, 2, 0] = -square.sum(axis=1)
        found[:, 0, 3] = found[:, 3, 0] = -(square * slope).sum(axis=1)
        found[:, 2, 2] = cube.sum(axis=1)
        found[:, 2, 3] = found[:, 3, 2] = (cube * slope).sum(axis=1)
        found[:, 3, 3] = (cube * slope**2 - theta[:, :1] * square * slope * self.u).sum(axis=1)
        return found


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
