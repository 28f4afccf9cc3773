import json

import numpy as np
import pandas as pd
import pytest
from sklearn.exceptions import NotFittedError

from scalescope import paths
from scalescope.errors import UnknownName
from scalescope.laws import PowerLaw
from scalescope.laws.card import LABELS, STUDY

SIZES = np.repeat([1e4, 1e5, 1e6], 3)
ERRORS = SIZES**-0.2 * np.exp(0.01 * np.random.default_rng(0).normal(size=9))


@pytest.fixture(scope="module")
def law():
    weights = np.where(np.arange(9) == 8, 0, 1)
    return PowerLaw(n_boot=100).fit(SIZES, ERRORS, sample_weight=weights, groups=SIZES)


def test_the_law_fills_in_what_it_knows(law):
    facts = law.card(target=[1e8]).as_dict()
    assert facts["law"] == "PowerLaw" and facts["params"] == law.params_
    assert (facts["points_used"], facts["points_left_out"], facts["distinct_sizes"]) == (8, 1, 3)
    assert facts["seeds"] == "2 to 3 per group, 3 groups"
    assert facts["extrapolation"] == pytest.approx(100)
    assert facts["intervals"]["slope"] == list(law.intervals_["slope"])
    assert json.loads(json.dumps(facts)) == facts


def test_the_caller_hands_in_the_rest_and_silence_shows(law):
    card = law.card(
        tokens=np.int64(4_000_000), tuning="rate | epochs", held_out={"relative error": -0.0234}, left_out="2 diverged"
    )
    text, markdown = card.text(), card.markdown()
    for label in LABELS.values():
        assert label in text and f"| {label} |" in markdown
    assert "4,000,000" in text and "relative error -0.0234" in text and "2 diverged; 1 of weight zero" in text
    assert "rate \\| epochs" in markdown
    assert text.count("not reported") == 2 + len(STUDY) == len(card.missing)
    assert card.missing[:2] == ["parameters counted", "extrapolation factor"]
    assert max(map(len, card.text(width=70).splitlines())) <= 70


def test_refuses_unknown_items_and_laws_without_fit(law):
    assert law.card(study={"epochs": "one"}).as_dict()["epochs"] == "one"
    with pytest.raises(UnknownName, match="epoch"):
        law.card(study={"epoch": "one"})
    with pytest.raises(UnknownName, match="unknown item of a card 'tokenz'; did you mean 'tokens'"):
        law.card(tokenz="1e9")
    with pytest.raises(ValueError, match=r"'epochs' of a card is given in the dict `study`: card\(study="):
        law.card(epochs="one")
    with pytest.raises(NotFittedError):
        PowerLaw().card()


def test_the_card_says_what_the_intervals_reach(law):
    """The numbers are those of the committed table of simulated studies."""
    table = pd.read_csv(paths.root() / "benchmarks" / "results" / "law_coverage.csv")
    reached = table.groupby("interval")["coverage"].agg(["min", "max"])
    assert "92 to 99 %" in law.card().facts["interval_method"]
    assert reached.loc["hierarchical", "min"] >= 0.92 and reached.loc["hierarchical", "max"] <= 0.99
    naive = PowerLaw(n_boot=20).fit(SIZES[::3], ERRORS[::3]).card().facts["interval_method"]
    assert "92 %" in naive and "59 to 70 %" in naive
    assert reached.loc["naive"].round(2).tolist() == [0.59, 0.92]


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"title": 3}, "title must be words; got 3"),
        ({"tuning": ["a"]}, "tuning must be words"),
        ({"study": ["epochs"]}, "study must be a dict of words"),
        ({"study": {"epochs": 3}}, "'epochs' of `study` must be words; got 3"),
        ({"tokens": pd.NA}, "tokens must be a number, words"),
        ({"held_out": {"a": print}}, "held_out a must be a number, words"),
        ({"target": []}, "target has no rows"),
    ],
)
def test_what_no_card_can_hold_is_named(law, given, told):
    with pytest.raises(ValueError, match=told):
        law.card(**given)


def test_columns_and_arrays_are_shown_as_their_numbers(law):
    card = law.card(held_out=pd.Series([0.5, 0.25, 0.125]), left_out=np.array([1, 2, 3]))
    assert "0.5; 0.25; 0.125" in card.text() and "1; 2; 3" in card.text()
    assert json.loads(json.dumps(card.as_dict())) == card.as_dict()
