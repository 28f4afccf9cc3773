"""Laws that are sums of powers (or exponentials), each told by the table of its terms."""

from __future__ import annotations

from itertools import chain
from typing import Any, ClassVar

import numpy as np

from scalescope.errors import check_name
from scalescope.laws.curve import CurveLaw
from scalescope.laws.fit.form import ExponentialForm
from scalescope.laws.inputs import mapping

GRID = {1: 60, 2: 20, 3: 12}  # points of each axis, by the number of shapes
REACH = (0.01, 100.0)  # bounds of a shape times the range of what it multiplies
SEARCHED = (0.1, 15.0)  # where the grid is fine; two coarse steps on either side reach the bounds
LARGEST = 650.0  # logarithm up to which a coefficient in the paper's symbols is let grow; floats end at 709


class ExponentialLaw(CurveLaw):
    """Base of laws sum_k +-c_k exp(-sum_j phi_j u_j); `terms` maps each c_k to {phi_j: name of u_j}.

    By default u_j is the logarithm of the input of that name, so that every term is a product of powers.
    """

    terms: ClassVar[dict[str, dict[str, str]]] = {}
    negative: ClassVar[tuple[str, ...]] = ()

    def slopes(self, sizes: np.ndarray) -> dict[str, np.ndarray]:
        """What the shapes multiply, [n] each, by name."""
        return {name: np.log(sizes[:, i]) for i, name in enumerate(self.inputs)}

    def origin(self, sizes: np.ndarray) -> np.ndarray:
        """Mean of each of `slopes`."""
        return np.array([u.mean() for u in self.slopes(sizes).values()])

    @property
    def coefficients(self) -> tuple[str, ...]:
        """Linear ones, then shapes."""
        return (*self.terms, *self._shapes())

    def tied(self) -> dict[str, str]:
        """Exponents that equal another: name -> the one that is fitted."""
        every = list(dict.fromkeys(shape for parts in self.terms.values() for shape in parts))
        tied = mapping(self.ties, "ties")
        for name in chain(*tied.items()):
            check_name("exponent in ties", name, every)
        for name, leader in tied.items():
            if leader in tied or name in self._fixed():
                raise ValueError(f"{name} is tied to {leader}: fix or tie {leader} only, and to no other exponent")
            if any({name, leader} <= parts.keys() for parts in self.terms.values()):
                raise ValueError(f"{name} and {leader} are exponents of one term and cannot be tied")
        return tied

    def _tied_terms(self) -> dict[str, dict[str, str]]:
        """`terms` with every tied exponent under the name of the one that is fitted."""
        tied = self.tied()
        return {k: {tied.get(shape, shape): u for shape, u in parts.items()} for k, parts in self.terms.items()}

    def _shapes(self) -> list[str]:
        return list(dict.fromkeys(shape for parts in self._tied_terms().values() for shape in parts))

    def _slope_of(self, shape: str) -> str:
        return next(parts[shape] for parts in self._tied_terms().values() if shape in parts)

    def form(self, sizes: np.ndarray, origin: np.ndarray) -> ExponentialForm:
        """The sum of exponentials about `origin`, shapes bounded by the range of the data."""
        slopes = self.slopes(sizes)
        moved = {name: u - zero for (name, u), zero in zip(slopes.items(), origin, strict=True)}
        shapes = self._shapes()
        terms = [{shapes.index(s): moved[u] for s, u in parts.items()} for parts in self._tied_terms().values()]
        spans = self._spans(slopes)
        bounds = [(REACH[0] / span, REACH[1] / span) for span in spans]
        signs = [-1 if name in self.negative else 1 for name in self.terms]
        return ExponentialForm(terms, len(sizes), bounds, signs)

    def axes(self, form: ExponentialForm, sizes: np.ndarray) -> list[np.ndarray]:
        """Shapes from nearly straight to nearly a step over the range of the data."""
        spans = self._spans(self.slopes(sizes))
        fine = np.geomspace(*SEARCHED, GRID[len(spans)])
        coarse = [[edge, np.sqrt(edge * inner)] for edge, inner in zip(REACH, SEARCHED, strict=True)]
        return [np.array([*coarse[0], *fine, *coarse[1][::-1]]) / span for span in spans]

    def _spans(self, slopes: dict[str, np.ndarray]) -> list[float]:
        """Range of what each shape multiplies.

        A range that is narrow beside the values themselves counts as wider: else a shape that the design does not
        determine could go so far that its coefficient, which is extrapolated to an input of one, overflows.
        """
        together = max(map(len, self.terms.values()))
        found = []
        for u in (slopes[self._slope_of(shape)] for shape in self._shapes()):
            least = REACH[1] * together * np.abs(u).max(initial=0.0) / LARGEST
            found.append(float(max(np.ptp(u), least)) if len(u) else 1.0)
        return [span or 1.0 for span in found]

    def _shift(self, params: dict[str, Any], origin: np.ndarray) -> dict[str, np.ndarray]:
        """exp(sum_j phi_j origin_j) [B] of each term: what its coefficient gains when the origin moves to zero."""
        zero = dict(zip(self.slopes(np.ones((1, len(self.inputs)))), origin, strict=True))
        return {
            name: np.exp(sum((np.asarray(params[shape]) * zero[u] for shape, u in parts.items()), start=0.0))
            for name, parts in self.terms.items()
        }

    def natural(self, theta: np.ndarray, origin: np.ndarray) -> dict[str, np.ndarray]:
        """Parameters [B] in the paper's symbols."""
        params = dict(zip(self.coefficients, theta.T, strict=True))
        params |= {name: params[leader] for name, leader in self.tied().items()}
        shift = self._shift(params, origin)
        return {name: params[name] * shift.get(name, 1.0) for name in self.parameters}

    def centred(self, params: dict[str, Any], origin: np.ndarray) -> np.ndarray:
        """Coefficients [B, T] about `origin`."""
        shift = self._shift(params, origin)
        return np.stack([np.asarray(params[name]) / shift.get(name, 1.0) for name in self.coefficients], axis=1)

    def pointwise(self, params: dict[str, np.ndarray], sizes: np.ndarray) -> np.ndarray:
        """The law [B] of each set of parameters at its own input, sizes [B, len(inputs)]."""
        slopes, total = self.slopes(sizes), 0.0
        for name, parts in self.terms.items():
            sign = -1.0 if name in self.negative else 1.0
            total = total + sign * params[name] * np.exp(-sum((params[s] * slopes[u] for s, u in parts.items()), 0.0))
        return total
