"""What a reader sees of the notebooks in JupyterLab after Run All."""

from __future__ import annotations

import re

import nbformat
import pytest
import yaml

from scalescope.workflow import notebooks

pytest.importorskip("playwright", reason="playwright is not installed: `make browser` does that")

from browser.conftest import PICTURES, git
from browser.lab import Notebook, browser

pytestmark = pytest.mark.skipif(browser() is None, reason="there is no chromium: `make browser` installs it")
SLOW = {"extends": "smoke", "pretrain": {"steps": 4000, "eval_every": 20, "warmup_steps": 100, "patience": 4000}}
MODEL, CELL = "ar16-l3", 14  # of 20_pretrain: where it trains

BAR = "[...document.querySelectorAll('progress')].some((bar) => bar.value {})"


@pytest.mark.parametrize("name", notebooks.available())
def test_run_all_shows_no_error_no_strip_no_cut_table_and_leaves_git_clean(name, project, address, page):
    notebook = Notebook(page, address, f"notebooks/{name}.ipynb")
    notebook.run_all()
    facts = notebook.facts()
    notebook.picture(PICTURES / f"{name.replace('/', '_')}.png")
    notebook.save()
    notebook.close()
    assert not facts["waits"]
    assert not facts["errors"]
    assert not facts["stderr"], "a strip of red: messages belong into the notebook, bars into pipeline/bar.py"
    assert not facts["empty"], "an output in which nothing can be seen"
    assert not facts["wide"], "(cell, width, room): tables wider than the page"
    assert not facts["broken"], "printed tables whose lines do not fit"
    assert not facts["numbers"], "numbers as a computer writes them: see studies/readable.py"
    assert all(width for _, width in facts["pictures"])
    assert git(project, "diff", "--", "notebooks") == "", "a save after Run All changes what git sees"


def test_jupyterlab_starts_with_the_first_notebook_and_shows_profiles_figures_and_data(address, page):
    Notebook(page, address, "notebooks/00_start_here.ipynb")
    page.click(".jp-FileBrowser .jp-BreadCrumbs-home")
    page.wait_for_selector(".jp-DirListing-itemText >> text=profiles")
    listed = page.locator(".jp-DirListing-itemText").all_inner_texts()
    assert {"data", "figures", "notebooks", "profiles", "README.md"} <= {text.strip() for text in listed}


@pytest.fixture
def slow(project):
    """20_pretrain with a run that takes long enough to be stopped."""
    profile, path = project / "profiles" / "slow.yaml", project / "notebooks" / "ivgi2022" / "slow.ipynb"
    profile.write_text(yaml.safe_dump(SLOW))
    content = nbformat.read(notebooks.find("ivgi2022/20_pretrain"), as_version=4)
    content.cells[1].source = content.cells[1].source.replace('"smoke"', '"slow"').replace('"ar8-l2"', f'"{MODEL}"')
    assert "stages.pretrain(" in content.cells[CELL].source
    nbformat.write(content, path)
    yield "notebooks/ivgi2022/slow.ipynb"
    profile.unlink()
    path.unlink()


def test_a_training_shows_a_bar_and_one_that_is_interrupted_says_how_to_go_on_and_does(slow, address, page):
    notebook = Notebook(page, address, slow)
    notebook.command("notebook:run-all-cells")
    bar = page.locator(f".jp-Cell:nth-child({CELL + 1}) progress")
    bar.wait_for()
    notebook.until(BAR.format("> 0"))
    notebook.picture(PICTURES / "training.png")
    notebook.command("kernelmenu:interrupt")
    notebook.finished()
    facts = notebook.facts()
    notebook.picture(PICTURES / "interrupted.png")
    said = next(text for _, text in facts["stderr"] if "goes on from step" in text)
    step = int(re.search(r"goes on from step (\d+) of 4000", said)[1])
    assert 20 <= step < 4000
    assert facts["errors"] and "KeyboardInterrupt" in facts["errors"][0][1]
    notebook.command("notebook:clear-all-cell-outputs")
    notebook.command("notebook:run-all-cells")
    notebook.until(BAR.format(f">= {step}"))
    shown = [value for _, value, _ in notebook.facts()["bars"]]
    assert shown and min(shown) >= step, "it begins again"
    notebook.command("kernelmenu:interrupt")
    notebook.finished()
    notebook.close()
