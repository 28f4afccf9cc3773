"""The commands `scalescope forecast ...`: a table to a forecast, and the ledger. Needs no torch."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from scalescope import paths
from scalescope.workflow.commands import Once

DEFAULT = "table"
MOST_BOOTS = 1_000_000  # more fit no memory


class TableOrCommand(Once):
    """Commands of which `table` is meant where none is named: `scalescope forecast runs.csv`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put `table` before anything that is neither a command nor a call for help."""
        if args and args[0] not in self.commands and args[0] not in ("--help",):
            args = [DEFAULT, *args]
        return super().parse_args(ctx, args)


forecast_app = typer.Typer(
    cls=TableOrCommand,
    no_args_is_help=True,
    help="From a table of runs to a forecast of a larger one: `scalescope forecast runs.csv --target 7e9,1.4e11`.",
)

Table = Annotated[Path, typer.Argument(help="CSV with a row per run: N or params, D or tokens, FLOPs, loss or error.")]
Columns = Annotated[str, typer.Option("--columns", help="What names do not tell: N=n_params,D=tokens.")]
Units = Annotated[str, typer.Option("--units", help="D=billions,error=percent,L=perplexity, or a factor: D=1e9.")]
Response = Annotated[str, typer.Option("--predict", help='"loss" or "error" where both are there.')]
Law = Annotated[str, typer.Option("--law", help="Such as chinchilla, power-N, broken; all takes in slow ones.")]
Target = Annotated[
    str | None, typer.Option("--target", help="Run asked for: N,D such as 7e9,1.4e11; or the only size.")
]
Compute = Annotated[str | None, typer.Option("--compute", help="In place of a target: its FLOPs, split as is optimal.")]
AsIs = Annotated[bool, typer.Option("--as-is", help="The units are right, whatever they look like.")]
Boots = Annotated[int, typer.Option("--n-boot", min=20, max=MOST_BOOTS, help="Bootstrap samples of each law.")]
Ledger = Annotated[Path | None, typer.Option("--ledger", help="forecasts.csv; by default beside the table.")]


def _asked(path: Path, law: str, target: str | None, compute: str | None, as_is: bool, n_boot: int, **reading: str):
    """The forecast that is asked for; reading: what the table does not tell (see `read_runs`)."""
    from scalescope.forecast import forecast, read_runs
    from scalescope.forecast.target import parse_compute, parse_target

    for option, value in (("--target", target), ("--compute", compute)):
        if value is not None and not value.strip():
            raise ValueError(f"{option} is {value!r}; give sizes such as 7e9,1.4e11, or leave the option out")
    runs = read_runs(path, as_is=as_is, **reading)
    place = parse_target(target, runs, as_is) if target else None
    return forecast(runs, law, place, parse_compute(compute, runs, as_is) if compute else None, n_boot=n_boot)


@forecast_app.command(DEFAULT)
def table(
    runs: Table,
    columns: Columns = "",
    units: Units = "",
    predict: Response = "",
    law: Law = "",
    target: Target = None,
    compute: Compute = None,
    as_is: AsIs = False,
    n_boot: Boots = 1000,
    as_json: Annotated[bool, typer.Option("--json", help="Everything as JSON.")] = False,
    export: Annotated[str, typer.Option("--export", help='"md", "html" or "latex".')] = "",
    card: Annotated[bool, typer.Option("--card", help="Also the fit card, which every export has.")] = False,
    figure: Annotated[Path | None, typer.Option("--figure", help="Also draw it: a .png, .svg or .pdf.")] = None,
) -> None:
    """Forecast a run from a table of smaller ones (the command may be left out: `scalescope forecast runs.csv`)."""
    from scalescope.forecast.forecast import as_dict
    from scalescope.forecast.show import export as exported
    from scalescope.forecast.show import text
    from scalescope.plotting.save import check_picture, save_picture

    if as_json and export:
        raise ValueError("give --json or --export, not both")
    if figure is not None:
        check_picture(figure)
        paths.check_outputs({"--figure": figure})
    found = _asked(runs, law, target, compute, as_is, n_boot, columns=columns, units=units, response=predict)
    if as_json:
        typer.echo(json.dumps(as_dict(found), indent=1, allow_nan=False))
    elif export == "html":
        from scalescope.workflow.page import forecast_page

        typer.echo(forecast_page(found))
    else:
        typer.echo(exported(found, export) if export else text(found, card))
    if figure is not None:
        from scalescope.plotting.forecast import draw_forecast, forecast_data

        save_picture(draw_forecast(forecast_data(found)), figure)
        typer.echo(f"figure     {figure}", err=True)


@forecast_app.command("seal")
def seal(
    runs: Table,
    run: Annotated[str, typer.Option("--run", help="Name or id of the run that is to come.")],
    columns: Columns = "",
    units: Units = "",
    predict: Response = "",
    law: Law = "",
    target: Target = None,
    compute: Compute = None,
    as_is: AsIs = False,
    n_boot: Boots = 1000,
    ledger: Ledger = None,
) -> None:
    """Write a forecast down before its run; refused for a run that is known already."""
    from scalescope.forecast.ledger import seal as write
    from scalescope.forecast.sealing import entry_of, known_run

    if not run.strip() or not run.isprintable() or run != run.strip():
        raise ValueError(f"--run is {run!r}; give the name of one run, without spaces around it, such as big-1")
    path = ledger or runs.with_name("forecasts.csv")
    paths.check_outputs({"--ledger": path}, ending=".csv")
    found = _asked(runs, law, target, compute, as_is, n_boot, columns=columns, units=units, response=predict)
    row = write(path, [entry_of(found, run)], known_run, set(found.table.frame["run"])).iloc[0]
    typer.echo(
        f"{row['quantity']} of {run} under {row['law']}: {float(row['mean']):.4g}, 95 % of a new run "
        f"{float(row['low']):.4g} to {float(row['high']):.4g}; sealed in {path}"
    )
    for note in found.notes:
        typer.echo(f"note: {note}", err=True)


@forecast_app.command("score")
def score(
    runs: Annotated[Path | None, typer.Argument(help="CSV that holds the runs by now, with a column of names.")] = None,
    profile: Annotated[str, typer.Option("--profile", "-P", help="In place of a table: a profile's own ledger.")] = "",
    columns: Columns = "",
    units: Units = "",
    as_is: AsIs = False,
    ledger: Ledger = None,
    as_json: Annotated[bool, typer.Option("--json", help="Every scored forecast as JSON.")] = False,
) -> None:
    """Score sealed forecasts whose run is known by now: coverage, CRPS, log-error, by law and distance."""
    from scalescope.forecast.ledger import judged, read, scored, summary, with_distance
    from scalescope.forecast.sealing import actual_of_profile, actual_of_table, ledger_of

    if (runs is None) == (not profile):
        raise ValueError("give a table of runs, or --profile")
    path = ledger or (ledger_of(profile) if profile else runs.with_name("forecasts.csv"))
    if not path.is_file():
        raise ValueError(f"no ledger at {path}: `scalescope forecast seal` writes it")
    if profile and ledger is None:
        from scalescope.papers.ledger import scored_ledger

        count, done = scored_ledger(profile)
    else:
        rows = read(path)
        count = len(rows)
        known = actual_of_profile(profile) if profile else actual_of_table(rows, runs, columns, units, as_is)
        done = scored(rows, known) if profile else judged(rows, known)
    if as_json:
        typer.echo(done.to_json(orient="records", indent=1))
        return
    typer.echo(f"{count} sealed, {len(done)} of them known by now")
    if len(done):
        names = ["run", "quantity", "law", "mean", "low", "high", "actual", "covered", "log_error", "crps"]
        typer.echo(done[names].to_string(index=False, float_format="%.4g"))
        for by in (["law"], ["beyond"]):
            typer.echo("\n" + summary(with_distance(done), by).to_string(index=False, float_format="%.4g"))


@forecast_app.command("calibration")
def calibration(
    download: Annotated[bool, typer.Option(help="Fetch published files that are not there.")] = True,
    n_boot: Annotated[int, typer.Option("--n-boot", min=20, max=MOST_BOOTS, help="Of each fit.")] = 60,
) -> None:
    """Replay forecasts over the published tables, add the sealed ones, and draw nominal against actual coverage."""
    from scalescope.workflow.calibration import write_calibration

    for path in write_calibration(n_boot=n_boot, download=download):
        typer.echo(path)


@forecast_app.command("example")
def example(download: Annotated[bool, typer.Option(help="Fetch published files that are not there.")] = True) -> None:
    """Write the example tables of the README (data/examples) from the data that Gadre et al. (2024) published."""
    from scalescope import files
    from scalescope.papers import published
    from scalescope.papers.gadre2024.example import example as made

    small, large = made(published.load("gadre2024", download=download))
    for path in files.write_tables(paths.examples(), {"eight_runs": small, "large_run": large}, float_format=None):
        typer.echo(path)
