"""The published studies as files: their tables in data/results/published/, their figures in figures/published/."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.figure import Figure

from scalescope import files, paths
from scalescope.errors import check_name
from scalescope.papers import published
from scalescope.papers.alabdulmohsin2022 import figures as alabdulmohsin_figures
from scalescope.papers.alabdulmohsin2022 import fits as alabdulmohsin2022
from scalescope.papers.besiroglu2024 import figures as besiroglu_figures
from scalescope.papers.besiroglu2024 import fits as besiroglu2024
from scalescope.papers.besiroglu2024 import inference as besiroglu2024_inference
from scalescope.papers.besiroglu2024 import isoflop as besiroglu2024_isoflop
from scalescope.papers.besiroglu2024 import reported as besiroglu2024_reported
from scalescope.papers.gadre2024 import error_laws as gadre2024_error_laws
from scalescope.papers.gadre2024 import figures as gadre_figures
from scalescope.papers.gadre2024 import fits as gadre2024
from scalescope.papers.gadre2024 import reported as gadre2024_reported
from scalescope.papers.gemstones2025 import figures as gemstones_figures
from scalescope.papers.gemstones2025 import fits as gemstones2025
from scalescope.papers.gemstones2025 import reported as gemstones2025_reported
from scalescope.papers.lin2024 import figures as lin_figures
from scalescope.papers.lin2024 import fits as lin2024
from scalescope.papers.lin2024 import reported as lin2024_reported
from scalescope.papers.lin2024 import vanilla as lin2024_vanilla
from scalescope.papers.reference import reference
from scalescope.plotting import save, style
from scalescope.workflow.source import PUBLISHED, FromSource

PROFILE = PUBLISHED  # the folder under data/results/ and figures/
SLOW = {  # tables that take more than seconds, and what makes them
    "alabdulmohsin2022": {name: getattr(alabdulmohsin2022, name) for name in ("scores", "examples", "cost")},
    "besiroglu2024": {
        "replicates": besiroglu2024.bootstrap,
        "isoflop_simulated": lambda data: besiroglu2024_isoflop.simulated(besiroglu2024.fits(data)),
    },
    "gadre2024": {"error_law_scores": gadre2024_error_laws.scores},
    "gemstones2025": {"stops": gemstones2025.stops},
    "lin2024": {
        "selection_by_law": lambda data: lin2024.selection(data, ("RectifiedFit", "VanillaFit")),
        "fits": lin2024.fits,
        "outer_power": lin2024_vanilla.outer_power,
    },
}
POLICY = pd.Series(range(361)).map(lambda k: 10 ** (18 + k / 40)).to_numpy()  # FLOP, 1e18 to 1e27


@dataclass(frozen=True)
class Refit(FromSource):
    """One published study: its data (None where it is not there), its tables by name, and what to say about them.

    Figures have numbers.
    """

    OURS: ClassVar[bool] = False
    source: ClassVar[str] = PUBLISHED  # also the folder of its tables
    paper: str
    data: pd.DataFrame | None
    tables: dict[str, pd.DataFrame]
    note: str

    def _drawn(self, number: int) -> Figure:
        """Figure `number` of the study; without the data, the committed picture of it."""
        slugs = FIGURES[self.paper].SLUGS
        slug = slugs[check_name(f"figure of {self.paper}", number, slugs)]
        return _picture(self.paper, slug) if self.data is None else FIGURES[self.paper].DRAW[slug](self.drawn(number))

    def drawn(self, number: int) -> pd.DataFrame:
        """What figure `number` draws; raises MissingData without the data."""
        if self.data is None:
            raise published.MissingData(self.note)
        return FIGURES[self.paper].DATA[number](self.data, self.tables)

    def write(self) -> list[Path]:
        """Write all tables (CSV) and figures (PNG, SVG, PDF, CSV without the paper's own points); return the paths."""
        if self.data is None:
            raise published.MissingData(self.note)
        # in full: what is read is what was
        written = files.write_tables(results(self.paper), self.tables, float_format=None)
        for number, slug in FIGURES[self.paper].SLUGS.items():
            data = self.drawn(number)
            draw, folder = FIGURES[self.paper].DRAW[slug], paths.figures(PROFILE, self.paper)
            written += save(draw, data, folder, slug, unpublished=data["kind"] == "point")
            plt.close()
        return written


def results(paper: str) -> Path:
    """Folder of the tables of one published study."""
    return paths.results(PROFILE) / paper


def refit(paper: str, *, full: bool = True, download: bool = True, folder: Path | None = None) -> Refit:
    """Refit a published study: all of it (`full`), or the slow tables as committed and the rest anew.

    Without the data (and `download` False) the tables are the committed ones; `note` says which they are. Raises
    MissingData if the data cannot be downloaded, UnknownName for another paper.
    """
    check_name("published study", paper, published.PAPERS)
    try:
        data = published.load(paper, folder=folder, download=download)
    except published.MissingData as error:
        if download:
            raise
        return Refit(paper, None, committed(paper), f"NOT COMPUTED HERE: these are the committed tables. {error}")
    slow = {
        name: (make(data) if full else _read(results(paper) / f"{name}.csv"))
        for name, make in SLOW.get(paper, {}).items()
    }
    as_committed = "" if full or not slow else f"; as committed: {', '.join(slow)}"
    tables = {name: _read(io.StringIO(table.to_csv(index=False))) for name, table in MAKERS[paper](data, slow).items()}
    return Refit(paper, data, tables, f"computed here, from the published data{as_committed}")


def committed(paper: str) -> dict[str, pd.DataFrame]:
    """The committed tables of a study by name; raises FileNotFoundError if there are none."""
    found = sorted(results(paper).glob("*.csv"))
    if not found:
        raise FileNotFoundError(f"no tables of {paper} in {results(paper)}; `scalescope published {paper}` makes them")
    return {file.stem: _read(file) for file in found}


def _read(file: Path | io.StringIO) -> pd.DataFrame:
    """A table as its CSV gives it: one that was just made looks no different from a committed one."""
    return pd.read_csv(file, dtype={"reported": str})


def _alabdulmohsin(data: pd.DataFrame, slow: dict[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    return {**slow, "summary": alabdulmohsin2022.summary(slow["scores"])}


def _gemstones(data: pd.DataFrame, slow: dict[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    fitted, frontiers = gemstones2025.fits(data), gemstones2025.frontiers(data)
    return {
        **slow,
        "fits": fitted,
        "frontiers": frontiers,
        "residuals": gemstones2025.residuals(data),
        "objectives": gemstones2025_reported.objectives(data, fitted),
        "comparison": gemstones2025_reported.comparison(data, fitted, frontiers),
    }


def _gadre(data: pd.DataFrame, slow: dict[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    return {
        **slow,
        "error_laws": gadre2024_error_laws.summary(slow["error_law_scores"]),
        "fits": gadre2024.fits(data),
        "predictions": gadre2024.predictions(data),
        "dataset_pairs": gadre2024.dataset_pairs(data),
        "comparison": gadre2024_reported.comparison(data),
    }


def _lin(data: pd.DataFrame, slow: dict[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    quick = lin2024.selection(data)
    mended = lin2024.selection(data, [lin2024.AtS(mended=True)]).assign(method="AtS, mended")
    tables = {
        **slow,
        "selection": pd.concat([quick, slow["selection_by_law"]], ignore_index=True),
        "rmsd_summary": lin2024.rmsd_summary(slow["fits"], reference("lin2024")),
        "ablation": lin2024.ablation(data),
        "size_limits": lin2024.size_limits(data),
    }
    compared = lin2024_reported.comparison(data, tables)
    drawn = pd.concat([quick, mended, slow["selection_by_law"]], ignore_index=True)
    return {**tables, "selection": drawn, "comparison": compared}


def _besiroglu(data: pd.DataFrame, slow: dict[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    fitted, replicates = besiroglu2024.fits(data), slow["replicates"]
    headline = besiroglu2024.params_of(fitted, besiroglu2024.FREE_SCALE)
    tests = besiroglu2024_inference.against_hoffmann(data, headline, replicates)
    return {
        **slow,
        "isoflop": besiroglu2024_isoflop.frontiers(data, fitted),
        "fits": fitted,
        "replicates": replicates,
        "intervals": besiroglu2024.intervals(replicates),
        "policy": besiroglu2024.optimal_policy(headline, replicates, POLICY),
        "likelihoods": besiroglu2024_inference.likelihoods(data, headline),
        "tests": pd.DataFrame(tests.items(), columns=["statistic", "value"]),
        "comparison": besiroglu2024_reported.comparison(data, fitted, replicates),
    }


def _picture(paper: str, slug: str) -> Figure:
    """The committed picture of a figure, as a figure."""
    image = plt.imread(paths.figures(PROFILE, paper) / f"{slug}.png")
    height, width = image.shape[:2]
    figure = plt.figure(figsize=(width / style.DPI, height / style.DPI), dpi=style.DPI)
    ax = figure.add_axes((0, 0, 1, 1))
    ax.imshow(image, interpolation="none")
    ax.set_axis_off()
    return figure


MAKERS = {
    "alabdulmohsin2022": _alabdulmohsin,
    "besiroglu2024": _besiroglu,
    "gadre2024": _gadre,
    "gemstones2025": _gemstones,
    "lin2024": _lin,
}
FIGURES = {
    "alabdulmohsin2022": alabdulmohsin_figures,
    "besiroglu2024": besiroglu_figures,
    "gadre2024": gadre_figures,
    "gemstones2025": gemstones_figures,
    "lin2024": lin_figures,
}
