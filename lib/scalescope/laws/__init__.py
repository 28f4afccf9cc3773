"""Scaling laws as estimators: numpy in, numbers out."""

from scalescope.laws.base import ScalingLaw
from scalescope.laws.broken import BrokenLaw, TwiceBrokenLaw
from scalescope.laws.card import FitCard, fit_card
from scalescope.laws.compute import ComputeExponents, ComputeOptimal
from scalescope.laws.curve import CurveLaw
from scalescope.laws.estimates import Estimate
from scalescope.laws.intervals import BootstrapResult, hierarchical_bootstrap, naive_bootstrap, residual_bootstrap
from scalescope.laws.model_selection import LargestSizesOut, RollingSizesOut
from scalescope.laws.power import PowerLaw
from scalescope.laws.power_sums import (
    ChinchillaLaw,
    DownstreamErrorLaw,
    OvertrainingLaw,
    ShiftedPowerLaw,
    VanillaFinetuningLaw,
    WidthDepthLaw,
)
from scalescope.laws.prediction import ExtrapolationWarning
from scalescope.laws.rectified import RectifiedLaw
from scalescope.laws.remarks import SuspectInput
from scalescope.laws.saturating import SaturatingLaw
from scalescope.laws.sigmoid import SigmoidErrorLaw
from scalescope.laws.summaries import expand, log_mean, squares_about
from scalescope.laws.trajectory import TrajectoryLaw
from scalescope.laws.transfer import TransferLaw

__all__ = [
    "BootstrapResult",
    "BrokenLaw",
    "ChinchillaLaw",
    "ComputeExponents",
    "ComputeOptimal",
    "CurveLaw",
    "DownstreamErrorLaw",
    "Estimate",
    "ExtrapolationWarning",
    "FitCard",
    "LargestSizesOut",
    "OvertrainingLaw",
    "PowerLaw",
    "RectifiedLaw",
    "RollingSizesOut",
    "SaturatingLaw",
    "ScalingLaw",
    "ShiftedPowerLaw",
    "SigmoidErrorLaw",
    "SuspectInput",
    "TrajectoryLaw",
    "TransferLaw",
    "TwiceBrokenLaw",
    "VanillaFinetuningLaw",
    "WidthDepthLaw",
    "expand",
    "fit_card",
    "hierarchical_bootstrap",
    "log_mean",
    "naive_bootstrap",
    "residual_bootstrap",
    "squares_about",
]
