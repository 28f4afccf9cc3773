"""Profiles to runs, and runs to tidy tables."""

from scalescope.experiment.comparison import compare

__all__ = ["compare"]
