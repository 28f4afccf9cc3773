"""The tables of the main paper for one source, as files: what 50_laws shows and the README links to."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import pandas as pd

from scalescope import files, paths
from scalescope.errors import UnknownName
from scalescope.experiment.collecting import read_tables
from scalescope.experiment.points import OBJECTIVES, usable_pretraining
from scalescope.experiment.pretraining_seeds import SEED, at_place, several_seeds
from scalescope.experiment.profile import available_profiles
from scalescope.experiment.profile_file import ENDINGS
from scalescope.experiment.progress import each
from scalescope.experiment.record import read_csv
from scalescope.papers.ivgi2022 import tables as ivgi2022
from scalescope.papers.ivgi2022.beside_paper import beside_paper
from scalescope.papers.ivgi2022.cards import cards
from scalescope.papers.ivgi2022.claims import PUBLISHED, Evidence, judge_all
from scalescope.papers.ivgi2022.compute import compute_saved
from scalescope.papers.ivgi2022.data import published_tables
from scalescope.papers.ivgi2022.diagnose import DIAGNOSIS, diagnose
from scalescope.papers.ivgi2022.fit_ceiling import fit_ceiling
from scalescope.papers.ivgi2022.fits import Laws
from scalescope.papers.ivgi2022.scorecard import scorecard
from scalescope.papers.ivgi2022.selection import select_all
from scalescope.papers.ivgi2022.stopping import STOPPING, heldout_curve, stopping
from scalescope.papers.ivgi2022.stored_laws import PAPER
from scalescope.papers.ivgi2022.target_loss import target_loss

NEEDED = ("points", "pretrain", "tasks")  # what laws cannot do without
SEEDED = ("points", "pair_points", "pretrain", "curves", "finetune")  # tables that name pretraining seeds
STAND_IN_FOR, STAND_IN = "smoke", "quick"  # notebooks begin with smoke, whose numbers mean nothing
REMEDY = "run `scalescope study` again"
PUBLISHED_PATIENCES = (1500, 3000, 4500, 6000, 7500)  # from the first the paper tried to the one it took


def source_tables(source: str) -> dict[str, pd.DataFrame]:
    """The tables a study reads: "published" from the paper's points, any other source as collected.

    "pair_points" are the points of the comparison between objectives. Raises FileNotFoundError telling how to
    make the tables of a profile that has none, or lacks one of NEEDED (a campaign alone writes into this folder too).
    """
    if source == PUBLISHED:
        return published_tables()
    tables = read_tables(source)
    lacking = [name for name in NEEDED if name not in tables]
    if lacking:
        raise FileNotFoundError(
            f"{paths.results(source)} has no {lacking[0]}.csv (it has {', '.join(tables)}): run `make reproduce "
            f"PROFILE={source}` or 40_collect first"
        )
    return tables


def law_tables(source: str, tables: dict[str, pd.DataFrame], laws: Laws) -> dict[str, pd.DataFrame]:
    """Tables 1-7 of Ivgi et al. (2022), full-precision fits, tools and verdicts of one source, by name.

    tables: as `source_tables` gives them; "curves" and "finetune" may be lacking. laws: of these tables.
    """
    points, pretrain, fits = tables["points"], tables["pretrain"], laws.fits()
    ceilings = fit_ceiling(points, fits)
    others = [tables.get(name) for name in ("transfer", "budgets", "skills")]
    make: dict[str, Callable[[], pd.DataFrame]] = {
        "table1": partial(ivgi2022.table1, tables["tasks"]),
        "table2": partial(ivgi2022.table2, fits),
        "table3": partial(ivgi2022.table3, fits),
        "table4": partial(ivgi2022.table4, fits),
        "table5": lambda: ivgi2022.table5(laws.fits("pair")),
        "table6": partial(ivgi2022.table6, pretrain),
        "table7": partial(ivgi2022.table7, fits),
        "fits": lambda: fits,
        "pretraining_laws": lambda: laws.pretraining,
        "missing": partial(ivgi2022.missing, points, pretrain),
        "diagnosis": partial(diagnoses, pretrain),
        "target_loss": lambda: target_loss(pretrain[usable_pretraining(pretrain)], laws.pretraining),
        "stopping": partial(stops, source, tables.get("curves")),
        "selection": partial(select_all, laws),
        "compute": partial(compute_saved, pretrain, tables.get("finetune")),
        "claims": lambda: judge_all(Evidence(source, tables, laws)),
        "fit_ceiling": lambda: ceilings,
        "scorecard": lambda: scorecard(fits, laws.pretraining, *others, ceilings),
    }
    if source != PUBLISHED:
        own = beside_paper(points, tables["tasks"], tables.get("transfer"))
        if len(own):  # real tasks, and models of the paper's shapes
            make["beside_paper"] = lambda: own
    if several_seeds(points):
        make["claims_by_seed"] = partial(claims_by_seed, source, tables)
    return {name: make[name]() for name in each(f"tables of {source}", list(make))}


def claims_by_seed(source: str, tables: dict[str, pd.DataFrame], n_boot: int = 1000) -> pd.DataFrame:
    """The verdicts on each pretraining seed of the ladder alone, as sources "<source>, pretraining seed <number>"."""
    ladder = tables["points"].query("role == 'ladder'")
    parts = []
    for place, seed in enumerate(ladder[SEED].drop_duplicates()):
        own = {name: at_place(tables[name], place) for name in SEEDED if name in tables}
        named = f"{source}, pretraining seed {seed:.0f}"
        parts.append(judge_all(Evidence(named, own, n_boot=n_boot)))
    return pd.concat(parts, ignore_index=True)


def diagnoses(pretrain: pd.DataFrame) -> pd.DataFrame:
    """`diagnose` of every pretraining ladder: per objective, the ladder with its target, and the second ratio."""
    usable = pretrain[usable_pretraining(pretrain)]
    parts = []
    for objective in OBJECTIVES:
        for roles in (("ladder", "target"), ("second",)):
            series = usable[(usable["objective"] == objective) & usable["role"].isin(roles)]
            if len(series):
                parts.append(diagnose(series).assign(objective=objective))
    if not parts:  # every pretraining failed
        return pd.DataFrame(columns=["objective", *DIAGNOSIS])
    return pd.concat(parts, ignore_index=True)[["objective", *DIAGNOSIS]]


def stops(source: str, curves: pd.DataFrame | None) -> pd.DataFrame:
    """`stopping` of the largest model of each objective that has a curve."""
    columns = ["objective", *STOPPING]
    measured = set() if curves is None or curves.empty else set(curves.loc[curves["split"] == "heldout", "objective"])
    patiences = PUBLISHED_PATIENCES if source == PUBLISHED else None
    found = {name: heldout_curve(curves, name) for name in OBJECTIVES if name in measured}
    if not found:
        return pd.DataFrame(columns=columns)
    parts = [stopping(curve, patiences).assign(objective=name) for name, curve in found.items()]
    return pd.concat(parts, ignore_index=True)[columns]


def write_law_tables(source: str, tables: dict[str, pd.DataFrame], laws: Laws) -> list[str]:
    """Write `law_tables` and the fit cards to data/results/<source>/ivgi2022/; returns the names of the files."""
    folder = paths.results(source) / PAPER
    written = files.write_tables(folder, law_tables(source, tables, laws))
    text = "\n\n".join(card.markdown() for card in cards(laws, tables["points"], tables["pretrain"], source))
    files.write_text(folder / "cards.md", text + "\n")
    names = [*(path.name for path in written), "cards.md"]
    if source != PUBLISHED:  # those are committed facts, which git keeps whole
        files.seal(folder, names)
    return names


def live_source(profile: str) -> str:
    """Whose results a notebook shows beside the paper's: the profile's own; for "smoke", which means nothing, "quick".

    profile: a name, or the path of a YAML file. Raises UnknownName for a profile that does not exist, FileNotFoundError
    for one without collected tables: no other profile takes its place in silence.
    """
    profile = Path(profile).stem if profile.endswith(ENDINGS) else profile
    if profile == STAND_IN_FOR:
        return STAND_IN
    collected = (paths.results(profile) / "points.csv").is_file()
    if not collected and profile not in available_profiles():
        raise UnknownName("profile", profile, available_profiles())
    if not collected:
        raise FileNotFoundError(
            f"no tables of the profile {profile!r}: run `make reproduce PROFILE={profile}` first, or take a profile "
            f"that has some (such as {STAND_IN!r})"
        )
    return profile


def beside(name: str, live: str) -> pd.DataFrame:
    """A table of tasks of the paper's points and of a live source side by side (columns `<column>`, `<column>_live`).

    Raises FileNotFoundError telling how to make the tables.
    """
    tables = []
    for source in (PUBLISHED, live):
        file = paths.results(source) / PAPER / f"{name}.csv"
        if not file.is_file():
            raise FileNotFoundError(f"no {file.name} of {source}: run `scalescope study` first")
        tables.append(read_csv(file, REMEDY))
    published, own = tables
    both = published.merge(own, on="task", how="left", suffixes=("", "_live"))
    return both[["task", *(c for name in published.columns.drop("task") for c in (name, f"{name}_live"))]]


def collected(name: str, leave_out: Sequence[str] = (STAND_IN_FOR,)) -> pd.DataFrame:
    """A table ("scorecard", "target_loss", "fit_ceiling") of every source that has it, with a column "source"."""
    found = _of_sources(f"{name}.csv", leave_out)
    return pd.concat([read_csv(file, REMEDY).assign(source=file.parts[-3]) for file in found], ignore_index=True)


def _of_sources(pattern: str, leave_out: Sequence[str]) -> list[Path]:
    """Files of all sources, the paper's own first; raises FileNotFoundError where there are none."""
    folder = paths.results(PUBLISHED).parent
    found = sorted(folder.glob(f"*/{PAPER}/{pattern}"), key=lambda file: (file.parts[-3] != PUBLISHED, file))
    found = [file for file in found if file.parts[-3] not in leave_out]
    if not found:
        raise FileNotFoundError(f"no {pattern.removesuffix('.csv').rstrip('*')} below {folder}: {REMEDY}")
    return found


def collect_claims(leave_out: Sequence[str] = (STAND_IN_FOR,)) -> pd.DataFrame:
    """The verdicts of every source that has been judged, the paper's own first: data/results/claims.csv."""
    folder, found = paths.results(PUBLISHED).parent, _of_sources("claims*.csv", leave_out)
    claims = pd.concat([read_csv(file, REMEDY) for file in found], ignore_index=True)
    files.write_table(folder / "claims.csv", claims)
    return claims
