"""How many tasks an experiment can measure: counts of intervals on the right side of zero."""

import numpy as np
import pandas as pd
import pytest

from scalescope.papers.ivgi2022 import scorecard as card

FITS = pd.DataFrame(
    [
        ("mlm", "with", "squad", -0.3, -0.1, 0.97),
        ("mlm", "with", "mnli", -0.3, 0.01, 0.99),
        ("mlm", "with", "sst2", -0.2, -0.01, 0.5),
        ("mlm", "without", "qnli", -0.3, -0.2, 0.99),
        ("pmi", "with", "squad", -0.3, 0.2, 0.2),
    ],
    columns=["objective", "hpt", "task", "slope_low", "slope_high", "r2"],
)
LAWS = pd.DataFrame({"objective": ["mlm", "mlm", "pmi"], "aspect_ratio": [12, 24, 12], "re": [-0.019, 0.3, np.nan]})


def values(**tables) -> dict:
    found = card.scorecard(FITS, LAWS, probes=400, n_boot=50, **tables)
    return {(row.quantity, row.objective): (row.value, row.of, row.which) for row in found.itertuples()}


def test_slopes_and_laws_of_tuned_models_are_counted_for_each_objective():
    found = values()
    assert found[card.SLOPE, "mlm"] == (2, 3, "squad, sst2")
    assert found[card.GOOD, "mlm"] == (2, 3, "squad, mnli")
    assert found[card.SLOPE, "pmi"] == (0, 1, "")
    assert found[card.OFF, "mlm"][0] == pytest.approx(1.9) and (card.OFF, "pmi") not in found
    assert {quantity for quantity, _ in found} == {card.SLOPE, card.GOOD, card.OFF}, "nothing else was measured"


def test_gains_are_those_of_the_largest_model():
    rows = [("mlm", 100, "squad", 0.1), ("mlm", 900, "squad", -0.1), ("mlm", 900, "mnli", 0.02), ("pmi", 50, "mnli", 1)]
    transfer = pd.DataFrame(rows, columns=["objective", "parameters", "task", "low"])
    found = values(transfer=transfer)
    assert found[card.GAIN, "mlm"] == (1, 2, "mnli") and found[card.GAIN, "pmi"] == (1, 1, "mnli")


def test_an_error_that_only_wanders_with_the_tokens_does_not_fall():
    rng, rows = np.random.default_rng(0), []
    for tokens in (1e5, 2e5, 4e5, 8e5):
        for _ in range(3):
            rows.append(("squad", tokens, tokens**-0.2 * np.exp(0.01 * rng.standard_normal())))
            rows.append(("mnli", tokens, 0.3 * np.exp(0.05 * rng.standard_normal())))
    budgets = pd.DataFrame(rows, columns=["task", "budget_tokens", "error"]).assign(objective="mlm")
    found = values(budgets=budgets.assign(tokens=0.98 * budgets["budget_tokens"]))
    assert found[card.TOKENS, "mlm"] == (1, 2, "squad") and (card.TOKENS, "pmi") not in found


def test_a_skill_is_above_chance_by_two_standard_errors_at_the_end_of_the_largest_model():
    rows = [
        ("answers", 9, 200, 0.56, 0.5),  # 2.4 standard errors of 400 answers
        ("names", 9, 200, 0.54, 0.5),
        ("names", 9, 100, 0.9, 0.5),
        ("grammar", 1, 200, 0.9, 0.5),
        ("grammar", 9, 200, 0.5, 0.5),
    ]
    skills = pd.DataFrame(rows, columns=["skill", "parameters", "step", "accuracy", "chance"]).assign(objective="pmi")
    assert values(skills=skills)[card.SKILLS, "pmi"] == (1, 3, "answers")


def test_sources_stand_side_by_side_with_a_dash_for_what_one_did_not_measure():
    first = card.scorecard(FITS, LAWS).assign(source="quick")
    second = first[(first["quantity"] == card.SLOPE) & (first["objective"] == "mlm")].assign(source="other", value=3)
    table = card.side_by_side(pd.concat([first, second], ignore_index=True))
    assert table.columns.tolist() == ["quick", "other"]
    assert table.loc[(card.SLOPE, "mlm")].tolist() == ["2 of 3", "3 of 3"]
    assert table.loc[(card.OFF, "mlm")].tolist() == ["1.9", "–"]
    assert table.index[0] == (card.SLOPE, "mlm"), "in the order of the card"


def test_what_scatter_of_seeds_allows_is_counted_beside_what_laws_reach():
    rows = [("mlm", "squad", 0.96), ("mlm", "mnli", 0.9), ("mlm", "sst2", np.nan), ("pmi", "squad", 0.95)]
    found = values(ceilings=pd.DataFrame(rows, columns=["objective", "task", "ceiling"]))
    assert found[card.CEILING, "mlm"] == (1, 3, "squad") and found[card.CEILING, "pmi"] == (1, 1, "squad")
