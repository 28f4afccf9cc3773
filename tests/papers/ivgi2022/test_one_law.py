"""One series and its law: what a reader is told of an error that never changes."""

import json
import warnings

import pandas as pd

from scalescope.papers.ivgi2022.one_law import fit_series


def test_an_error_that_never_changes_is_told_on_the_card_of_its_law_and_not_in_a_warning_without_a_task():
    rows = [("ladder", size, seed, 0.38) for size in (1e3, 1e4, 1e5) for seed in range(3)]
    rows += [("target", 1e6, 0, 0.38)]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = fit_series(pd.DataFrame(rows, columns=["role", "parameters", "seed", "error"]), "error", n_boot=20)
    assert json.loads(found.numbers["facts"])["remarks"] == "y is 0.38 at all 9 points: nothing changes with parameters"
    assert abs(found.numbers["slope"]) < 1e-12
