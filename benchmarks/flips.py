"""Whether damage is found: random bits are flipped in the files of a finished project, and the pipeline runs again.

    python benchmarks/flips.py [--profile smoke] [--flips 200] [--together 20] [--seed 0] [--folder F]

In a project of its own (a temporary folder, or --folder, which is used again where it is finished) the profile is run
once. Then, in rounds, one random bit is flipped in each of `together` random files, `scalescope reproduce` runs again,
and every run, encoded text, table and figure must be byte for byte what it was. Results: results/flips.csv, one row per
kind of file: flips; healed (the file is as it was); remade (a file that holds times: executed notebooks, status files);
left (still flipped: a file that nothing reads, or whose flip says the same).
"""

from __future__ import annotations

import argparse
import os
import random
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

import pandas as pd
from machine import progress

from scalescope import files, paths

RESULTS = Path(__file__).parent / "results" / "flips.csv"
SAME = ("results", "figure", "text", "rows", "run")  # kinds of files that must come out as they were


def main() -> None:
    """Flip, run again, compare; exit code 1 if anything came out otherwise."""
    given = options()
    with tempfile.TemporaryDirectory(prefix="flips-") as temporary:
        root = Path(given.folder or temporary).resolve()
        make_project(root)
        os.environ["SCALESCOPE_ROOT"] = str(root)
        reproduce(given)
        whole = {path: path.read_bytes() for path in everything(root)}
        progress(f"{given.profile} is finished: {len(whole)} files")
        rng, found, wrong = random.Random(given.seed), Counter(), []
        for first in range(0, given.flips, given.together):
            chosen = rng.sample(sorted(path for path in whole if path.stat().st_size), given.together)
            for path in chosen:
                flip(path, rng)
            reproduce(given)
            for path in chosen:
                found[kind(root, path), outcome(path, whole)] += 1
            wrong += [path for path, content in whole.items() if kind(root, path) in SAME and content != now(path)]
            restore(whole)
            progress(f"{first + len(chosen)} flips, {len(wrong)} files came out otherwise")
    write(found)
    for path in wrong:
        print(f"came out otherwise: {path}")
    sys.exit(bool(wrong))


def options() -> argparse.Namespace:
    """What the command line says."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--profile", default="smoke")
    parser.add_argument("--folder")
    parser.add_argument("--jobs", default="2")
    for name, default in (("flips", 200), ("together", 20), ("seed", 0)):
        parser.add_argument(f"--{name}", type=int, default=default)
    return parser.parse_args()


def make_project(root: Path) -> None:
    """A project folder with the code and profiles of this one and nothing that was made from them."""
    for name in ("Snakefile", "notebooks", "profiles", "data/published", "data/results/published"):
        place = root / name
        place.parent.mkdir(parents=True, exist_ok=True)
        if not place.exists():
            place.symlink_to(paths.root() / name)


def reproduce(given: argparse.Namespace) -> None:
    """Run the profile; ends the benchmark with what was printed if that fails."""
    command = [sys.executable, "-m", "scalescope.cli", "reproduce", "-P", given.profile, "-j", given.jobs]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        sys.exit(done.stdout + done.stderr)


def everything(root: Path) -> list[Path]:
    """All files that the project has made, but for locks and what is damaged and was moved aside."""
    made = [path for folder in ("data", "figures") for path in (root / folder).rglob("*")]
    return [
        path
        for path in made
        if path.is_file() and not path.is_symlink() and path.suffix != ".lock" and ".damaged-" not in str(path)
    ]


def flip(path: Path, rng: random.Random) -> None:
    """Change one random bit."""
    content = bytearray(path.read_bytes())
    content[rng.randrange(len(content))] ^= 1 << rng.randrange(8)
    path.write_bytes(content)
    FLIPPED[path] = bytes(content)


FLIPPED: dict[Path, bytes] = {}


def kind(root: Path, path: Path) -> str:
    """What a file is, from where it lies."""
    parts = path.relative_to(root).parts
    if parts[0] == "figures" or parts[1] == "results":
        return "figure" if parts[0] == "figures" else "results"
    if parts[1] == "cache":
        return "text" if parts[3] == "text" else "rows"
    if parts[3:] and parts[3].startswith("notebooks"):
        return "notebook"
    return "run" if (path.parent / "manifest.json").is_file() or "-" in parts[2] else f"work: {parts[3]}"


def now(path: Path) -> bytes | None:
    """The content of a file, None if it is gone."""
    return path.read_bytes() if path.is_file() else None


def outcome(path: Path, whole: dict[Path, bytes]) -> str:
    """What became of a flipped file."""
    content = now(path)
    return "healed" if content == whole[path] else "left" if content == FLIPPED[path] else "remade"


def restore(whole: dict[Path, bytes]) -> None:
    """Put back what is neither as it was nor made again with other times, so that rounds do not add up."""
    for path, flipped in FLIPPED.items():
        if now(path) == flipped:
            path.write_bytes(whole[path])
        elif now(path) is not None:
            whole[path] = path.read_bytes()
    FLIPPED.clear()


def write(found: Counter) -> None:
    """The table, printed and as a file."""
    table = pd.Series(found).unstack(fill_value=0).reindex(columns=["healed", "remade", "left"], fill_value=0)
    table.insert(0, "flips", table.sum(axis=1))
    table = table.rename_axis("kind").reset_index()
    files.write_table(RESULTS, table)
    print(table.to_string(index=False))


if __name__ == "__main__":
    main()
