"""Scaling laws as estimators: numpy in, numbers out."""

from scalescope.laws.base import NotFitted, ScalingLaw
from scalescope.laws.bootstrap import BootstrapResult, hierarchical_bootstrap, naive_bootstrap
from scalescope.laws.power import PowerLaw
from scalescope.laws.summaries import expand, log_mean, squares_about

__all__ = [
    "BootstrapResult",
    "NotFitted",
    "PowerLaw",
    "ScalingLaw",
    "expand",
    "hierarchical_bootstrap",
    "log_mean",
    "naive_bootstrap",
    "squares_about",
]
