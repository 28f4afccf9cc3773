"""Whether damage is found: random bits are flipped in files of a finished project, and whatever reads them is asked.

    python benchmarks/flips.py --runs data [--profile smoke] [--flips 200] [--together 100] [--seed 0] [--folder F]
        [--ask]

In a project of its own (a temporary folder, or --folder, which is used again) the profile is run once, or only finished
where --runs names the data folder of a project in which it is, whose runs and results are copied. Then one random
bit is flipped in one random file at a time, every kind of file as often as every other; the time of the file stays, as
on a disk that rots. Each time all that reads files of a profile is asked first: tables, stored laws, report, counts of
runs, status, the run or the encoded data themselves, what `reproduce` would do again. Then, in rounds of --together
flips at once, `scalescope reproduce` runs, and every run, encoded text, table and figure must be byte for byte what it
was. With --ask, which takes a tenth of the time, nothing is run again.

Results: results/flips.csv, one row per kind of file. healed: `reproduce` gave the file back as it was, or made it again
(executed notebooks and stamps hold times); of these refused: something that read it before refused it by name, and
told: read on and said what was damaged. left: nothing reads it, or the flip says the same. wrong: something read it and
gave another answer without a word, or a result came out otherwise; obscure: an error that names no file. Exit code 1 if
there is one of the last two.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import io
import os
import pickle
import random
import shutil
import subprocess
import sys
import tempfile
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pandas as pd
from machine import progress
from rich.console import Console

from scalescope import files, paths
from scalescope.experiment import stages
from scalescope.experiment.collecting import collect, read_tables
from scalescope.experiment.noted import NOTES, note
from scalescope.experiment.profile import Profile, load_profile
from scalescope.experiment.record import read_csv
from scalescope.forecast import ledger
from scalescope.forecast.sealing import LEDGER
from scalescope.papers.ivgi2022.stored_laws import PAPER, source_laws
from scalescope.training.store import CURVE, METRICS, ROWS, WEIGHTS, Store
from scalescope.workflow.commands import USER_ERROR_NAMES, USER_ERRORS
from scalescope.workflow.products import stale
from scalescope.workflow.profile_report import write_report
from scalescope.workflow.report import print_status
from scalescope.workflow.runs import runs_table

RESULTS = Path(__file__).parent / "results" / "flips.csv"
COLUMNS = ["healed", "refused", "told", "left", "wrong", "obscure"]
TIMES = ("executed notebook", "stamp")  # hold times: made again they have other bytes
LEDGERS = ("status", "costs", "log", "snakemake", "list of runs", "profile.json")  # are written by every pipeline
UNREAD = ("sealed forecasts", "checkpoint")  # cannot be made again; are read by training only, which checks them
Whole = dict[Path, tuple[bytes, int]]  # content and time


def main() -> None:
    """Flip, ask, run again, compare."""
    given = options()
    with tempfile.TemporaryDirectory(prefix="flips-") as temporary:
        root = Path(given.folder or temporary).resolve()
        make_project(root, given)
        os.environ["SCALESCOPE_ROOT"] = str(root)
        if not given.ask:
            reproduce(given)
        profile, whole = load_profile(given.profile), snapshot(root)
        chosen = choose(root, whole, given)
        progress(f"{given.profile} is finished: {len(whole)} files of {len({kind(root, p) for p in whole})} kinds")
        found, faults = asked(root, profile, whole, chosen)
        for path, what in found.items() if given.ask else ():
            OUTCOMES[kind(root, path), what or "left"] += 1
        for first in range(0, 0 if given.ask else given.flips, given.together):
            faults += run_again(root, given, whole, chosen[first : first + given.together], found)
            progress(f"{min(first + given.together, given.flips)} flips, {len(faults)} faults")
    write(found)
    print(*faults, sep="\n")
    sys.exit(bool(faults))


def options() -> argparse.Namespace:
    """What the command line says."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--profile", default="smoke")
    parser.add_argument("--folder")
    parser.add_argument("--runs", help="the data folder of a project in which the profile is finished")
    parser.add_argument("--jobs", default="2")
    parser.add_argument("--ask", action="store_true", help="only ask the readers: --folder or --runs is finished")
    for name, default in (("flips", 200), ("together", 100), ("seed", 0)):
        parser.add_argument(f"--{name}", type=int, default=default)
    return parser.parse_args()


def make_project(root: Path, given: argparse.Namespace) -> None:
    """A project folder with the code and profiles of this one; what is in --runs is copied, with its times."""
    for name in ("Snakefile", "notebooks", "profiles", "data/published", "data/results/published"):
        place = root / name
        place.parent.mkdir(parents=True, exist_ok=True)
        if not place.exists():
            place.symlink_to(paths.root() / name)
    if given.runs and not (root / "data" / "runs").is_dir():
        data = Path(given.runs)
        stamps = (data / "runs" / given.profile / "products").glob("*.json")  # the list of runs knows former ones, too
        ids = {run for stamp in stamps for run in files.read_record(stamp).get("runs", [])}
        for run in sorted(ids):
            if (data / "runs" / run).is_dir():
                shutil.copytree(data / "runs" / run, root / "data" / "runs" / run)
        corpus = files.read_record(data / "runs" / given.profile / paths.RECORD)["corpus"]
        for name in (f"runs/{given.profile}", f"cache/{corpus}", f"results/{given.profile}"):
            shutil.copytree(data / name, root / "data" / name, symlinks=True)
        shutil.copytree(data.parent / "figures" / given.profile, root / "figures" / given.profile)
        (root / "data" / "runs" / given.profile / NOTES).unlink()
        os.environ["SCALESCOPE_ROOT"] = str(root)
        note(given.profile, ids)


def reproduce(given: argparse.Namespace) -> None:
    """Run the profile; ends the benchmark with what was printed if that fails."""
    command = [sys.executable, "-m", "scalescope.cli", "reproduce", "-P", given.profile, "-j", given.jobs]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        sys.exit(done.stdout + done.stderr)


def snapshot(root: Path) -> Whole:
    """All files that the project has made, but for locks, empty ones and what was moved aside."""
    made = [path for folder in ("data", "figures") for path in (root / folder).rglob("*")]
    kept = [
        p for p in made if p.is_file() and not p.is_symlink() and p.suffix not in (".lock", ".pid") and p.stat().st_size
    ]
    return {p: (p.read_bytes(), p.stat().st_mtime_ns) for p in kept if ".damaged-" not in str(p)}


def kind(root: Path, path: Path) -> str:
    """What a file is, from where it lies."""
    parts = path.relative_to(root).parts
    if parts[0] == "figures":
        return "digests of figures" if path.name == files.DIGESTS else f"figure {path.suffix}"
    if parts[1] == "results":
        if path.name in (files.DIGESTS, "laws.json") or path.suffix == ".parquet":
            return "digests of tables" if path.name == files.DIGESTS else "stored laws"
        if path.name == LEDGER:
            return "sealed forecasts"
        return "law table" if PAPER in parts else "table"
    if parts[1] == "cache":
        return "encoded text" if parts[3] == "text" else "encoded rows"
    if parts[2] == ".checkpoints":
        return "checkpoint"
    if path.name in (CURVE, METRICS, ROWS, WEIGHTS, "manifest.json"):
        return f"run {path.name}"
    folders = {
        "notebooks": "executed notebook",
        "products": "stamp",
        "jobs": "status",
        "costs": "costs",
        "logs": "log",
        ".snakemake": "snakemake",
    }
    return folders.get(parts[3], {"runs.txt": "list of runs", "cost.csv": "costs"}.get(path.name, path.name))


def choose(root: Path, whole: Whole, given: argparse.Namespace) -> list[tuple[Path, bytes]]:
    """Files with one bit flipped: every kind as often as every other, kinds and bits at random, no file twice."""
    rng, by_kind = random.Random(given.seed), {}
    for path in sorted(whole):
        by_kind.setdefault(kind(root, path), []).append(path)
    for paths_of_kind in by_kind.values():
        rng.shuffle(paths_of_kind)
    chosen: list[tuple[Path, bytes]] = []
    while len(chosen) < given.flips:
        for paths_of_kind in by_kind.values():
            if paths_of_kind:
                path = paths_of_kind.pop()
                content = bytearray(whole[path][0])
                content[rng.randrange(len(content))] ^= 1 << rng.randrange(8)
                chosen.append((path, bytes(content)))
    chosen = chosen[: given.flips]
    rng.shuffle(chosen)
    return chosen


def asked(root: Path, profile: Profile, whole: Whole, chosen: list) -> tuple[dict[Path, str], list[str]]:
    """What readers say of each flipped file, one at a time: by path "refused", "told", "", "wrong", "obscure"."""
    found, faults, before = {}, [], {}
    for number, (path, content) in enumerate(chosen):
        said = set()
        for name, reader in readers(root, profile, path):
            key = {"run": f"run {path.parent}", "data": f"data {path.parent}", "law table": str(path)}.get(name, name)
            if key not in before:
                before[key] = answer(reader, path)[1:]
                restore(root, whole)
            put(path, content, whole[path][1])
            outcome, value, words = answer(reader, path)
            told = words != before[key][1]
            if outcome == "same" and value != before[key][0]:
                outcome = "told" if told else "wrong"
            said.add("told" if outcome == "same" and told else outcome)
            if outcome in ("wrong", "obscure"):
                faults.append(f"{outcome}: {name} of {path}: {words or value[:300]}")
                progress(faults[-1])
            restore(root, whole)
            put(path, *whole[path])  # a flip keeps the time
        found[path] = next((name for name in ("wrong", "obscure", "refused", "told") if name in said), "")
        if number % 20 == 19:
            progress(f"{number + 1} of {len(chosen)} flips asked, {len(faults)} faults")
    return found, faults


def readers(root: Path, profile: Profile, path: Path) -> Iterator[tuple[str, Callable[[], object]]]:
    """Whatever reads files of this kind, by name; each gives what a user would see."""
    what = kind(root, path)
    if what.startswith(("run ", "list of", "profile", "stamp", "digests")):
        yield "runs", lambda: runs_table().drop(columns="megabytes").to_csv()
    yield "status", lambda: status(profile)
    if what.startswith("run "):
        yield "run", lambda: run_content(path.parent.name)
    if what.startswith("encoded"):
        yield "data", lambda: data_content(profile, path)
    if what == "profile.json":
        yield "collect", lambda: {name: table.to_csv() for name, table in collect(profile).items()}
    if what in ("table", "digests of tables", "stored laws"):
        yield "tables", lambda: {name: table.to_csv() for name, table in read_tables(profile.name).items()}
        yield "laws", lambda: law_content(profile.name)
    if what == "sealed forecasts":
        yield "ledger", lambda: ledger.read(path).to_csv()
    if what == "law table":
        yield "law table", lambda: path.suffix == ".csv" and read_csv(path, "make it again").to_csv()
    if what in ("table", "law table") or what.startswith(("figure", "digests")):
        yield "report", lambda: report(profile.name)


def status(profile: Profile) -> str:
    """What `scalescope status` prints, and what `reproduce` would do again."""
    console = Console(file=io.StringIO(), width=200)
    print_status(profile, console)
    again = [f"{job.name}: {fault}" for job, fault in stale(profile, paths.work(profile.name))]
    if again:
        files.say("\n".join(again))
    return console.file.getvalue()


def run_content(run: str) -> object:
    """All that a run folder holds; raises Damaged where the store does not find it."""
    found = Store(paths.runs()).find(run)
    if found is None:
        raise files.Damaged(f"run {run} is not found")
    tables = [found.curve.to_csv(), found.metrics.to_csv()]
    rows = [found.rows.to_csv()] if (found.folder / ROWS).is_file() else []
    weights = {k: v.numpy() for k, v in found.weights().items()} if (found.folder / WEIGHTS).is_file() else {}
    return tables, rows, weights, found.manifest


def data_content(profile: Profile, path: Path) -> object:
    """The encoded text, or the rows of the task, that a file belongs to."""
    prepared = stages.prepare(profile)
    if "text" in path.relative_to(paths.cache()).parts:
        corpora = [prepared.corpus(split) for split in ("train", "heldout")]
        arrays = [(one.tokens[:], one.documents[:], one.units[:]) for one in corpora]
        probes = prepared.probes
        return arrays, prepared.tokenizer.to_str(), probes and vars(probes)
    name = next(task for task in profile.tasks if path.is_relative_to(prepared.task_folder(task)))
    data = prepared.task_data(name)
    return vars(data.train), vars(data.evaluation), data.rows


def law_content(source: str) -> object:
    """The laws of a source, stored or fitted."""
    laws = source_laws(source, read_tables(source))
    return laws.laws.to_csv(), laws.replicates.to_csv()


def report(profile: str) -> str:
    """The page of a profile."""
    with tempfile.TemporaryDirectory() as folder:
        return write_report(profile, Path(folder) / "report.html").read_text(encoding="utf-8").replace(folder, "")


def answer(reader: Callable[[], object], path: Path) -> tuple[str, str, str]:
    """Outcome ("same" if it answered, "refused", "obscure"), digest of the answer, what was said meanwhile."""
    said = io.StringIO()
    with contextlib.redirect_stderr(said), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            value = hashlib.sha256(pickle.dumps(reader())).hexdigest()
        except Exception as error:
            text = f"{type(error).__name__}: {error}"
            clear = isinstance(error, USER_ERRORS) or type(error).__name__ in USER_ERROR_NAMES
            named = any(part in text + said.getvalue() for part in (path.name, path.parent.name, path.stem))
            return ("refused" if clear and named else "obscure"), text, said.getvalue() + text
    return "same", value, said.getvalue()


def put(path: Path, content: bytes, time: int) -> None:
    """Write a file that keeps its time, as one whose disk rots does."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    os.utime(path, ns=(time, time))


def restore(root: Path, whole: Whole) -> None:
    """Everything as it was, with its time; what was moved aside goes."""
    for aside in [p for p in (root / "data").rglob("*.damaged-*") if p.is_dir()]:
        shutil.rmtree(aside, ignore_errors=True)
    for path, (content, time) in whole.items():
        if not path.is_file() or path.stat().st_mtime_ns != time:
            put(path, content, time)


def run_again(root: Path, given: argparse.Namespace, whole: Whole, flips: list, found: dict[Path, str]) -> list[str]:
    """Flip these files together, run the pipeline; adds to `found` what became of each, returns what is wrong."""
    for path, content in flips:
        put(path, content, whole[path][1])
    reproduce(given)
    faults = []
    for path, content in flips:
        now = path.read_bytes() if path.is_file() else b""
        left = now == content
        found[path] = (
            found[path] if found[path] in ("wrong", "obscure") else "left" if left else found[path] or "healed"
        )
        OUTCOMES[kind(root, path), found[path]] += 1
    for path, (content, _) in whole.items():
        what = kind(root, path)
        flipped = any(path == one for one, _ in flips) and found[path] == "left"
        if (
            what not in (*TIMES, *LEDGERS, *UNREAD)
            and not flipped
            and (not path.is_file() or path.read_bytes() != content)
        ):
            faults.append(f"came out otherwise: {path}")
    harmful = [p for p, _ in flips if found[p] == "left" and kind(root, p) not in (*TIMES, *LEDGERS, *UNREAD)]
    faults += [f"still flipped: {path}" for path in harmful]
    for path, _ in flips:
        put(path, *whole[path])
    restore(root, whole)
    return faults


OUTCOMES: Counter = Counter()


def write(found: dict[Path, str]) -> None:
    """The table, printed and as a file."""
    table = pd.Series(OUTCOMES).unstack(fill_value=0).reindex(columns=COLUMNS, fill_value=0)
    table.insert(0, "flips", table.sum(axis=1))
    table["healed"] += table["refused"] + table["told"]
    table = table.rename_axis("kind").reset_index()
    files.write_table(RESULTS, table)
    print(table.to_string(index=False))
    print(f"{len(found)} flips")


if __name__ == "__main__":
    main()
