"""Scaling laws as estimators: numpy in, numbers out."""

from scalescope.laws.base import NotFitted, ScalingLaw
from scalescope.laws.bootstrap import BootstrapResult, hierarchical_bootstrap, naive_bootstrap
from scalescope.laws.power import PowerLaw
from scalescope.laws.summaries import expand

__all__ = [
    "BootstrapResult",
    "NotFitted",
    "PowerLaw",
    "ScalingLaw",
    "expand",
    "hierarchical_bootstrap",
    "naive_bootstrap",
]
