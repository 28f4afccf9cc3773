"""The tables of the control: gains of runs whose truth is known, and seeds in two groups."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest

from scalescope.data.tasks.noise import standard_error
from scalescope.experiment.seed_groups import RULE, groups_sentence, largest_gap, seeds_table
from scalescope.experiment.transfer import Seeds, readable_transfer, transfer_sentence, transfer_table
from scalescope.tables import COLUMNS

N = 600


@dataclass
class FakeRun:
    manifest: dict
    rows: pd.DataFrame


def model(objective, parameters=1000, role="ladder"):
    named = {"profile": "p", "source": "microworld", "objective": objective, "role": role}
    return named | {"aspect_ratio": 8, "layers": 1, "heads": 2, "hidden": 8, "parameters": parameters}


def run(seed, accuracy):
    """A run that is right on the first share of the examples, so that two runs agree wherever both are right."""
    score = (np.arange(N) < round(accuracy * N)).astype(float)
    rows = pd.DataFrame({"example": np.arange(N), "label": 1, "predicted": score.astype(int), "score": score})
    summary = {"value": score.mean(), "value_se": standard_error("accuracy", rows)}
    return FakeRun({"config": {"seed": seed}, "summary": summary, "status": "finished"}, rows)


def seeds(objective, accuracies, task="sst2", hpt="with", **named):
    return Seeds(model(objective, **named), hpt, task, "accuracy", [run(s, a) for s, a in enumerate(accuracies)])


def test_gain_is_the_error_that_pretraining_takes_away():
    groups = [
        seeds("scratch", (0.60, 0.61)),
        seeds("mlm", (0.70, 0.71)),
        seeds("pmi", (0.60, 0.61)),
        seeds("mlm", (0.9, 0.9), hpt="without"),
        seeds("mlm", (0.8, 0.8), parameters=5000),  # no control of this size
    ]
    table = transfer_table(groups).set_index("objective")
    assert table.index.tolist() == ["mlm", "pmi"]
    mlm, pmi = table.loc["mlm"], table.loc["pmi"]
    assert mlm["error_scratch"] == pytest.approx(0.395, abs=2e-3)
    assert mlm["error_pretrained"] == pytest.approx(0.295, abs=2e-3)
    assert mlm["gain"] == pytest.approx(0.1, abs=2e-3) and mlm["low"] > 0
    assert pmi["low"] <= pmi["gain"] == 0 <= pmi["high"]
    assert (mlm["n_seeds"], mlm["n_rows"]) == (2, N)
    between, sample = np.var([0.6, 0.61], ddof=1), 0.395 * 0.605 / N
    assert mlm["bar_scratch"] == pytest.approx(np.sqrt(between + sample), rel=1e-2)
    assert transfer_sentence(transfer_table(groups)).endswith(
        "MLM: above zero in 1 of 1 tasks, below in 0; PMI: above zero in 0 of 1 tasks, below in 0."
    )


def test_nothing_to_compare_gives_the_empty_table():
    table = transfer_table([seeds("mlm", (0.7, 0.7))])
    assert table.empty and list(table.columns) == COLUMNS["transfer"]
    assert readable_transfer(table).set_index("task").empty and "Nothing to compare" in transfer_sentence(table)


def test_readers_see_the_largest_size_or_the_one_they_ask_for():
    groups = [seeds(o, a, parameters=n) for n, o, a in (
        (1000, "scratch", (0.5, 0.5)), (1000, "mlm", (0.6, 0.6)), (1000, "pmi", (0.6, 0.6)),
        (9000, "scratch", (0.5, 0.5)), (9000, "mlm", (0.8, 0.8)))]  # fmt: skip
    table = transfer_table(groups)
    row = readable_transfer(table).iloc[0]
    assert row.tolist()[:3] == ["SST-2", "0.500", "0.200"] and row["PMI"] == row["gain of PMI"] == "–"
    assert row["gain of MLM"].startswith("0.30 [0.2")
    assert readable_transfer(table, 1000).iloc[0]["PMI"] == "0.400"
    with pytest.raises(ValueError, match="no model of 5 parameters; there are 1,000, 9,000"):
        readable_transfer(table, 5)


@pytest.mark.parametrize(
    ("accuracies", "two"),
    [
        ((0.5, 0.51, 0.9), True),
        ((0.5, 0.7, 0.9), False),  # spread, not grouped
        ((0.5, 0.501, 0.51), False),  # a gap within the noise of the examples
        ((0.5, 0.9), False),  # two seeds are always two
        ((0.5, 0.5, 0.9, 0.9), True),
    ],
)
def test_seeds_in_two_groups_are_flagged(accuracies, two):
    table = seeds_table([seeds("mlm", accuracies)])
    assert table["two_groups"].tolist() == [two]
    assert table["n_seeds"].tolist() == [len(accuracies)] and table["value"].iloc[0] == pytest.approx(
        np.mean(accuracies), abs=1e-3
    )
    text = groups_sentence(table)
    assert ("SST-2 (MLM, with HPT, 1,000 parameters" in text) is two and text.endswith(RULE)


def test_both_parts_of_the_rule_count():
    assert largest_gap(np.array([0.1, 0.5, 0.12]), gap_se=0.1)["two_groups"]
    assert not largest_gap(np.array([0.1, 0.5, 0.12]), gap_se=0.13)["two_groups"]
    assert not largest_gap(np.array([0.1, 0.5, 0.23]), gap_se=0.01)["two_groups"]


def test_scratch_and_pretrained_are_paired_by_both_seeds():
    """With the second pretraining seed all runs are 0.2 better on both sides: the gain is 0.1 without any noise."""

    def side(objective, base):
        runs = [run(s, base + 0.2 * p) for p in (0, 1) for s in (0, 1)]
        return Seeds(model(objective), "with", "sst2", "accuracy", runs, [0, 0, 1, 1])

    scratch, mlm = side("scratch", 0.5), side("mlm", 0.6)
    assert list(mlm.sides) == [(0, 0), (0, 1), (1, 0), (1, 1)]
    row = transfer_table([scratch, mlm]).iloc[0]
    assert row["n_seeds"] == 4 and row["gain"] == pytest.approx(0.1, abs=1e-6)
    crossed = Seeds(mlm.model, "with", "sst2", "accuracy", mlm.runs, [1, 1, 0, 0])
    other = transfer_table([scratch, crossed]).iloc[0]
    assert other["gain"] == pytest.approx(0.1, abs=1e-6)
    assert other["high"] - other["low"] > 2 * (row["high"] - row["low"])
    table = seeds_table([mlm])
    assert table[["n_pretrain_seeds", "n_seeds"]].iloc[0].tolist() == [2, 4]
    assert seeds_table([seeds("mlm", (0.5, 0.6, 0.7))])["n_pretrain_seeds"].tolist() == [1]
