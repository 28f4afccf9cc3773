"""Fixtures for all folders of tests; figures are drawn without a screen and closed after each test."""

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import pytest
from projects import live_profile, project, stubs

__all__ = ["close", "live_profile", "project", "stubs"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The files with the longest tests first, so that two workers end together (with --no-loadscope-reorder)."""
    items.sort(key=lambda item: "workflow" not in item.path.parts)


@pytest.fixture(autouse=True)
def close():
    yield
    plt.close("all")
