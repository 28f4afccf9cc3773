"""Tables, figures and claims of the main paper from what is already collected: nothing is trained."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from scalescope import files, paths
from scalescope.errors import UnknownName
from scalescope.papers.gallery import write_gallery
from scalescope.papers.ivgi2022.claims import PUBLISHED
from scalescope.papers.ivgi2022.law_figures import write_law_figures
from scalescope.papers.ivgi2022.law_tables import collect_claims, source_tables, write_law_tables
from scalescope.papers.ivgi2022.stored_laws import source_laws
from scalescope.workflow.readme import update_readme


def available_sources() -> list[str]:
    """ "published", then every profile with collected points; smoke, which has no meaning, is left out."""
    folder = paths.results(PUBLISHED).parent
    live = sorted(file.parent.name for file in folder.glob("*/points.csv"))
    return [PUBLISHED, *(name for name in live if name != "smoke")]


def remake(sources: Sequence[str] | None = None, n_boot: int = 1000) -> Iterator[str]:
    """Write everything of each source (all of them if none is named), then claims.csv, gallery and README's tables.

    Yields a line after each. Raises UnknownName for a source without results.
    """
    for source in sources or available_sources():
        if source not in [*available_sources(), "smoke"]:
            raise UnknownName("source", source, available_sources())
        files.check_folders(paths.outputs(source))
        tables = source_tables(source)
        laws = source_laws(source, tables, n_boot)
        names = write_law_tables(source, tables, laws)
        pictures = write_law_figures(source, tables, laws)
        yield f"{source}: {len(names)} tables, {len(pictures)} figures"
    claims = collect_claims()
    yield f"claims of {', '.join(dict.fromkeys(claims['source']))}"
    write_gallery(paths.figures("x", "y").parents[1])
    update_readme()
