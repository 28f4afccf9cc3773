"""What the lines of lib are, room by room, and how many would go in each of the ways to have fewer.

    python benchmarks/lines.py [--before REVISION ...] [--quick]

A row per room (of papers: per paper) and revision. What its lines are: code, docstrings, comments, imports, empty;
`statements` are counted, not lines. What could go, in lines: uncalled, functions and classes that nothing but tests
names (lib, notebooks, benchmarks, README, Makefile, Snakemake's files); repeated, runs of six or more lines that
stand in lib before, white space folded; inlined, what private functions of one or two statements with one caller
would save. Revisions are read from git (`--before`), the rows "now" from the working tree. No training.
Results: results/lines.csv.
"""

from __future__ import annotations

import ast
import io
import re
import subprocess
import tarfile
from collections import Counter
from collections.abc import Iterator

import pandas as pd
from machine import describe, destination, merge, options, progress

from scalescope import paths

KEYS = ["revision", "room"]
NOW = "now"
RUN = 6  # lines that make a repetition
SHORT = 2  # statements of a function that could stand at its caller
OUTSIDE = ("notebooks", "benchmarks", "README.md", "Makefile", "Snakefile", "Studies.smk", "pyproject.toml")
CODE = (".py", ".ipynb")
Sources = dict[str, str]  # text by path below lib/scalescope


def main() -> None:
    """Rows of the revisions and of the working tree; each revision is written when it is done."""
    parser = options(__doc__, "lines.csv")
    parser.add_argument("--before", nargs="*", default=[], metavar="REVISION", help="revisions of git to count too")
    chosen = parser.parse_args()
    for revision in [*chosen.before, NOW]:
        sources = now() if revision == NOW else at(revision)
        table = rooms(sources).reset_index()
        merge(
            destination(chosen), [{"revision": revision, **row, **describe()} for row in table.to_dict("records")], KEYS
        )
        progress(f"{revision}: {table['lines'].sum():,} lines in {len(sources)} files")


def now() -> Sources:
    """The modules of the working tree."""
    top = paths.root() / "lib" / "scalescope"
    return {path.relative_to(top).as_posix(): path.read_text(encoding="utf-8") for path in sorted(top.rglob("*.py"))}


def at(revision: str) -> Sources:
    """The modules of a revision; raises CalledProcessError for one that git does not know."""
    packed = subprocess.run(["git", "archive", revision, "lib/scalescope"], cwd=paths.root(), check=True, stdout=-1)
    with tarfile.open(fileobj=io.BytesIO(packed.stdout)) as archive:
        names = [name for name in archive.getnames() if name.endswith(".py")]
        return {
            name.removeprefix("lib/scalescope/"): archive.extractfile(name).read().decode() for name in sorted(names)
        }


def rooms(sources: Sources) -> pd.DataFrame:
    """One row per room (the index)."""
    trees = {path: ast.parse(text) for path, text in sources.items()}
    named = Counter(word for text in sources.values() for word in re.findall(r"\w+", text))
    outside = set(re.findall(r"\w+", "".join(texts_outside())))
    repeated = repetitions(sources)
    rows = []
    for path, text in sources.items():
        row = {"room": room(path), "files": 1, **kinds(text, trees[path]), "repeated": repeated[path]}
        functions = [each for each in ast.walk(trees[path]) if isinstance(each, ast.FunctionDef | ast.ClassDef)]
        row["functions"] = sum(isinstance(each, ast.FunctionDef) for each in functions)
        row["uncalled"] = sum(length(each) for each in functions if uncalled(each, named, outside))
        row["inlined"] = sum(length(each) + 2 - SHORT for each in functions if once_and_short(each, named))
        rows.append(row)
    return pd.DataFrame(rows).groupby("room").sum()


def room(path: str) -> str:
    """The room of a module: its first folder, of papers the first two; "." for what lies at the top."""
    parts = path.split("/")[:-1]
    return "/".join(parts[: 2 if parts[:1] == ["papers"] else 1]) or "."


def kinds(text: str, tree: ast.Module) -> dict[str, int]:
    """How many lines of a module are what, and its statements without docstrings."""
    documented = (ast.Module, ast.FunctionDef, ast.ClassDef)
    strings = [each.body[0] for each in ast.walk(tree) if isinstance(each, documented) and ast.get_docstring(each)]
    imports = [each for each in ast.walk(tree) if isinstance(each, ast.Import | ast.ImportFrom)]
    kind = {line: "imports" for each in imports for line in range(each.lineno, each.end_lineno + 1)}
    kind |= {line: "docstrings" for each in strings for line in range(each.lineno, each.end_lineno + 1)}
    found = Counter(lines=0, code=0, docstrings=0, comments=0, imports=0, empty=0)
    for number, line in enumerate(text.splitlines(), 1):
        plain = "empty" if not line.strip() else "comments" if line.strip().startswith("#") else "code"
        found.update(["lines", kind.get(number, plain)])
    return {**found, "statements": sum(isinstance(each, ast.stmt) for each in ast.walk(tree)) - len(strings)}


def length(node: ast.stmt) -> int:
    """Lines of a function or class, with its decorators."""
    return node.end_lineno - min([node.lineno, *(each.lineno for each in node.decorator_list)]) + 1


def uncalled(node: ast.stmt, named: Counter, outside: set[str]) -> bool:
    """Whether nothing names a function: Python, pytest or a framework call those with underscores and decorators."""
    own = named[node.name] == 1 and node.name not in outside
    return own and not node.decorator_list and not node.name.startswith("_")


def once_and_short(node: ast.stmt, named: Counter) -> bool:
    """Whether a private function of one or two statements is called from one place."""
    if not isinstance(node, ast.FunctionDef) or not node.name.startswith("_") or node.name.startswith("__"):
        return False
    statements = len(node.body) - (ast.get_docstring(node) is not None)
    return named[node.name] == 2 and statements <= SHORT and not node.decorator_list


def repetitions(sources: Sources) -> Counter:
    """Lines of each module that stand in a run of RUN or more which an earlier place has too; imports do not count."""
    seen, found = set(), Counter()
    for path, text in sources.items():
        lines = [(number, " ".join(line.split())) for number, line in enumerate(text.splitlines())]
        lines = [
            each for each in lines if each[1].strip("()[]{},:") and not each[1].startswith(("import", "from", "#"))
        ]
        again, own = set(), []
        for start in range(len(lines) - RUN + 1):
            run = tuple(words for _, words in lines[start : start + RUN])
            again |= {number for number, _ in lines[start : start + RUN]} if run in seen else set()
            own.append(run)
        seen |= set(own)
        found[path] = len(again)
    return found


def texts_outside() -> Iterator[str]:
    """What users run or read beside lib: code of notebooks and benchmarks, README, Snakemake's files."""
    for name in OUTSIDE:
        place = paths.root() / name
        found = sorted(place.rglob("*")) if place.is_dir() else [place]
        yield from (path.read_text(encoding="utf-8") for path in found if place == path or path.suffix in CODE)


if __name__ == "__main__":
    main()
