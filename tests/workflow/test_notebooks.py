from __future__ import annotations

import base64
from io import BytesIO
from pathlib import Path

import matplotlib.pyplot as plt
import nbformat
import numpy as np
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from PIL import Image

from scalescope.errors import UnknownName
from scalescope.experiment.bar import MARK
from scalescope.workflow import notebooks

PARAMETERS = (
    "count: int = 2  # how many\nrate: float = 0.5  # how fast\nname: str = 'a'  # of what\non: bool = True  # or not"
)


@pytest.fixture
def notebook(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A notebook "study/10_half" whose last cell fails for count 0."""
    monkeypatch.setenv("SCALESCOPE_ROOT", str(tmp_path))
    cells = [
        new_markdown_cell("# Halves"),
        new_code_cell(PARAMETERS, metadata={"tags": ["parameters"]}),
        new_code_cell("print(name, on)\n1 / count"),
    ]
    path = tmp_path / "notebooks" / "study" / "10_half.ipynb"
    path.parent.mkdir(parents=True)
    nbformat.write(new_notebook(cells=cells), path)
    return path


def test_unknown_notebook_names_the_nearest(notebook):
    with pytest.raises(UnknownName, match="'study/10_half'"):
        notebooks.find("study/10_hlaf")


def test_parameters_have_name_kind_default_and_help(notebook):
    found = notebooks.parameters(notebook)
    assert list(found) == ["count", "rate", "name", "on"]
    assert found["rate"] == notebooks.Parameter("rate", "float", 0.5, "how fast")


def test_unknown_parameter_names_the_nearest(notebook):
    with pytest.raises(UnknownName, match="did you mean 'count'"):
        notebooks.checked(notebook, {"cuont": 3})


def test_texts_of_the_command_line_get_the_type_of_the_parameter(notebook):
    given = {"count": "3", "rate": "1e-3", "name": "7", "on": "false"}
    assert notebooks.checked(notebook, given) == {"count": 3, "rate": 1e-3, "name": "7", "on": False}


def test_text_of_a_table_is_text_whatever_stands_in_it(notebook):
    found = notebooks.checked(notebook, {"name": np.str_("my runs/profile.json")})
    assert found == {"name": "my runs/profile.json"} and type(found["name"]) is str


@pytest.mark.parametrize(
    "bad", [{"count": "three"}, {"count": 1.5}, {"count": True}, {"on": "maybe"}, {"name": 3}, {"rate": None}]
)
def test_a_value_of_another_type_is_refused(notebook, bad):
    name = next(iter(bad))
    with pytest.raises(ValueError, match=f"{name!r}.*must be"):
        notebooks.checked(notebook, bad)


@pytest.mark.parametrize("line", ["count = 2  # untyped", "count: int = 2", "count: list = []  # kind", "x"])
def test_a_parameter_without_type_or_help_is_refused(notebook, line):
    content = nbformat.read(notebook, as_version=4)
    content.cells[1].source = line
    nbformat.write(content, notebook)
    with pytest.raises(ValueError, match="parameters cell"):
        notebooks.parameters(notebook)


def test_run_writes_the_executed_notebook_and_a_failing_one_leaves_the_old_result(notebook, tmp_path):
    out = tmp_path / "out" / "half.ipynb"
    notebooks.run("study/10_half", out, {"count": "4", "name": "b"})
    before = out.read_text()
    assert "b True" in before and "0.25" in before
    with pytest.raises(notebooks.NotebookFailed, match=r"10_half, cell \d+: ZeroDivisionError.*failed\.ipynb"):
        notebooks.run("study/10_half", out, {"count": 0})
    assert out.read_text() == before
    assert "ZeroDivisionError" in (out.parent / "half.failed.ipynb").read_text()
    assert not list(out.parent.glob("*.partial*"))


def test_refresh_leaves_outputs_without_noise_and_is_reproducible(notebook):
    notebooks.refresh("study/10_half")
    first = notebook.read_text()
    content = nbformat.read(notebook, as_version=4)
    assert content.cells[2].outputs[0].text == "a True\n"
    assert [cell.execution_count for cell in content.cells[1:]] == [1, 2]
    assert content.cells[2].outputs[1].execution_count == 2
    assert "papermill" not in first and "injected" not in first
    notebooks.refresh("study/10_half")
    assert notebook.read_text() == first


def test_what_jupyterlab_and_a_progress_bar_add_is_not_kept(notebook):
    notebooks.refresh("study/10_half")
    kept = notebook.read_text()
    content = nbformat.reads(kept, as_version=4)
    content.metadata["kernelspec"]["display_name"] = "Python 3 (ipykernel)"
    content.metadata["language_info"] |= {"version": "3.13.1", "file_extension": ".py"}
    content.metadata["widgets"] = {}
    cell = content.cells[2]
    cell.execution_count, cell.outputs[1].execution_count = 17, 17
    cell.metadata |= {"collapsed": False, "execution": {"iopub.status.busy": "2026-01-01"}}
    cell["id"] = "5f1e-a"
    cell.outputs.insert(0, new_output("display_data", {"text/plain": "1 of 2 (00:01)"}, metadata=MARK))
    first, last = new_output("stream", text="a Tr"), new_output("stream", text="ue\n")
    cell.outputs[1:2] = [first, last]  # a busy machine sends a line in pieces
    assert notebooks.clean(nbformat.writes(content)) == kept
    assert notebooks.clean(kept) == kept
    cell.outputs[1].text = "another result\n"
    assert "another result" in notebooks.clean(nbformat.writes(content))


def test_a_picture_that_is_clean_stays_as_it_is():
    buffer = BytesIO()
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (9, 9, 3), dtype=np.uint8)).save(buffer, "PNG")
    output = new_output("display_data", {"image/png": base64.b64encode(buffer.getvalue()).decode()})
    once = notebooks.strip(new_notebook(cells=[new_code_cell("draw()", outputs=[output])]))
    first = once.cells[0].outputs[0].data["image/png"]
    assert notebooks.strip(once).cells[0].outputs[0].data["image/png"] == first


def test_committed_pictures_look_the_same_in_a_fraction_of_the_bytes():
    plain = BytesIO()
    figure, axes = plt.subplots()
    axes.plot([1, 3, 2], color="#0072b2")
    figure.savefig(plain, format="png")
    plt.close(figure)
    output = new_output("display_data", {"image/png": base64.b64encode(plain.getvalue()).decode()})
    cell = new_code_cell("draw()", outputs=[output])
    stripped = notebooks.strip(new_notebook(cells=[cell])).cells[0].outputs[0].data["image/png"]
    before, after = (
        np.asarray(Image.open(BytesIO(data)).convert("RGB"), dtype=int)
        for data in (plain.getvalue(), base64.b64decode(stripped))
    )
    assert before.shape == after.shape and np.abs(before - after).max() <= 16
    assert len(base64.b64decode(stripped)) < 0.6 * len(plain.getvalue())


def test_what_is_no_name_and_no_parameters_is_named(notebook):
    for name in (None, 3):
        with pytest.raises(UnknownName, match=f"unknown notebook {name}"):
            notebooks.find(name)
    for given in (None, ["count=3"]):
        with pytest.raises(ValueError, match="parameters of notebook '10_half' must be a dict of values by name; got"):
            notebooks.checked(notebook, given)
