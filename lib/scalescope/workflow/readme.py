"""What the PAGES show between marks: written from the committed tables, never by hand."""

from __future__ import annotations

import re
import textwrap

import pandas as pd

from scalescope import files, paths
from scalescope.errors import check_name
from scalescope.experiment.points import OBJECTIVES, split_usable
from scalescope.experiment.record import read_csv
from scalescope.forecast import forecast, read_runs
from scalescope.forecast.show import markdown_table, parts
from scalescope.forecast.target import parse_target
from scalescope.number_text import NONE
from scalescope.papers.ivgi2022.beside_paper import by_task
from scalescope.papers.ivgi2022.claims.agreement import agreement, agreement_counts
from scalescope.papers.ivgi2022.law_tables import PAPER, REMEDY, source_tables
from scalescope.papers.ivgi2022.overview import markdown, overview
from scalescope.papers.ivgi2022.scorecard import QUANTITIES, shown

EXAMPLE, LARGER = "eight_runs.csv", "large_run.csv"
PAGES = ("README.md", "data/results/README.md", "data/examples/README.md")
FORECASTS = "forecasts"
STUDIES_REMEDY = "run `scalescope studies` again"
BLOCK = re.compile(
    r"(?P<start><!-- (?P<name>[a-z]+)(?: of (?P<of>[a-z0-9_ -]+))? -->\n)"
    r".*?(?P<end><!-- end of (?P=name) -->)",
    re.S,
)


def results_table(source: str) -> str:
    """The overview of a profile's collected results as Markdown; raises FileNotFoundError where there are none."""
    tables = source_tables(source)
    fits = read_csv(paths.results(source) / PAPER / "fits.csv", REMEDY)
    usable, _ = split_usable(tables["points"])
    ladder, target = (usable.loc[usable["role"] == role, "parameters"] for role in ("ladder", "target"))
    sizes = (int(ladder.min()), int(ladder.max()), int(target.max()))
    return markdown(overview(tables["points"], fits, tables["tasks"], tables.get("transfer")), sizes)


def example_forecast() -> str:
    """What `scalescope forecast` says first of the example table and the larger run beside it, as a block of code."""
    folder = paths.examples()
    runs = read_runs(folder / EXAMPLE)
    large = pd.read_csv(folder / LARGER).iloc[0]
    found = forecast(runs, target=parse_target(f"{large['n_params']},{large['train_tokens']}", runs))
    lines = [textwrap.fill(line, 118, subsequent_indent="  ") for line in parts(found)[0].sentences]
    return "\n".join(["```", *lines, "```", "", f"The run was made: {large['val_loss']:.3f}."])


def record_of_forecasts() -> str:
    """How often the 95 % interval of a new run held it, over all forecasts and by distance, as a sentence."""
    folder = paths.results("published") / FORECASTS
    levels, by = (
        read_csv(folder / f"{name}.csv", "run `scalescope forecast calibration` again")
        for name in ("calibration", "by_distance")
    )
    said = []
    for row in levels[(levels["nominal"] == 0.95) & (levels["kind"] != "all")].itertuples():
        ends = "" if pd.isna(row.low) else f" [{100 * row.low:.1f}, {100 * row.high:.1f}]"
        said.append(f"{row.forecasts:,} {row.kind} forecasts, held {100 * row.coverage:.1f} %{ends}")
    by["said"] = [f"{row.beyond} {100 * row.coverage:.0f} % of {row.forecasts}" for row in by.itertuples()]
    far = "; ".join(f"{kind} {', '.join(rows['said'])}" for kind, rows in by.groupby("kind"))
    return textwrap.fill(f"The 95 % interval of a new run so far: {'; '.join(said)}. By distance: {far}.", 128)


def agreement_of(source: str) -> str:
    """In how many claims a source agrees with each of its variants, and its pretraining seeds with each other.

    Variants are the profiles "<source>-...".
    """
    claims = pd.read_csv(paths.results("published").parent / "claims.csv")
    named = claims["source"]
    whole = ~named.str.contains(", ")  # no pretraining seed of a profile, which is a source of its own
    profiles = claims[whole & ((named == source) | named.str.startswith(f"{source}-"))]
    said = []
    for row in agreement_counts(agreement(profiles)).itertuples():
        if source in (row.first, row.second):
            said.append(_agreed(row, f"with `{row.second if row.first == source else row.first}`"))
    seeds = claims[named.str.startswith(f"{source}, ")]
    if len(seeds):
        said += [
            _agreed(row, "between two pretraining seeds") for row in agreement_counts(agreement(seeds)).itertuples()
        ]
    return textwrap.fill(
        f"Verdicts of `{source}` that stay the same: {'; '.join(said) or 'no variant has been run'}.", 128
    )


def _agreed(row: tuple, where: str) -> str:
    but = "" if row.agree == row.of else f" (not {row.differ})"
    return f"{row.agree} of {row.of} {where}{but}"


def scorecards_of(sources: str) -> str:
    """The scorecards of some sources (names, spaces between them) as one table: a row per quantity, a column each."""
    columns = {}
    for source in sources.split():
        table = read_csv(paths.results(source) / PAPER / "scorecard.csv", REMEDY)
        table = table.assign(text=table["objective"].map(OBJECTIVES) + " " + shown(table))
        columns[f"`{source}`"] = table.groupby("quantity", sort=False)["text"].agg(", ".join)
    rows = pd.DataFrame(columns)
    rows = rows.loc[[name for name in QUANTITIES if name in rows.index]]
    return markdown_table(rows.fillna(NONE).rename_axis("measured").reset_index())


def verdicts_of(profiles: str) -> str:
    """How many claims of each live study hold in some profiles: a row per study, a column each; others are named.

    Links are from data/results.
    """
    columns: dict[str, dict[str, str]] = {}
    for profile in profiles.split():
        columns[f"`{profile}`"] = found = {}
        for path in sorted(paths.results(profile).glob("*/claims.csv")):
            verdicts = read_csv(path, STUDIES_REMEDY).set_index("id")["verdict"]
            others = verdicts[verdicts != "holds"]
            but = f", not {', '.join(others.index)}" if len(others) else ""
            where = f"{profile}/{path.parent.name}/claims.csv"
            found[path.parent.name] = f"[{len(verdicts) - len(others)} of {len(verdicts)}]({where}){but}"
    return markdown_table(pd.DataFrame(columns).fillna(NONE).rename_axis("claims that hold").reset_index())


def laws_of(profiles: str) -> str:
    """How near five laws came to the same held-out runs of some profiles: a row per law, a column each.

    Mean |ln(actual / forecast)| as percent, share of 95 % intervals that held, and of how many runs a law was asked.
    """
    columns = {}
    for profile in profiles.split():
        table = read_csv(paths.results(profile) / "five_laws" / "scores.csv", STUDIES_REMEDY)
        said = [
            f"{100 * row.error:.0f} % off, {100 * row.coverage:.0f} % held ({row.targets})"
            for row in table.itertuples()
        ]
        columns[f"`{profile}`"] = pd.Series(said, pd.MultiIndex.from_frame(table[["kind", "paper"]]))
    rows = pd.DataFrame(columns).fillna(NONE).sort_index().reset_index()
    return markdown_table(rows.rename(columns={"kind": "loss of runs", "paper": "law of"}))


def beside_of(models: str) -> str:
    """Errors of a source's models of one objective ("SOURCE OBJECTIVE") beside those of the paper's, as Markdown."""
    source, objective = models.split()
    return markdown_table(by_task(read_csv(paths.results(source) / PAPER / "beside_paper.csv", REMEDY), objective))


MADE_OF = {
    "beside": beside_of,
    "results": results_table,
    "scorecards": scorecards_of,
    "agreement": agreement_of,
    "verdicts": verdicts_of,
    "laws": laws_of,
}
MADE = {"forecast": example_forecast, "record": record_of_forecasts}


def with_results(text: str) -> str:
    """A text with every marked block as the results are.

    Marks: "<!-- NAME of SOURCES -->" to "<!-- end of NAME -->" for the names in MADE_OF, "<!-- NAME -->" to "<!-- end
    of NAME -->" for those in MADE. Raises UnknownName for another name.
    """
    return BLOCK.sub(lambda found: f"{found['start']}\n{_made(found['name'], found['of'])}\n\n{found['end']}", text)


def _made(name: str, of: str | None) -> str:
    makers = MADE if of is None else MADE_OF
    make = makers[check_name("mark in a README", name, makers)]
    return make() if of is None else make(of)


def update_readme() -> None:
    """Write the marked tables of PAGES anew."""
    for page in PAGES:
        path = paths.root() / page
        files.write_text(path, with_results(path.read_text(encoding="utf-8")))
