"""Scaling laws as estimators: numpy in, numbers out."""

from scalescope.laws.base import NotFitted, ScalingLaw
from scalescope.laws.bootstrap import BootstrapResult, hierarchical_bootstrap, naive_bootstrap
from scalescope.laws.card import FitCard, fit_card
from scalescope.laws.power import PowerLaw
from scalescope.laws.summaries import expand

__all__ = [
    "BootstrapResult",
    "FitCard",
    "NotFitted",
    "PowerLaw",
    "ScalingLaw",
    "expand",
    "fit_card",
    "hierarchical_bootstrap",
    "naive_bootstrap",
]
