"""Five laws on the campaign of a profile: tables and figures, after its studies."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.figure import Figure

from scalescope import files, paths
from scalescope.errors import check_name
from scalescope.experiment import five_laws, law_scores
from scalescope.experiment.campaign import read_campaign
from scalescope.plotting import five_laws as drawing
from scalescope.plotting import save

FOLDER = "five_laws"  # below data/results/<profile>/ and figures/<profile>/


@dataclass(frozen=True)
class FiveLaws:
    """The comparison of one profile: "predictions", "scores" and "by_distance", and its figures."""

    profile: str
    tables: dict[str, pd.DataFrame]

    def draw(self, name: str) -> Figure:
        """A figure by name; raises UnknownName."""
        check_name("figure of five laws", name, drawing.DATA)
        return drawing.DRAW[name](drawing.DATA[name](self.tables["predictions"]))

    def write(self) -> list[Path]:
        """Write tables (CSV) and figures; returns their paths."""
        folder = paths.results(self.profile) / FOLDER
        written = files.write_tables(folder, self.tables)
        files.seal(folder, [path.name for path in written])
        for name, make in drawing.DATA.items():
            place = paths.figures(self.profile, FOLDER)
            written += save(drawing.DRAW[name], make(self.tables["predictions"]), place, name)
            plt.close()
        return written


def compare(profile: str) -> FiveLaws:
    """All laws on what the studies of a profile have written; raises NotFinished where there is nothing."""
    found = five_laws.predictions(read_campaign(profile))
    scored = {"scores": law_scores.scores(found), "by_distance": law_scores.by_distance(found)}
    return FiveLaws(profile, {"predictions": found, **scored})
