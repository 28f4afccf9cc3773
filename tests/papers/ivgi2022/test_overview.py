import pandas as pd
import pytest

from scalescope.papers.ivgi2022.fits import FITS
from scalescope.papers.ivgi2022.overview import markdown, overview, verdict

KEYS = {"objective": "mlm", "hpt": "with"}
SIZES = {"ladder": (1000, 8000), "target": (64000,)}


@pytest.fixture
def tables():
    rows = [
        {
            "objective": "mlm",
            "hpt": "with",
            "task": task,
            "role": role,
            "aspect_ratio": 12,
            "layers": layers,
            "parameters": size,
            "seed": seed,
            "error": error / layers + 0.01 * seed,
            "value": 1 - error / layers,
            "metric": "accuracy",
        }
        for task, error in (("sst2", 0.4), ("mnli", 0.6))
        for seed in (0, 1)
        for layers, (role, size) in enumerate([(r, s) for r, sizes in SIZES.items() for s in sizes], start=1)
    ]
    fits = pd.DataFrame(
        [
            {**KEYS, "task": "sst2", "slope": -0.2, "slope_low": -0.3, "slope_high": -0.1, "r2": 0.97},
            {**KEYS, "task": "mnli", "slope": -0.1, "slope_low": -0.3, "slope_high": 0.1, "r2": 0.5},
        ]
    ).reindex(columns=FITS)
    tasks = pd.DataFrame({"task": ["mnli", "sst2"], "majority": [0.345, 0.51]})
    transfer = pd.DataFrame(
        {
            "objective": "mlm",
            "task": "sst2",
            "parameters": [8000, 64000],
            "gain": [0.1, 0.25],
            "low": [0.0, 0.2],
            "high": [0.2, 0.3],
        }
    )
    return pd.DataFrame(rows), fits, tasks, transfer


def test_one_line_per_task_with_the_numbers_of_the_tables(tables):
    table = overview(*tables).set_index("task")
    assert list(table.index) == ["MNLI", "SST-2"]
    assert table.loc["SST-2"].to_dict() == {
        "majority": "0.49",
        "smallest": "0.41",
        "largest": "0.21",
        "target": "0.14",
        "gain": "0.25 [0.20, 0.30]",
        "slope": "−0.20 [−0.30, −0.10]",
        "R2": "0.97",
        "verdict": "law",
    }
    assert table.loc["MNLI", ["gain", "verdict"]].tolist() == ["–", "flat"]


def test_a_law_needs_a_slope_and_a_fit():
    def row(high, r2):
        return pd.Series({"slope_high": high, "r2": r2})

    assert [verdict(row(-0.1, 0.95)), verdict(row(-0.1, 0.9)), verdict(row(0.0, 0.99))] == ["law", "falls", "flat"]
    assert verdict(row(float("nan"), 0.99)) == "flat"


def test_markdown_names_the_sizes(tables):
    lines = markdown(overview(*tables), (1000, 8000, 64000)).split("\n")
    assert len(lines) == 4 and "smallest (1,000)" in lines[0] and lines[3].endswith("| 0.97 | law |")
