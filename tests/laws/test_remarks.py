"""Tables that can be fitted but are probably not what is meant draw a warning, a message and a line on the card."""

import warnings

import numpy as np
import pytest
from laws.truths import PAIRS, study

from scalescope.laws import ChinchillaLaw, DownstreamErrorLaw, PowerLaw, SuspectInput


@pytest.mark.parametrize(
    ("law", "change", "message"),
    [
        (ChinchillaLaw(n_boot=0), lambda X, y: (X * [1, 1e-9], y), "tokens lie below parameters in 36 of 36 points"),
        (ChinchillaLaw(n_boot=0), lambda X, y: (X, np.exp(y)), "is it a perplexity"),
        (ChinchillaLaw(n_boot=0), lambda X, y: (X * [1e-9, 1], y), "only: are they in millions or billions"),
        (PowerLaw(n_boot=0), lambda X, y: (np.log10(X[:, 0]), y), "parameters reach 10 only: are they in millions"),
        (ChinchillaLaw(n_boot=0), lambda X, y: (np.log(X), y), "or logarithms"),
        (
            DownstreamErrorLaw(n_boot=0),
            lambda X, y: (np.linspace(2, 5, 36), 20 + 10 * np.linspace(2, 5, 36)),
            "percent",
        ),
        (PowerLaw(n_boot=10), lambda X, y: (X[:, 0], y), "30 of 36 points repeat the sizes of another and no groups"),
    ],
)
def test_what_looks_wrong_is_told(law, change, message):
    with pytest.warns(SuspectInput, match=message):
        law.fit(*change(*study(ChinchillaLaw, 0.01)))
    assert any(message in said for said in law.messages_) and message[:20] in law.card().text(width=1000)


def test_a_sound_table_draws_none():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        law = ChinchillaLaw(n_boot=10).fit(*study(ChinchillaLaw, 0.01))
        PowerLaw(n_boot=10).fit(PAIRS[:, 0], study(ChinchillaLaw, 0.01)[1], groups=PAIRS[:, 0])
    assert law.card().facts["remarks"] == "none"


def test_shares_that_grow_are_taken_for_scores():
    sizes, scores = np.geomspace(1e6, 1e9, 6), np.linspace(0.3, 0.8, 6)
    with pytest.warns(SuspectInput, match="y grows with parameters, from 0.3 on: is it a score"):
        PowerLaw(n_boot=0).fit(sizes, scores)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        PowerLaw(n_boot=0).fit(sizes, 1 - scores)
