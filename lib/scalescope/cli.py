"""The command line: each command is one station of the pipeline."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

try:
    import typer
except ModuleNotFoundError as missing:
    sys.exit(f"error: the command needs the whole package ({missing}): pip install 'scalescope[all]'")

from scalescope import __version__, paths
from scalescope.workflow.commands import Commands, PassesOn
from scalescope.workflow.forecast_command import forecast_app


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"scalescope {__version__}")
        raise typer.Exit


HELP = "Scaling laws of tiny transformers, measured end to end: train, finetune, fit, forecast."
app = typer.Typer(cls=Commands, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=HELP)
notebooks_app = typer.Typer(cls=Commands, no_args_is_help=True, help="The committed notebooks.")
app.add_typer(notebooks_app, name="notebooks")
runs_app = typer.Typer(cls=Commands, no_args_is_help=True, help="The trained runs on this machine.")
app.add_typer(runs_app, name="runs")
app.add_typer(forecast_app, name="forecast")


@app.callback()
def _options(
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Show it.")] = False,
) -> None:
    pass


CORES = os.cpu_count() or 1
ProfileName = Annotated[str, typer.Option("--profile", "-P", help="Name in profiles/, or a YAML file.")]
Data = Annotated[str, typer.Option("--data", "-d", help="Folder with corpus/ and tasks/ to use instead.")]
MOST_JOBS = 10_000  # more is a mistake
Jobs = Annotated[
    int,
    typer.Option("--jobs", "-j", min=1, max=MOST_JOBS, help="Threads in all; models below 1 M parameters have one."),
]


@app.command(cls=PassesOn, context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def reproduce(
    ctx: typer.Context,
    profile: ProfileName = "quick",
    data: Data = "",
    jobs: Jobs = CORES,
    executor: Annotated[str, typer.Option(help="Of Snakemake, such as slurm; --jobs then counts jobs.")] = "",
) -> None:
    """Run all that is missing of a profile, from text to figures. What follows `--` goes to Snakemake."""
    from scalescope.experiment.profile import load_profile
    from scalescope.workflow.reproduce import reproduce as run

    if run(profile, data or None, jobs, ctx.args, executor or None) is None:  # only a plan was shown
        return
    name = load_profile(profile, data=data or None).name
    typer.echo(f"notebooks  {paths.work(name) / 'notebooks'}")
    typer.echo(f"tables     {paths.results(name)}")
    typer.echo(f"figures    {paths.figures(name, 'ivgi2022')}")


@app.command()
def plan(profile: ProfileName = "quick", data: Data = "", jobs: Jobs = CORES) -> None:
    """What a profile would train, and how long that would take on this machine. Trains nothing to disk."""
    from scalescope.experiment.profile import load_profile
    from scalescope.workflow.report import print_plan

    print_plan(load_profile(profile, data=data or None), jobs)


@app.command()
def status(profile: ProfileName = "quick", data: Data = "") -> None:
    """How far a profile is: its jobs that are done, running, failed, or still to do."""
    from scalescope.experiment.profile import load_profile
    from scalescope.workflow.report import print_status

    print_status(load_profile(profile, data=data or None))


@app.command()
def campaign(
    model: Annotated[str, typer.Option("--model", "-m", help="A model of the profile, such as ar12-l3.")],
    profile: ProfileName = "quick",
    objective: Annotated[str, typer.Option(help='"mlm" or "pmi".')] = "mlm",
    budgets: Annotated[int, typer.Option(help="How many, equally far apart on a logarithmic scale.")] = 5,
    first: Annotated[int | None, typer.Option("--from", help="Smallest budget in tokens.")] = None,
    last: Annotated[int | None, typer.Option("--to", help="Largest budget in tokens; the profile's own.")] = None,
    data: Data = "",
) -> None:
    """Losses of one model at many token budgets from one long run, each decayed in a short branch."""
    from scalescope.experiment.branches import campaign as run
    from scalescope.experiment.profile import load_profile

    settings = load_profile(profile, data=data or None)
    rows = run(settings, model, objective, budgets, first, last)
    shown = ["parameters", "objective", "budget_tokens", "tokens", "flops", "loss", "stopped", "run_id"]
    typer.echo(rows[shown].to_string(index=False, float_format="%.4g"))
    typer.echo(f"table      {paths.results(settings.name) / 'campaign.csv'}")


@app.command("check-profile")
def check_profile(
    profile: Annotated[str, typer.Argument(help="Name in profiles/, or a YAML file.")], data: Data = ""
) -> None:
    """Check a profile: every key, value and model, and the source's options, text, vocabulary and rows."""
    from scalescope.experiment.profile import load_profile
    from scalescope.workflow.check_profile import check_profile as check_all

    typer.echo("\n".join(check_all(load_profile(profile, data or None))))


@app.command()
def notebook(
    name: Annotated[str, typer.Argument(help="Such as ivgi2022/20_pretrain.")],
    out: Annotated[Path, typer.Option(help="Where the executed notebook goes.")],
    parameter: Annotated[list[str] | None, typer.Option("-p", help="name=value, any number of times.")] = None,
    mark: Annotated[Path | None, typer.Option(help="File to keep the state of the job in.")] = None,
    stamp: Annotated[Path | None, typer.Option(help="File that says what the job made, once it is done.")] = None,
) -> None:
    """Run one notebook with parameters of your own; unknown ones are refused."""
    # optional to jsonschema and papermill: a second of imports, for the grammar of URLs and for Hadoop
    sys.modules.update(dict.fromkeys({"rfc3987_syntax", "pyarrow"} - set(sys.modules)))
    from scalescope.workflow.job import run_notebook

    paths.check_outputs({"--out": out}, ending=".ipynb", among_runs=True)
    paths.check_outputs({"--out": out, "--mark": mark, "--stamp": stamp}, among_runs=True)
    run_notebook(name, out, _pairs(parameter or []), mark, stamp)


@app.command(hidden=True)
def encode(
    record: Annotated[Path, typer.Option(help="The profile.json of a profile in use.")],
    stamp: Annotated[Path, typer.Option(help="File that says that the job is done.")],
    mark: Annotated[Path, typer.Option(help="File to keep the state of the job in.")],
    task: Annotated[str, typer.Option(help="Encode the rows of this task; by default the text.")] = "",
) -> None:
    """Encode the text of a profile, or the rows of one of its tasks (a job of the Snakefile)."""
    from scalescope.workflow.job import encode as run

    run(record, task or None, mark, stamp)


@runs_app.command("list")
def list_runs() -> None:
    """Runs of each profile that has run here: how many, unfinished ones, shared with other profiles, megabytes."""
    from scalescope.workflow.runs import runs_table

    table = runs_table()
    if table.empty:
        typer.echo(f"no runs in {paths.runs()}: `scalescope reproduce` and notebooks that train put them there")
    else:
        typer.echo(table.to_string(index=False, float_format="{:.1f}".format))


@runs_app.command("remove")
def remove_runs(
    profile: Annotated[str, typer.Option("--profile", "-P", help="A name that `runs list` shows.")],
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Remove the runs and executed notebooks of a profile. Tables, figures, and runs of other profiles stay."""
    from scalescope.workflow.reproduce import alone
    from scalescope.workflow.runs import of_profile, remove

    count = len(of_profile(profile))
    if not yes:
        typer.confirm(f"remove {count} runs that only {profile!r} uses, and {paths.work(profile)}?", abort=True)
    with alone(paths.work(profile)):
        typer.echo(f"{remove(profile):.1f} MB removed")


@notebooks_app.command()
def refresh(names: Annotated[list[str] | None, typer.Argument(help="Notebooks; all if none is named.")] = None) -> None:
    """Run notebooks with their defaults in place, without execution noise: this makes the committed ones."""
    from scalescope.workflow.notebooks import available
    from scalescope.workflow.notebooks import refresh as run

    for name in names or available():
        run(name)
        typer.echo(name)


@notebooks_app.command()
def clean() -> None:
    """The filter that git runs over notebooks (`make env` sets it up): what JupyterLab adds to a file is left out."""
    from scalescope.workflow.notebooks import clean as run

    sys.stdout.reconfigure(encoding="utf-8", newline="\n")
    sys.stdout.write(run(sys.stdin.buffer.read().decode("utf-8")))


@app.command("published")
def published_studies(
    papers: Annotated[list[str] | None, typer.Argument(help="Such as gadre2024; all if none is named.")] = None,
    download: Annotated[bool, typer.Option(help="Fetch files that are not there.")] = True,
) -> None:
    """Refit published studies from their authors' data: tables, figures, and the gallery."""
    from scalescope import files
    from scalescope.papers import published
    from scalescope.workflow.published import PROFILE, refit

    files.check_folders(paths.outputs(PROFILE))
    for paper in papers or published.PAPERS:
        published.fetch(paper, download=download)
        for file in refit(paper, download=download).write():
            typer.echo(file)
    gallery()


@app.command("compare")
def compare_profiles(
    profile_a: Annotated[str, typer.Argument(help="A profile with collected results.")],
    profile_b: Annotated[str, typer.Argument(help="Another.")],
    figure: Annotated[Path | None, typer.Option(help="Also draw it: a .png, .svg or .pdf.")] = None,
    csv: Annotated[Path | None, typer.Option(help="Also write every column.")] = None,
) -> None:
    """Slopes of the laws of two profiles, and the ratio of their laws at a size that both reach."""
    from scalescope import files
    from scalescope.experiment import compare
    from scalescope.experiment.comparison import readable_comparison
    from scalescope.plotting.save import check_picture, save_picture

    if figure is not None:
        check_picture(figure)
    paths.check_outputs({"--csv": csv}, ending=".csv")
    paths.check_outputs({"--csv": csv, "--figure": figure})
    table = compare(profile_a, profile_b)
    typer.echo(readable_comparison(table, profile_a, profile_b).to_string())
    if csv is not None:
        files.write_table(csv, table)
    if figure is not None:
        from scalescope.plotting.comparison import draw_comparison

        save_picture(draw_comparison(table, profile_a, profile_b), figure)


@app.command("report")
def report_profile(
    profile: Annotated[str, typer.Argument(help="A profile with collected results, such as quick.")],
    out: Annotated[Path | None, typer.Option(help="The page; by default report.html among the profile's runs.")] = None,
) -> None:
    """Write one HTML page of a profile: figures, tables, claims, forecasts, links to notebooks, a panel to try."""
    from scalescope.workflow.profile_report import write_report

    paths.check_outputs({"--out": out}, ending=".html")
    typer.echo(write_report(profile, out))


@app.command(cls=PassesOn, context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def studies(
    ctx: typer.Context,
    papers: Annotated[list[str] | None, typer.Argument(help="Such as barnett2024; all of the profile.")] = None,
    profile: ProfileName = "studies",
    data: Data = "",
    jobs: Jobs = CORES,
) -> None:
    """Run live studies: train, seal and score forecasts, tables, figures. What follows `--` goes to Snakemake."""
    from scalescope.workflow.studies.reproduce import reproduce as run

    for folder in run(profile, papers or [], data or None, jobs, ctx.args):
        typer.echo(f"tables     {folder}")


@app.command("study-part", hidden=True)
def study_part(paper: str, stage: int, part: int, profile: ProfileName = "studies") -> None:
    """Train one part of one stage of a live study (a job of Studies.smk)."""
    from scalescope.experiment.pipeline import end_with_pipeline
    from scalescope.experiment.profile import load_profile
    from scalescope.workflow.studies.live import train_pack

    end_with_pipeline()
    count = train_pack(load_profile(profile), paper, stage, part)
    typer.echo(f"{paper}, stage {stage + 1}, part {part + 1}: {count} runs")


@app.command()
def gallery() -> None:
    """Write figures/README.md from the figures that are there."""
    from scalescope.papers.gallery import write_gallery

    typer.echo(write_gallery(paths.figures("x", "y").parents[1]))


@app.command()
def check(
    study: Annotated[str, typer.Argument(help="A paper whose printed numbers are recomputed, such as ivgi2022.")],
    every: Annotated[bool, typer.Option("--all", help="Print every cell, not only those that differ.")] = False,
) -> None:
    """Recompute what a paper prints from its own points; exit code 1 if a cell differs and no erratum says why."""
    from scalescope.workflow.check import run_check

    raise typer.Exit(0 if run_check(study, every) else 1)


@app.command()
def study(
    sources: Annotated[list[str] | None, typer.Argument(help="published, or profiles with results; all.")] = None,
) -> None:
    """Make tables, figures and claims of Ivgi 2022 again from collected results. Trains nothing."""
    from scalescope.workflow.study import remake

    for line in remake(sources):
        typer.echo(line)


def _pairs(given: list[str]) -> dict[str, str]:
    names = [text.split("=", 1)[0] for text in given]
    for text, name in zip(given, names, strict=True):
        if "=" not in text:
            raise ValueError(f"parameter {text!r} must be given as name=value")
        if names.count(name) > 1:
            raise ValueError(f"parameter {name!r} is given twice: {', '.join(t for t in given if t.startswith(name))}")
    return dict(text.split("=", 1) for text in given)


if __name__ == "__main__":
    app()
