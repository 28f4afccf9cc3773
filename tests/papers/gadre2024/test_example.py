from __future__ import annotations

import pandas as pd
from published_data import table

from scalescope import paths
from scalescope.papers.gadre2024.example import example


def test_the_committed_example_is_that_of_the_published_data():
    folder = paths.examples()
    for made, name in zip(example(table("gadre2024")), ("eight_runs.csv", "large_run.csv"), strict=True):
        pd.testing.assert_frame_equal(pd.read_csv(folder / name), made)
    assert len(pd.read_csv(folder / "eight_runs.csv")) == 8
