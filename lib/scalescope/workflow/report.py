"""Plan and status of a profile as tables on the terminal."""

from __future__ import annotations

from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table

from scalescope import paths
from scalescope.experiment.profile import Profile
from scalescope.experiment.progress import read_mark
from scalescope.plotting.style import size_text
from scalescope.workflow import plan, runs
from scalescope.workflow.check_profile import check_folder
from scalescope.workflow.jobs import FINETUNE, PRETRAIN, STATIONS, planned
from scalescope.workflow.terminal import duration
from scalescope.workflow.timing import measure


def print_plan(profile: Profile, workers: int, console: Console | None = None) -> None:
    """Models with runs, tokens, FLOPs, disk and hours; totals; what is done. Rounded: it is an estimate.

    Raises BadInput for a data folder that does not exist.
    """
    check_folder(profile)
    console = console or Console(markup=False, highlight=False)
    speeds = measure(profile)
    models = plan.models_table(profile, speeds)
    table = Table(
        title=f"{profile.name}: {profile.title}", title_justify="left", show_footer=True, box=SIMPLE, padding=0
    )
    total = models.drop(columns=["model", "role", "parameters"]).sum().to_dict()
    table.add_column("model", no_wrap=True, footer="all")
    table.add_column("role", no_wrap=True)
    heads = {"parameters": "N", "runs": "runs", "tokens": "tokens", "flops": "FLOPs", "bytes": "disk", "hours": "time"}
    for name, head in heads.items():
        footer = _text(name, total) if name != "parameters" else ""
        table.add_column(head, justify="right", no_wrap=True, footer=footer)
    for row in models.to_dict("records"):
        table.add_row(row["model"], row["role"], *(_text(name, row) for name in heads))
    console.print(table)
    jobs = [job for job in planned(profile) if job.station in STATIONS]
    done = sum((paths.work(profile.name) / job.stamp).is_file() for job in jobs)
    left = plan.hours(profile, workers, speeds)
    console.print(
        f"{len(jobs)} notebooks, {done} of them done. About {duration(3600 * left)} with {workers} worker(s) "
        "for all of it (time: on one thread of this machine); patience and rates that coincide make it less. "
        "N: parameters without embeddings; runs: pretraining + finetuning, at most; FLOPs: 6 N for each token."
    )
    console.print(
        f"This machine multiplies float32 matrices at {speeds.matrix_rate / 1e9:.0f} GFLOP/s on one thread "
        "(measured now, as were pretraining steps and grouped finetuning steps of several of these sizes)."
    )


def print_status(profile: Profile, console: Console | None = None) -> None:
    """One line per job: done, running with its step, failed with the reason, or to do, and its finished runs.

    Runs are counted where they are; a job that trains is done only if they are there. Raises BadInput for a data
    folder that does not exist.
    """
    check_folder(profile)
    console = console or Console(soft_wrap=True, markup=False, highlight=False)
    folder, trained = paths.work(profile.name), runs.counts(profile) or {}
    states: dict[str, int] = {}
    for job in planned(profile):
        mark = read_mark(folder / job.mark)
        finished, most = trained.get(job.name, (0, 0))
        done = (folder / job.stamp).is_file() and (job.model is None or finished > 0)
        state = "done" if done else mark.get("state", "to do").replace("done", "to do")
        note = {"running": f"{mark.get('step', 0)}/{mark.get('total', '?')}", "failed": str(mark.get("error", ""))}
        count = f"  {finished} of at most {most} runs" if most > 1 else ""
        states[state] = states.get(state, 0) + 1
        told = note.get(state, "").partition("\n")[0]
        console.print(f"{state:8}{job.name}{count}  {told}".rstrip())
    console.print(", ".join(f"{count} {state}" for state, count in states.items()))
    for station, what in ((PRETRAIN, "pretraining"), (FINETUNE, "finetuning")):
        own = [count for name, count in trained.items() if name.startswith(station)]
        finished, most = sum(count[0] for count in own), sum(count[1] for count in own)
        if own:
            console.print(f"{finished} of at most {most} {what} runs are finished")
    if not trained:
        console.print("no run is counted before the text is encoded (rules text and rows)")


def _text(name: str, row: dict) -> str:
    if name == "runs":
        return f"{row['pretraining_runs']:.0f} + {row['finetuning_runs']:.0f}"
    value = row[name]
    if name == "hours":
        return duration(3600 * value)
    if name == "flops":
        return f"{value:.1e}"
    if name == "bytes":
        return f"{value / 1e6:.0f} MB" if value < 1e9 else f"{value / 1e9:.1f} GB"
    return f"{value / 1e12:.1f}T" if value >= 1e12 else size_text(value)
