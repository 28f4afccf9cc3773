"""Profiles to runs, and runs to tidy tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from scalescope.experiment.comparison import compare

__all__ = ["compare"]


def __getattr__(name: str) -> Any:
    """`compare` on first use: the laws that it needs cost seconds, and each job and each parse imports this package."""
    if name != "compare":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from scalescope.experiment.comparison import compare

    return compare
