"""What it costs to start the kernel of a notebook: as usual, and forked from one process that has imported everything.

    python benchmarks/kernels.py [--repeats 5]

A notebook that imports what the notebooks of the pipeline import is run again and again, each time in a kernel of its
own, as the pipeline runs notebooks (`scalescope.workflow.notebooks.run`). Core-seconds are those of the kernel and of
the process that runs the notebook; the process that forks kernels costs its own once.

Results: results/kernels.csv, one row per kind of kernel: core-seconds per notebook (once for the process that forks).
"""

from __future__ import annotations

import os
import tempfile
import time
from pathlib import Path

import nbformat
import pandas as pd
import psutil
from machine import describe, destination, options
from nbformat.v4 import new_code_cell, new_notebook

from scalescope.workflow import notebooks
from scalescope.workflow.sockets import WARM
from scalescope.workflow.warm import warm_kernels

NAME = "study/10_imports"
SOURCE = "import matplotlib.pyplot as plt\nimport scalescope.experiment.stages"
USUAL, FORKED, FORKING = "started as usual", "forked", "the process that forks"


def main() -> None:
    """Write the table."""
    parser = options(__doc__, "kernels.csv")
    parser.add_argument("--repeats", type=int, default=5)
    given = parser.parse_args()
    repeats = 1 if given.quick else given.repeats
    with tempfile.TemporaryDirectory(prefix="kernels-") as folder:
        os.environ["SCALESCOPE_ROOT"] = folder
        path = Path(folder, "notebooks", f"{NAME}.ipynb")
        path.parent.mkdir(parents=True)
        first = new_code_cell("number: int = 1  # any", metadata={"tags": ["parameters"]})
        nbformat.write(new_notebook(cells=[first, new_code_cell(SOURCE)]), path)
        run(folder)  # caches of files and of Python
        usual = measured(folder, repeats)
        with warm_kernels(os.environ) as environment:
            os.environ[WARM] = environment[WARM]
            (server,) = (c for c in psutil.Process().children() if "scalescope.workflow.warm" in c.cmdline())
            run(folder)  # waits until all is imported
            before = forked(server)
            own = sum(server.cpu_times()[:2])
            warm = measured(folder, repeats) + (forked(server) - before) / repeats
    rows = [(USUAL, repeats, usual), (FORKED, repeats, warm), (FORKING, 1, own)]
    table = pd.DataFrame(rows, columns=["kernel", "starts", "core_seconds"]).round({"core_seconds": 2})
    table = table.assign(**describe())
    table.to_csv(destination(given), index=False, lineterminator="\n")
    print(table.to_string(index=False))


def run(folder: str) -> None:
    """The notebook once."""
    notebooks.run(NAME, Path(folder, "out.ipynb"))


def measured(folder: str, repeats: int) -> float:
    """Core-seconds per run of the notebook, of this process and of its children that have ended."""
    before = os.times()
    for _ in range(repeats):
        run(folder)
        time.sleep(0.5)  # a kernel that was forked is waited for by the process that forked it
    after = os.times()
    return (sum(after[:4]) - sum(before[:4])) / repeats


def forked(server: psutil.Process) -> float:
    """Core-seconds of the kernels that a process has forked and waited for."""
    return sum(server.cpu_times()[2:4])


if __name__ == "__main__":
    main()
