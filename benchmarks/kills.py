"""Whether kills are survived: `reproduce` of a tiny profile is killed at random moments, resumed, and compared.

    python benchmarks/kills.py [--kills 30] [--together 6] [--seed 0] [--jobs 2] [--folder F] [--aim any training]

The profile (PROFILE below: `smoke` with two tasks) is run once undisturbed. Then, in fresh projects, `scalescope
reproduce` is started and killed --together times, and run to its end. --aim any: kill -9 of the command itself at a
random moment of the whole, or, every second time, at a random moment of the laws or the figures, whose stage is made
again where it is already done. --aim training: kill -9 of the command and of everything that it started, in turn while
a model is pretrained (a moment after a new checkpoint of it appears) and while one is finetuned. Compared with the
undisturbed project: every collected table, law table, figure and CSV byte for byte, every manifest of a run (it holds
the digests of weights and curves), the sealed forecasts without
their dates. A run that was finished at a kill must keep its file and time: nothing is trained twice.

Results: results/kills.csv, one row per aim and stage that was running at the kill ("engine": none was): kills;
retrained: runs trained twice; otherwise: files that came out otherwise in projects with such kills. Rows of the other
aim stay. Exit code 1 if there is one.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from contextlib import suppress
from pathlib import Path

import pandas as pd
from machine import describe, progress

from scalescope import files, paths
from scalescope.experiment.progress import read_mark
from scalescope.forecast import ledger
from scalescope.forecast.sealing import ledger_of

RESULTS = Path(__file__).parent / "results" / "kills.csv"
NAME, PROFILE = "killed", "extends: smoke\ntitle: smoke with two tasks\ntasks: [squad, sst2]\n"
AIMS = {"any": (None, "50_laws", None, "60_figures"), "training": ("20_pretrain", "30_finetune")}  # None: anywhere
LATEST = {"50_laws": 3.0, "60_figures": 20.0}  # seconds into the stage
TRAINING = AIMS["training"]
LATEST_TRAINING = {"20_pretrain": 1.0, "30_finetune": 15.0}  # after the checkpoint; into the stage
GIVE_UP = 900.0  # seconds
LATE = 3  # kills in a row that came after the end: a project in which nothing is left to train has fewer kills


def main() -> None:
    """Run undisturbed, run and kill, compare."""
    given = options()
    rng, kills, faults = random.Random(given.seed), [], defaultdict(lambda: [0, 0])
    aims = AIMS[given.aim]
    with tempfile.TemporaryDirectory(prefix="kills-") as temporary:
        folder = Path(given.folder or temporary).resolve()
        started = time.monotonic()
        truth = finish(make_project(folder / "undisturbed"), given)
        whole = time.monotonic() - started
        progress(f"undisturbed: {len(truth)} files in {whole:.0f} s")
        for number in range(0, given.kills, given.together):
            root = make_project(folder / f"killed-{number}")
            stages, before, late = [], {}, 0
            while len(stages) < min(given.together, given.kills - number) and late < LATE:
                aim = aims[(number + len(stages)) % len(aims)]
                stage = kill(root, given, aim, rng, whole / given.together)
                late = late + 1 if stage is None else 0
                if stage is not None:
                    stages.append(stage)
                    before |= manifests(root)
            found = finish(root, given)
            retrained = [run for run, file in before.items() if manifests(root).get(run) != file]
            other = sorted(name for name in {*truth, *found} if truth.get(name) != found.get(name))
            kills += stages
            for stage in stages:
                faults[stage] = [faults[stage][0] + len(retrained), faults[stage][1] + len(other)]
            progress(f"{len(kills)} kills ({', '.join(stages)}); trained twice: {retrained}; otherwise: {other}")
    write(given.aim, kills, faults)
    sys.exit(any(sum(counts) for counts in faults.values()))


def options() -> argparse.Namespace:
    """What the command line says."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder")
    parser.add_argument("--jobs", default="2")
    parser.add_argument("--aim", choices=list(AIMS), default="any")
    for name, default in (("kills", 30), ("together", 6), ("seed", 0)):
        parser.add_argument(f"--{name}", type=int, default=default)
    return parser.parse_args()


def make_project(root: Path) -> Path:
    """A project folder with the code of this one, the profile, and nothing that was made."""
    for name in ("Snakefile", "notebooks", "data/published", "data/results/published", "profiles/smoke.yaml"):
        place = root / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.symlink_to(paths.root() / name)
    (root / "profiles" / f"{NAME}.yaml").write_text(PROFILE)
    return root


def start(root: Path, given: argparse.Namespace, log: Path) -> subprocess.Popen:
    """`reproduce` in this project."""
    command = [sys.executable, "-m", "scalescope.cli", "reproduce", "-P", NAME, "-j", given.jobs]
    with log.open("w") as stream:
        environment = {**os.environ, "SCALESCOPE_ROOT": str(root)}
        return subprocess.Popen(
            command, stdout=stream, stderr=subprocess.STDOUT, env=environment, start_new_session=True
        )


def finish(root: Path, given: argparse.Namespace) -> dict[str, bytes]:
    """Run to the end; what is compared, by name. Ends the benchmark with what was printed if that fails."""
    log = root / "reproduce.log"
    if start(root, given, log).wait():
        sys.exit(log.read_text())
    results, figures = root / "data" / "results" / NAME, root / "figures" / NAME
    sealed = [path for path in [*results.rglob("*"), *figures.rglob("*")] if path.suffix in (".csv", ".md", ".png")]
    runs = root.glob("data/runs/[!.]*/manifest.json")
    os.environ["SCALESCOPE_ROOT"] = str(root)
    forecasts = ledger_of(NAME)
    found = {str(path.relative_to(root)): path.read_bytes() for path in [*sealed, *runs] if path != forecasts}
    table = ledger.read(forecasts).drop(columns=["date", "seal"]).sort_values(["run", "quantity", "law"])
    return found | {"forecasts": table.to_csv(index=False).encode()}


def kill(root: Path, given: argparse.Namespace, aim: str | None, rng: random.Random, span: float) -> str | None:
    """Start, wait for the moment, kill -9; the stage that was running, None if all was done before."""
    work = root / "data" / "runs" / NAME
    if aim not in TRAINING and all((work / "products" / f"{stage}.json").is_file() for stage in LATEST):
        (work / "products" / f"{aim or '60_figures'}.json").unlink()
    for mark in running(work):  # of the kill before
        mark.unlink()
    known = checkpoints(root)
    process, end = start(root, given, root / "killed.log"), time.monotonic() + GIVE_UP
    while aim is not None and process.poll() is None and not begun(root, aim, known):
        if time.monotonic() > end:
            process.kill()
            sys.exit(f"{aim} did not begin within {GIVE_UP:.0f} s: {(root / 'killed.log').read_text()[-2000:]}")
        time.sleep(0.02 if aim in TRAINING else 0.1)
    moment = time.monotonic() + rng.uniform(0.0, {**LATEST, **LATEST_TRAINING}.get(aim or "", span))
    while process.poll() is None and time.monotonic() < moment:
        time.sleep(0.02)
    stages, done = [mark.stem for mark in running(work)], process.poll() is not None
    for number in family(process.pid) if aim in TRAINING else []:
        with suppress(ProcessLookupError):
            os.kill(number, signal.SIGKILL)
    process.kill()
    process.wait()
    if done:
        return None
    shown = [stage_of(name) for name in stages]
    return aim if aim in shown else (shown or ["engine"])[0]


def begun(root: Path, aim: str, known: dict[str, int]) -> bool:
    """Whether the stage aimed at runs; pretraining: whether a checkpoint is new or newer than `known`."""
    if aim == "20_pretrain":
        return any(known.get(name) != time for name, time in checkpoints(root).items())
    return aim in [stage_of(mark.stem) for mark in running(root / "data" / "runs" / NAME)]


def checkpoints(root: Path) -> dict[str, int]:
    """Times of the unfinished states of all runs, by file."""
    found = {}
    for path in root.glob("data/runs/.checkpoints/*/*.safetensors"):
        with suppress(FileNotFoundError):  # renamed or done with meanwhile
            found[str(path)] = path.stat().st_mtime_ns
    return found


def family(parent: int) -> list[int]:
    """A process and all that it started, those in sessions of their own too, parents first."""
    started = defaultdict(list)
    for status in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            started[int(status.read_text().rpartition(")")[2].split()[1])].append(int(status.parent.name))
    found = [parent]
    for number in found:
        found += started[number]
    return found


def running(work: Path) -> list[Path]:
    """Status files of the jobs that are running."""
    return [mark for mark in sorted((work / "jobs").glob("*.json")) if read_mark(mark).get("state") == "running"]


def stage_of(job: str) -> str:
    """20_pretrain of 20_pretrain_ar8-l1_mlm, rows of rows_squad."""
    return "_".join(job.split("_")[: 2 if job[0].isdigit() else 1])


def manifests(root: Path) -> dict[str, tuple[int, int]]:
    """Inode and time of the manifest of every finished run: a run that is trained again changes both."""
    found = root.glob("data/runs/[!.]*/manifest.json")
    return {path.parent.name: (path.stat().st_ino, path.stat().st_mtime_ns) for path in found}


def write(aim: str, kills: list[str], faults: dict[str, list[int]]) -> None:
    """The table, printed and as a file."""
    rows = [
        {
            "aim": aim,
            "running": stage,
            "kills": kills.count(stage),
            "retrained": faults[stage][0],
            "otherwise": faults[stage][1],
            **describe(),
        }
        for stage in sorted(set(kills))
    ]
    kept = pd.read_csv(RESULTS)
    table = pd.concat([kept[kept["aim"] != aim], pd.DataFrame(rows)], ignore_index=True)
    files.write_table(RESULTS, table)
    print(table.to_string(index=False))


if __name__ == "__main__":
    main()
