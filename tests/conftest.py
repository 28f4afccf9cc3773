"""Fixtures for all folders of tests; figures are drawn without a screen and closed after each test."""

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import pytest
from projects import live_profile, project, stubs

__all__ = ["close", "live_profile", "project", "stubs"]


@pytest.fixture(autouse=True)
def close():
    yield
    plt.close("all")
