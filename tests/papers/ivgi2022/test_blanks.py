"""Why cells of the tables of laws are blank."""

import pandas as pd
import pytest

from scalescope.experiment.points import task_names
from scalescope.papers.ivgi2022.blanks import NO_POINT, reasons
from scalescope.papers.ivgi2022.fits import fits
from scalescope.papers.ivgi2022.tables import table2, table4


def points(sizes: int, target: float | None = 0.3, task: str = "sst2") -> pd.DataFrame:
    """One objective and task: a ladder of that many sizes, two seeds each, and a target with that error."""
    rows = [("ladder", size, seed, 0.5 / size + 0.01 * seed) for size in range(1, sizes + 1) for seed in (0, 1)]
    rows += [] if target is None else [("target", 9, seed, target) for seed in (0, 1)]
    named = {"objective": "mlm", "hpt": "with", "task": task, "metric": "accuracy", "aspect_ratio": 8}
    return pd.DataFrame(
        [
            {**named, "role": role, "layers": size, "parameters": 1000 * size, "seed": seed, "error": error}
            for role, size, seed, error in rows
        ]
    )


def of(task: str, table: pd.DataFrame) -> str:
    return dict(zip(task_names(table), reasons(fits(table, n_boot=1)), strict=True))[task]


@pytest.mark.parametrize(
    ("sizes", "said"),
    [(4, ""), (3, "3 sizes: MRE and R² without the smallest need 4"), (2, "2 sizes: a line needs 2, R² 3")],
)
def test_a_reason_is_given_where_and_only_where_a_number_is_missing(sizes, said):
    table = points(sizes)
    assert of("sst2", table) == said
    row = table2(fits(table, n_boot=1)).set_index("task").loc["SST-2"]
    assert row.isna().any() == bool(said)


def test_a_table_of_both_objectives_says_which_one_has_no_runs():
    table = fits(points(4), n_boot=1)
    place = task_names(table).index("sst2")
    assert reasons(table)[place] == "" and reasons(table, pair=True)[place] == "no runs of PMI"
    assert reasons(table, pair=True)[task_names(table).index("squad")] == NO_POINT


def test_a_target_without_a_metric_and_a_task_without_points():
    table = points(4, target=1.0)
    assert of("sst2", table) == "the target's metric is 0 (MLM)"
    assert table4(fits(table, n_boot=1)).set_index("task").loc["SST-2"].isna().any()
    assert of("sst2", points(4, target=None)) == "no target (MLM)"
    assert of("mnli", table) == NO_POINT
