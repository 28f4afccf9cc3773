"""How far the target's held-out loss lies off the law of the ladder, told in several ways.

A power law in N has no floor, and text has one: a target above the law is undertrained, or near what no model can
learn. The same ladder with a floor E, and without its smallest sizes, tells which (Ivgi 2022, section 3.1, asks for a
power law and no more).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pandas as pd

from scalescope.experiment.points import OBJECTIVES
from scalescope.laws import PowerLaw, ScalingLaw, ShiftedPowerLaw
from scalescope.number_text import NONE

COLUMNS = ["objective", "law", "without", "n_sizes", "prediction", "actual", "off", "E"]
WAYS: dict[str, Callable[..., ScalingLaw]] = {"power law": PowerLaw, "with a floor": ShiftedPowerLaw}
LEFT_OUT = (0, 1, 2)  # smallest sizes


def target_loss(pretrain: pd.DataFrame, pretraining_laws: pd.DataFrame) -> pd.DataFrame:
    """One row per objective, law and number of smallest sizes left out of the fit; empty without a target.

    pretrain: the usable rows of that table; pretraining_laws: that table, which has the target and what the power law
    of all sizes says of it.
    Columns: objective, law, without (smallest sizes left out), n_sizes, prediction and actual (nats), off (the share of
    actual by which it lies above the law), E (nats, the floor of the law). A law that as many sizes as it has
    parameters determine is left out: it would pass through them all.
    """
    rows = []
    for objective in OBJECTIVES:
        own = pretrain[(pretrain["objective"] == objective) & (pretrain["role"] == "ladder")]
        law = pretraining_laws[pretraining_laws["objective"] == objective].set_index("aspect_ratio")
        if own.empty or np.isnan(law.loc[own["aspect_ratio"].iloc[0], "actual"]):
            continue
        at, whole, actual = law.loc[own["aspect_ratio"].iloc[0], ["target_parameters", "prediction", "actual"]]
        for name, without, n_sizes, prediction, floor in _laws(own, at, whole):
            rows.append((objective, name, without, n_sizes, prediction, actual, 1 - prediction / actual, floor))
    return pd.DataFrame(rows, columns=COLUMNS)


def _laws(ladder: pd.DataFrame, at: float, whole: float) -> Iterator[tuple[str, int, int, float, float]]:
    """Law, smallest sizes left out, sizes, prediction at the size `at`, floor; whole: the power law of all sizes."""
    sizes = np.sort(ladder["parameters"].unique())
    for name, make in WAYS.items():
        for without in LEFT_OUT:
            law = make(n_boot=0, warn_beyond=None)
            fitted = ladder[ladder["parameters"].isin(sizes[without:])]
            if len(sizes) - without <= len(law.parameters):
                continue
            if make is PowerLaw and not without:
                yield name, without, len(sizes), whole, 0.0
                continue
            law.fit(fitted["parameters"], fitted["loss"], groups=fitted["parameters"])
            yield name, without, len(sizes) - without, float(law.predict([at])[0]), law.params_.get("E", 0.0)


def side_by_side(tables: pd.DataFrame) -> pd.DataFrame:
    """`off` of several sources (column "source") as percent text: rows objective, law, without; a column per source."""
    key = ["objective", "law", "without"]
    shown = tables.assign(off=(100 * tables["off"]).map("{:+.1f}".format))
    wide = shown.pivot(index=key, columns="source", values="off")
    return wide[list(dict.fromkeys(tables["source"]))].fillna(NONE)
