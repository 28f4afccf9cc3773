"""What a table tells of itself on the card, and how its runs are called."""

from __future__ import annotations

import pytest
from forecast.made import runs

from scalescope.forecast import forecast, run_table
from scalescope.forecast.facts import flops_counted, inputs_of, measured, names_of

TARGET = {"parameters": 2e9, "tokens": 4e10}


def test_columns_and_their_units_are_told():
    given = runs(8).assign(tokens=runs(8)["tokens"] / 1e9)
    table = run_table(given, units="D=billions")
    assert (
        inputs_of(table, ("parameters", "tokens"))
        == "N is column 'params'; D is column 'tokens' converted from billions"
    )
    assert inputs_of(table, ("flops",)) == "C follows from N and D (C = 6 N D)"
    assert measured(table) == "loss (nats per token), column 'val_loss'"


def test_flops_are_told_as_they_were_counted():
    both = runs(8)
    assert flops_counted(run_table(both)) == {"flops": "6 N D (no column of FLOPs)"}
    counted = both.assign(flops=7.0 * both["params"] * both["tokens"])
    assert flops_counted(run_table(counted)) == {"flops": "column 'flops', 7 N D (median)"}
    assert flops_counted(run_table(both.drop(columns="tokens"))) == {}
    assert flops_counted(run_table(counted.drop(columns="tokens"))) == {"flops": "column 'flops'"}


def test_runs_of_one_size_have_one_name():
    assert names_of(run_table(runs(5)).frame) == ["r0", "r1", "r2", "r3", "r4"]
    assert names_of(run_table(runs(4, seeds=3)).frame)[0] == "r0 and 2 of its size"


@pytest.mark.parametrize(("seeds", "name"), [(1, "run r5 ("), (3, "run r15 and 2 of its size (")])
def test_an_outlying_run_is_called_by_its_name(seeds, name):
    given = runs(16, noise=0.002, seeds=seeds)
    given.loc[5 * seeds : 6 * seeds - 1, "val_loss"] *= 1.1
    table = run_table(given.sort_values("tokens", ascending=False, kind="stable"))
    found = forecast(table, "chinchilla", TARGET, n_boot=20)
    assert f"outlying {name}" in found.lack_of_fit
    assert found.card.as_dict()["lack_of_fit"] == found.lack_of_fit
    assert not any("outlying" in note for note in found.notes)


def test_the_card_lacks_only_what_no_table_can_tell():
    missing = forecast(run_table(runs(12)), "chinchilla", TARGET, n_boot=20).card.missing
    assert missing == [
        "parameters counted",
        "tuning",
        "training text",
        "passes over the text",
        "shapes of the models",
        "batch size and schedule",
        "checkpoints",
        "convergence",
        "code and data",
    ]
