"""The notebooks of both sources with our own runs, which their committed outputs do not show."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import nbformat
import pandas as pd
import pytest

from scalescope import paths
from scalescope.workflow import notebooks
from scalescope.workflow.source import BOTH
from scalescope.workflow.studies.live import NOTEBOOKS, STUDIES

PROFILE = "studies-smoke"


def executed(paper: str, project: Path) -> list[nbformat.NotebookNode]:
    """The outputs of a study's notebook, run through papermill with the smallest profile that has studies."""
    for name in ("smoke", PROFILE):
        shutil.copy(Path(__file__).parents[3] / "profiles" / f"{name}.yaml", project / "profiles")
    notebook, parameter = NOTEBOOKS[paper]
    out = notebooks.run(f"{paper}/{notebook}", project / "executed.ipynb", {parameter: PROFILE})
    cells = nbformat.read(out, as_version=4).cells
    return [output for cell in cells if cell.cell_type == "code" for output in cell.outputs]


@pytest.mark.parametrize("paper", BOTH)
def test_a_notebook_of_both_sources_trains_and_shows_our_own_runs(paper, project):
    outputs = executed(paper, project)
    printed = "".join(output.text for output in outputs if output.output_type == "stream" and output.name == "stdout")
    shown = "\n".join(output.data.get("text/html", "") for output in outputs if "data" in output)
    assert re.search(r"^device: cpu, (fp32|bf16)$", printed, re.M)
    folder = paths.results(PROFILE) / paper
    runs, claims, forecasts = (pd.read_csv(folder / f"{name}.csv") for name in ("runs", "claims", "forecasts"))
    assert f"{PROFILE}: {len(runs)} runs, {len(forecasts)} sealed forecasts" in printed
    assert forecasts["actual"].notna().all() and runs["loss"].notna().all() and len(runs) > 20
    for claim in claims.to_dict("records"):
        assert re.search(rf"<th>{claim['id']}</th>\s+<td>{claim['verdict']}</td>", shown)
    pictures = [output for output in outputs if "image/png" in output.get("data", {})]
    assert len(pictures) == len(STUDIES[paper].DRAW)
    tables = {file.stem for file in folder.glob("*.csv")}
    drawn = {name for name, (_, live) in BOTH[paper].FIGURES.items() if live}
    lacking = [text for name, text in BOTH[paper].LACKING.items() if name not in tables | drawn]
    assert sorted(re.findall(rf"^{PROFILE}: no (.*)$", printed, re.M)) == sorted(lacking)
    assert "published:" not in printed


def test_a_zoo_and_one_curve_are_shown_before_all_is_trained():
    cells = nbformat.read(notebooks.find("lin2024/10_selection"), as_version=4).cells
    source = "\n".join(cell.source for cell in cells if cell.cell_type == "code")
    steps = ["lin2024.zoo(", "train(settings, texts, [base])", "live.run(settings", "study.draw("]
    assert sorted(steps, key=source.index) == steps
