"""What benchmarks/README.md says of a table is what the table holds."""

import re

import pandas as pd

from scalescope import paths

BENCHMARKS = paths.root() / "benchmarks"


def test_losses_after_training_on_little_data_are_those_of_the_table():
    table = pd.read_csv(BENCHMARKS / "results" / "adaptation.csv")
    lowest = table.groupby(["rows", "steps"])["loss"].min().unstack()
    text = (BENCHMARKS / "README.md").read_text(encoding="utf-8").split("## Training on little data")[1]
    steps = [int(number.replace(",", "")) for number in re.search(r"\| rows \|([\d,| ]+)\| best", text)[1].split("|")]
    said = re.findall(r"^\| ([\d,]+) \|((?: [\d.]+ \|)+)", text.split("\n## ")[0], re.M)
    assert [int(rows.replace(",", "")) for rows, _ in said] == list(lowest.index)
    for rows, losses in said:
        own = lowest.loc[int(rows.replace(",", "")), steps]
        assert [f"{loss:.2f}" for loss in own] == [loss.strip() for loss in losses.split("|")[: len(steps)]]
