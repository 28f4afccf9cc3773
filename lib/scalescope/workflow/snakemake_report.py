"""What `-- --report` shows of a profile that is done: tables as HTML and captions, which Snakemake puts on its page.

Snakemake's page has the graph, runtimes, and whatever page.smk names. Nothing is trained or drawn for it. A module of
its own without heavy imports at its top: page.smk is parsed with the Snakefiles, on each node of a cluster too.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from scalescope import files

if TYPE_CHECKING:
    from scalescope.workflow.page import Section

FOLDER = "page"  # below the profile's folder
RULE = "page"
PAGE = str(Path(__file__).with_name("page.smk"))  # what both Snakefiles include
MARKUP = re.compile(r"([\\*`_|])")  # what reStructuredText reads as more than text


def words(name: str) -> str:
    """The name of a file as words."""
    return name.replace("_", " ")


def prepare(folder: Path, figures: Path, parts: Mapping[str, Iterable[Section]]) -> None:
    """Write what page.smk looks for in a profile's folder, in place of what an earlier report has left.

    figures: the folder of the profile's figures, one folder per paper in it. parts: sections by paper; each of their
    tables becomes a page of its own that is called by its caption, captions of figures (PNG) reStructuredText.
    """
    from scalescope.papers.gallery import CAPTIONS  # imports all papers
    from scalescope.workflow.page import Section, render

    shutil.rmtree(folder / FOLDER, ignore_errors=True)
    for paper, sections in parts.items():
        for section in sections:
            for caption, table in section.tables:
                title = caption or section.title
                page = render(title, [Section("", section.sentences, [("", table)])], [])
                files.write_text(folder / FOLDER / paper / f"{title}.html", page, durable=False)
    for drawn in sorted(figures.glob("*/*.png")):
        text = MARKUP.sub(r"\\\1", CAPTIONS.get(drawn.stem, words(drawn.stem)))
        files.write_text(folder / FOLDER / drawn.parent.name / f"{drawn.stem}.rst", text + "\n", durable=False)
