"""The rules of the house that no tool checks: notebooks, sizes of files and functions, floors, pins."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import nbformat
import pytest
from importlinter import cli as importlinter

from scalescope import paths
from scalescope.papers import published
from scalescope.workflow import notebooks

ROOT = Path(__file__).resolve().parents[1]
MODULES = sorted((ROOT / "lib").rglob("*.py"))
NOTEBOOKS = sorted(path for path in (ROOT / "notebooks").rglob("*.ipynb") if ".ipynb_checkpoints" not in path.parts)
ABSOLUTE = re.compile(r"(?<![\w.~:/])/(?:home|root|tmp|work|Users|usr|opt|var|mnt|data)/\w")
STORY = [
    "00_start_here",
    "90_forecast_your_own",
    *(
        f"ivgi2022/{name}"
        for name in (
            "10_corpus_and_tasks",
            "15_change_something",
            "20_pretrain",
            "30_finetune",
            "35_budgets",
            "40_collect",
            "50_laws",
            "60_figures",
            "61_published_tables",
            "62_published_figures",
            "70_claims",
            "80_diagnose",
            "85_select",
        )
    ),
]


@pytest.fixture(params=NOTEBOOKS, ids=lambda path: path.stem)
def notebook(request) -> tuple[Path, nbformat.NotebookNode]:
    return request.param, nbformat.read(request.param, as_version=4)


def code(content: nbformat.NotebookNode) -> list[nbformat.NotebookNode]:
    return [cell for cell in content.cells if cell.cell_type == "code"]


def texts(output: nbformat.NotebookNode) -> str:
    """All text of an output, without pictures."""
    found = [output.get("text", "")] + [v for k, v in output.get("data", {}).items() if k.startswith("text/")]
    return "\n".join(found)


def test_the_story_is_complete():
    assert set(STORY) <= set(notebooks.available())


def test_notebook_begins_with_question_then_parameters_then_imports(notebook):
    _, content = notebook
    head, parameters, imports = content.cells[:3]
    for word in ("# ", "**Question.**", "**Inputs.**", "**Outputs.**", "**Time.**"):
        assert word in head.source
    assert parameters.metadata.tags == ["parameters"]
    assert all(line.startswith(("import ", "from ")) for line in imports.source.splitlines() if line)
    assert not any(re.search(r"^\s*(import|from) ", c.source, re.MULTILINE) for c in code(content)[2:])


def test_parameters_are_typed_with_help_and_default_to_smoke(notebook):
    path, _ = notebook
    found = notebooks.parameters(path)
    assert "profile" not in found or found["profile"].default in ("smoke", "studies-smoke")
    assert "source" not in found or found["source"].default == "published"
    # those have no profile: published data, and the reader's own
    assert "profile" in found or path.parent.name in published.PAPERS or path.stem == "90_forecast_your_own"
    assert all(parameter.help for parameter in found.values())


def test_cells_are_few_short_and_define_nothing(notebook):
    _, content = notebook
    cells = code(content)
    assert len(cells) <= 16
    for place, cell in enumerate(cells):
        assert len(cell.source.splitlines()) <= (20 if place == 1 else 15), cell.source  # the second one imports
        names = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)
        assert not any(isinstance(node, names) for node in ast.walk(ast.parse(cell.source))), cell.source
        if ".plot(" in cell.source or "figures.draw" in cell.source:
            assert cell.source.endswith("plt.show()"), cell.source


def test_outputs_are_there_without_errors_and_noise(notebook):
    path, content = notebook
    assert path.stat().st_size < 1e6
    assert any(cell.outputs for cell in code(content)), "run `scalescope notebooks refresh`"
    assert set(content.metadata) <= {"kernelspec", "language_info"}
    assert [cell.execution_count for cell in code(content)] == list(range(1, len(code(content)) + 1))
    for cell in code(content):
        assert set(cell.metadata) <= {"tags"}
        for output in cell.outputs:
            assert output.output_type != "error"
            assert output.get("name") != "stderr", texts(output)
            assert not ABSOLUTE.search(texts(output)), texts(output)


def test_a_notebook_that_trains_says_on_which_device_and_in_which_precision(notebook):
    path, content = notebook
    source = "\n".join(cell.source for cell in code(content))
    if "source" in notebooks.parameters(path):  # committed without training: see workflow/studies/test_both_sources.py
        assert "described(" in source
    elif re.search(r"stages\.pretrain\(|finetune\(|live\.run\(|\btrain\(|branches\(|train_one\(", source):
        said = "\n".join(texts(output) for cell in code(content) for output in cell.outputs)
        assert re.search(r"^device: cpu, (fp32|bf16)$", said, re.M)


def test_some_output_is_compared_and_what_is_compared_is_short(notebook):
    _, content = notebook
    compared = [cell for cell in code(content) if "nbval-check-output" in cell.metadata.get("tags", [])]
    for cell in compared:
        assert cell.outputs and all(len(texts(output)) < 2500 for output in cell.outputs)
    assert compared


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_modules_and_functions_stay_small_and_documented(path):
    text = path.read_text(encoding="utf-8")
    tree = ast.parse(text)
    assert len(text.splitlines()) <= 400
    assert ast.get_docstring(tree), "a module says what it is for"
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert node.end_lineno - node.lineno < 60, f"{node.name} is too long"
            small = node.end_lineno - node.lineno <= 6 or node.name.startswith("_")
            inner = any(
                node in ast.walk(other) and node is not other
                for other in ast.walk(tree)
                if isinstance(other, ast.FunctionDef)
            )
            assert small or inner or node.name in ("forward", "backward") or ast.get_docstring(node), (
                f"{node.name} has no docstring"
            )


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_modules_keep_the_habits(path):
    text = path.read_text(encoding="utf-8")
    assert not ABSOLUTE.search(text)
    assert "import *" not in text and "import pickle" not in text
    assert not re.search(r"except( Exception| BaseException)?:\s*\n?\s*pass\b", text)
    assert not re.search(r"np\.random\.seed\(|np\.random\.(rand|randn|randint|choice)\(", text)


def test_floors_import_only_from_below(monkeypatch):
    monkeypatch.chdir(ROOT)
    assert importlinter.lint_imports(cache_dir=None) == 0


def test_tests_mirror_the_package():
    package = ROOT / "lib" / "scalescope"
    for folder in (ROOT / "tests").rglob("test_*.py"):
        place = folder.parent.relative_to(ROOT / "tests")
        assert (package / place).is_dir() or "browser" in place.parts, f"{folder} tests a folder that does not exist"


def test_the_list_of_pins_is_exact_and_covers_the_package():
    lines = (ROOT / "requirements.lock").read_text().splitlines()
    pins = [line for line in lines if line and not line.startswith("#")]
    assert all(re.fullmatch(r"[A-Za-z0-9._-]+==[0-9][0-9A-Za-z.]*", pin) for pin in pins)
    pinned = {re.sub(r"[-_.]+", "-", pin.split("==")[0]).lower() for pin in pins}
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    apart = ("bench", "browser")  # pinned where they are named, installed by their own target
    assert all("==" in name for extra in apart for name in extras[extra])
    wanted = [
        *project["dependencies"],
        *(name for extra, names in extras.items() if extra not in apart for name in names),
    ]
    names = {re.sub(r"[-_.]+", "-", re.split(r"[=<>\[]", name)[0]).lower() for name in wanted}
    assert names - {project["name"]} <= pinned
    assert "torch==2.13.0" in pins


def test_root_is_this_checkout():
    assert paths.root() == ROOT
