"""A panel for notebooks: the law, the runs in the fit and the target move, and the bands with them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import matplotlib.pyplot as plt
import numpy as np

from scalescope.errors import UnknownName
from scalescope.forecast.candidates import Candidate, candidates
from scalescope.forecast.columns import BadTable
from scalescope.forecast.rolling import own_widening, quiet_fit, rolling
from scalescope.forecast.table import FEWEST_SIZES, RunTable
from scalescope.forecast.target import checked, completed, default_target, per_pair
from scalescope.laws import ScalingLaw
from scalescope.plotting.forecast import draw_forecast, law_data

if TYPE_CHECKING:
    import ipywidgets

REACH = 100.0  # times the largest run: the end of the sliders
N_BOOT = 200


class ForecastPanel:
    """Controls and a figure that follows them.

    law, runs (how many of the smallest are fitted) and one slider per size of the target; `figure` is what is shown,
    `text` what it says. The interval of a new run is as wide as that of `forecast`: the rolling forecasts of the fitted
    runs widen it where they missed by more than the law allows. Raises ImportError that names the package where
    ipywidgets is not installed.
    """

    def __init__(self, table: RunTable, target: dict[str, float] | None = None, law: str = ""):
        """Build the controls for a table; `target` is where the sliders begin (ten times the largest run).

        law: which is shown first, such as a forecast's choice. Raises UnknownName for one that the table lacks.
        """
        try:
            import ipywidgets
        except ImportError as error:
            raise ImportError("the panel needs ipywidgets: pip install ipywidgets") from error
        if not isinstance(table, RunTable):
            raise BadTable(f"the panel takes a table that run_table or read_runs gives; got {table!r:.80}")
        self.table = table
        self.laws = {law.name: law for law in candidates(table)[0]}
        if law and law not in self.laws:
            raise UnknownName("law", law, self.laws)
        self._fitted: dict[tuple[str, int], tuple[ScalingLaw, float]] = {}
        start = default_target(table)[0] if target is None else completed(checked(target, table), table)
        if lacking := [name for name in table.sizes if name not in start]:
            raise BadTable(f"the target has no {' and no '.join(lacking)}, which the table has: give them too")
        self.names = [name for name in ("parameters", "tokens") if name in start] or ["flops"]
        self.law = ipywidgets.Dropdown(options=list(self.laws), value=law or next(iter(self.laws)), description="law")
        count = len(table.frame)
        self.runs = ipywidgets.IntSlider(count, FEWEST_SIZES, count, description="runs fitted", continuous_update=False)
        self.sizes = [self._slider(ipywidgets, name, start[name]) for name in self.names]
        self.out, self.text = ipywidgets.Output(), ipywidgets.HTML()
        for control in (self.law, self.runs, *self.sizes):
            control.observe(lambda _: self.show(), "value")
        self.box: ipywidgets.VBox = ipywidgets.VBox([self.law, self.runs, *self.sizes, self.text, self.out])
        self.show()

    def _slider(self, ipywidgets, name: str, start: float):
        sizes = self.table.frame[name]
        low, high = (float(np.log10(end)) for end in (sizes.min(), max(REACH * sizes.max(), start)))
        look = {"description": name, "continuous_update": False, "readout_format": ".3g"}
        return ipywidgets.FloatLogSlider(start, base=10, min=low, max=high, **look)

    @property
    def target(self) -> dict[str, float]:
        """The sizes that the sliders say."""
        found = {name: float(slider.value) for name, slider in zip(self.names, self.sizes, strict=True)}
        if {"parameters", "tokens"} <= found.keys():
            found["flops"] = per_pair(self.table) * found["parameters"] * found["tokens"]
        return found

    def _fit(self, chosen: Candidate, part: RunTable) -> tuple[ScalingLaw, float]:
        """The law fitted to some runs and the widening of its interval of a new run; once per law and runs."""
        key = (chosen.name, len(part.frame))
        if key not in self._fitted:
            law = quiet_fit(chosen, part.frame, part.response, N_BOOT)
            held_out = rolling(part.frame, part.response, [chosen], N_BOOT)
            self._fitted[key] = (law, own_widening(held_out, chosen.name))
        return self._fitted[key]

    def show(self) -> None:
        """Fit the law to the chosen runs and draw it."""
        chosen: Candidate = self.laws[self.law.value]
        part = RunTable(self.table.frame.head(self.runs.value), self.table.names, self.table.response)
        if not chosen.enough(part.frame):
            self.text.value = f"{self.runs.value} runs are too few for {chosen.name}"
            return
        law, widening = self._fit(chosen, part)
        data = law_data(part, chosen, law, self.target, widening)
        one = data[data["kind"] == "target"].iloc[0]
        self.text.value = (
            f"{part.response} {one['value']:.4g}, one new run, 95 %: {one['run_low']:.4g} to {one['run_high']:.4g}"
        )
        self.figure = draw_forecast(data)
        plt.close(self.figure)
        self.out.clear_output(wait=True)
        with self.out:
            from IPython.display import display

            display(self.figure)

    def _repr_mimebundle_(self, **given):
        return self.box._repr_mimebundle_(**given)
