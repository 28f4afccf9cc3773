"""One live study end to end: train what is missing, seal forecasts, train what was forecast, tables and figures."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import ClassVar

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.figure import Figure

from scalescope import files, paths
from scalescope.errors import check_name
from scalescope.experiment.profile import Profile
from scalescope.experiment.study_runs import Planned, Texts, packs, runs_table, train
from scalescope.papers.barnett2024 import live as barnett2024
from scalescope.papers.gadre2024 import live as gadre2024
from scalescope.papers.ledger import EARLIER, HeldOut, earlier, scored, seal
from scalescope.papers.lin2024 import live as lin2024
from scalescope.papers.su2024 import live as su2024
from scalescope.plotting import save
from scalescope.workflow.source import FromSource

STUDIES: dict[str, ModuleType] = dict(barnett2024=barnett2024, su2024=su2024, gadre2024=gadre2024, lin2024=lin2024)
NOTEBOOKS = {  # which one runs a study, and by which parameter it is told the profile
    "barnett2024": ("20_live", "profile"),
    "su2024": ("20_live", "profile"),
    "gadre2024": ("10_overtraining", "source"),
    "lin2024": ("10_selection", "source"),
}
Told = Callable[[str, str], None]


@dataclass(frozen=True)
class Live(FromSource):
    """The result of a live study: its tables by name, and its figures as functions of these tables."""

    OURS: ClassVar[bool] = True
    paper: str
    profile: str
    tables: dict[str, pd.DataFrame]

    @property
    def source(self) -> str:
        """The profile."""
        return self.profile

    @property
    def note(self) -> str:
        """How much there is of what."""
        runs, forecasts = (len(self.tables[name]) for name in ("runs", "forecasts"))
        return f"{self.profile}: {runs:,} runs, {forecasts:,} sealed forecasts"

    def _drawn(self, name: str) -> Figure:
        """One of the figures; raises UnknownName."""
        data = self.data(name)  # which knows the names
        return STUDIES[self.paper].DRAW[name](data)

    def data(self, name: str) -> pd.DataFrame:
        """The numbers that a figure draws; raises UnknownName."""
        known = STUDIES[self.paper].DATA
        return known[check_name(f"figure of {self.paper}", name, known)](self.tables)

    def write(self) -> list[Path]:
        """Write tables (CSV) to data/results/<profile>/<paper>/, figures to figures/<profile>/<paper>/.

        Scored forecasts of an earlier reading go into a table of their own, see `papers.ledger.earlier`.
        """
        folder = paths.results(self.profile) / self.paper
        before = earlier(folder, self.tables["forecasts"])
        tables = self.tables | ({EARLIER: before} if len(before) else {})
        written = files.write_tables(folder, tables)
        files.seal(folder, [path.name for path in written])
        for name, draw in STUDIES[self.paper].DRAW.items():
            written += save(draw, self.data(name), paths.figures(self.profile, self.paper), name)
            plt.close()
        return written


def module(profile: Profile, paper: str) -> ModuleType:
    """The module of a study; raises UnknownName for one that does not exist, or that the profile does not have."""
    check_name("study", paper, STUDIES)
    names = profile.studies.names if profile.studies else []
    return STUDIES[check_name(f"study of profile {profile.name!r}", paper, names)]


def stage(profile: Profile, paper: str, number: int) -> tuple[Texts, list[Planned]]:
    """Texts and runs of one stage: first those that laws are fitted to, then held-out ones.

    Planning a held-out stage seals its forecasts first. Raises NotFinished where an earlier stage is not done.
    """
    study = module(profile, paper)
    known = study.texts(profile)
    if number < study.FIT_STAGES:
        return known, study.first(profile, known)[number]
    return known, _sealed(profile, study, known).stages[number - study.FIT_STAGES]


def train_pack(profile: Profile, paper: str, number: int, pack: int) -> int:
    """Train or load one part of a stage, both counted from 0; returns how many runs it holds.

    That is none where a stage has fewer runs than parts. Raises ValueError for a stage or part that the study has not.
    """
    most = counts(profile, paper)
    if not 0 <= number < len(most):
        raise ValueError(f"{paper} has the stages 0 to {len(most) - 1}; got {number}")
    if not 0 <= pack < most[number]:
        raise ValueError(f"stage {number} of {paper} has the parts 0 to {most[number] - 1}; got {pack}")
    known, planned = stage(profile, paper, number)
    own = packs(planned, most[number])
    return len(train(profile, known, own[pack])) if pack < len(own) else 0


def run(profile: Profile, paper: str, told: Told | None = None) -> Live:
    """All stages of a study in this process, then its tables; what is finished is loaded.

    `told(stage, "12 runs")` is called after each of `stages`.
    """
    study, names = module(profile, paper), stages(profile, paper)
    known = study.texts(profile)

    def all_of(planned: list[list[Planned]]) -> None:
        for each in planned:
            count = len(train(profile, known, each))
            if told is not None:
                told(names.pop(0), f"{count:,} runs")

    all_of(study.first(profile, known))
    held = _sealed(profile, study, known)
    all_of(held.stages)
    return _collected(profile, paper, known, held)


def _sealed(profile: Profile, study: ModuleType, known: Texts) -> HeldOut:
    """What is held out, its forecasts in the ledger."""
    held = study.held_out(profile, known)
    seal(profile.name, held.forecasts)
    return held


def _collected(profile: Profile, paper: str, known: Texts, held: HeldOut) -> Live:
    study = STUDIES[paper]
    planned = [each for part in (study.first(profile, known), held.stages) for stage in part for each in stage]
    runs, forecasts = runs_table(paper, known, planned), seal(profile.name, held.forecasts)
    forecasts = scored(forecasts, study.measured(forecasts, runs))
    return Live(paper, profile.name, study.tables(profile, known, runs, forecasts, held))


def stages(profile: Profile, paper: str) -> list[str]:
    """Names of the stages of a study, in their order."""
    return [f"stage {number + 1}" for number in range(len(counts(profile, paper)))]


def counts(profile: Profile, paper: str) -> list[int]:
    """Into how many jobs each stage of a study is divided; raises UnknownName."""
    most = module(profile, paper).PARTS
    return [min(count, profile.studies.parts) for count in most]


def parts(profile: Profile, paper: str) -> Iterator[tuple[int, int]]:
    """Stage and part of every job of a study, in the order in which they may run."""
    yield from ((number, pack) for number, count in enumerate(counts(profile, paper)) for pack in range(count))
