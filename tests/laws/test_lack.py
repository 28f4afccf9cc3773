"""Lack of fit is told where it is, and seldom where it is not."""

import numpy as np
import pytest
from laws.truths import PAIRS, study

from scalescope.laws import ChinchillaLaw, PowerLaw, ShiftedPowerLaw

X = np.geomspace(1e4, 1e9, 20)
NOISE = 0.01 * np.random.default_rng(1).normal(size=20)


def test_a_floor_under_a_power_law_is_a_bend():
    law = PowerLaw(n_boot=0).fit(X, (1.7 + 60 * X**-0.3) * np.exp(NOISE))
    assert "lack of fit" in law.messages_[-1] and "parameters" in law.messages_[-1]
    assert ShiftedPowerLaw(n_boot=0).fit(X, (1.7 + 60 * X**-0.3) * np.exp(NOISE)).lack_of_fit_ == []


def test_a_break_is_told_with_its_place():
    y = np.exp(-0.1 * np.log(X) - 0.3 * np.maximum(np.log(X / 1e7), 0) + NOISE)
    law = PowerLaw(n_boot=0, size="tokens").fit(X, y)
    message = next(m for m in law.messages_ if "break near tokens" in m)
    assert 3e6 < float(message.split("= ")[1].split()[0]) < 3e7 and "break near tokens" in law.card().text()


def test_outliers_are_named_and_do_not_hide_each_other():
    y = 20 * X**-0.1 * np.exp(NOISE)
    y[[4, 11]] *= [1.3, 1.25]
    law = PowerLaw(n_boot=0).fit(X, y)
    message = next(m for m in law.messages_ if "outlying" in m)
    assert "4 (" in message and "11 (" in message


@pytest.mark.parametrize("at", [0, 1])
def test_the_input_that_bends_is_named(at):
    _, y = study(ChinchillaLaw, 0.003)
    u = np.log(PAIRS[:, at])
    u = (u - u.mean()) / np.ptp(u)
    law = ChinchillaLaw(n_boot=0, loss="log_squares").fit(PAIRS, y * np.exp(0.3 * u**3))
    assert any(f"{law.inputs[at]}" in message for message in law.lack_of_fit_)


@pytest.mark.parametrize("kind", [PowerLaw, ShiftedPowerLaw, ChinchillaLaw])
def test_a_law_that_holds_is_seldom_accused(kind):
    accused = 0
    for seed in range(60):
        if kind is PowerLaw:
            law = PowerLaw(n_boot=0).fit(X, 5 * X**-0.1 * np.exp(0.02 * np.random.default_rng(seed).normal(size=20)))
        else:
            law = kind(n_boot=0, loss="log_squares").fit(*study(kind, 0.01, seed))
        accused += bool(law.lack_of_fit_)
    assert accused <= 6


def test_seeds_of_one_size_do_not_accuse_the_law():
    rng = np.random.default_rng(3)
    sizes = np.repeat(X[:10], 8)
    y = sizes**-0.1 * np.exp(0.05 * np.repeat(rng.normal(size=10), 8) + 0.002 * rng.normal(size=80))
    assert PowerLaw(n_boot=0).fit(sizes, y, groups=sizes).lack_of_fit_ == []


def test_an_outlier_is_told_by_its_place_in_the_table_that_was_given():
    """Rows of weight zero or masked ones do not shift it."""
    y = 20 * X**-0.1 * np.exp(NOISE)
    y[11] *= 1.3
    weights = np.ones(20)
    weights[:3] = 0
    assert "entry 11 (" in PowerLaw(n_boot=0).fit(X, y, sample_weight=weights).lack_.text()
    masked = np.ma.array(y, mask=np.arange(20) < 3)
    assert "entry 11 (" in PowerLaw(n_boot=0).fit(X, masked).lack_.text()
    names = [f"run-{place}" for place in range(20)]
    assert "outlying run run-11 (" in PowerLaw(n_boot=0).fit(X, y).lack_.text(names)


def test_what_could_not_be_tested_is_not_called_sound():
    assert "not tested" in PowerLaw(n_boot=0).fit(X[:4], X[:4] ** -0.1 * np.exp(NOISE[:4])).card().text()
    assert "none found at 1 %" in PowerLaw(n_boot=0).fit(X[:5], X[:5] ** -0.1 * np.exp(NOISE[:5])).card().text()
