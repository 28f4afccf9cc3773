"""Running one notebook strictly: known parameters of the right type, all of its output or none."""

from __future__ import annotations

import ast
import base64
import os
import re
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import uuid4

import nbformat

from scalescope import files, paths
from scalescope.errors import UnknownName, check_name
from scalescope.experiment.bar import MARK
from scalescope.workflow.sockets import socket_folder

KERNEL_STARTS = 3  # a busy machine may be too slow for the first
HOW = {"kernel_name": "python3", "language": "python", "progress_bar": False, "log_output": True, "start_timeout": 120}
NO_KERNEL = ("Kernel died before replying", "Kernel didn't respond")
PARAMETER = re.compile(r"^(?P<name>\w+): (?P<type>[\w\[\] |]+) = (?P<value>.+?)  # (?P<help>.+)$")
WIDGET = "application/vnd.jupyter.widget-view+json"
COLOURS = 128  # of a committed picture
PLAIN = re.compile(r"[-+.0-9a-zA-Z]+")  # what a number is written with; Python takes 1_0 and spaces too
LARGEST = 1e18  # of a number that is given to a notebook
KINDS = {"str": str, "int": int, "float": float, "bool": bool}


class NotebookFailed(RuntimeError):
    """A cell raised an error; the message names notebook, cell and error, and where the notebook is kept."""


@dataclass(frozen=True)
class Parameter:
    """One line `name: kind = default  # help` of the cell tagged "parameters"."""

    name: str
    kind: str
    default: Any
    help: str


def available() -> list[str]:
    """Names of all notebooks in their order, such as "ivgi2022/20_pretrain"."""
    folder = paths.notebooks()
    files = [p for p in folder.rglob("*.ipynb") if ".ipynb_checkpoints" not in p.parts]
    return sorted(path.relative_to(folder).with_suffix("").as_posix() for path in files)


def find(name: str) -> Path:
    """File of the notebook called `name` (with or without .ipynb); raises UnknownName with the nearest one."""
    if not isinstance(name, str):
        raise UnknownName("notebook", name, available())
    name = name.removesuffix(".ipynb").removeprefix("notebooks/")
    return paths.notebooks() / f"{check_name('notebook', name, available())}.ipynb"


def parameters(notebook: Path) -> dict[str, Parameter]:
    """The parameters of a notebook; raises ValueError for a line that is not `name: kind = literal  # help`."""
    cells = nbformat.read(notebook, as_version=4).cells
    tagged = [cell for cell in cells if "parameters" in cell.metadata.get("tags", [])]
    if len(tagged) != 1:
        raise ValueError(f"notebook {notebook.name} must have one cell tagged 'parameters', has {len(tagged)}")
    found = {}
    for line in tagged[0].source.splitlines():
        match = PARAMETER.match(line)
        if match is None or match["type"] not in KINDS:
            raise ValueError(
                f"notebook {notebook.name}, parameters cell: {line!r} is not `name: kind = literal  # help` "
                f"with a kind of {', '.join(KINDS)}"
            )
        found[match["name"]] = Parameter(match["name"], match["type"], ast.literal_eval(match["value"]), match["help"])
    return found


def checked(notebook: Path, given: Mapping[str, Any]) -> dict[str, Any]:
    """`given` in the types of the notebook's parameters; texts (from a command line) are read as such.

    Raises UnknownName for a parameter that the notebook does not have (papermill alone lets typos pass) and
    ValueError for a value of another type.
    """
    if not isinstance(given, Mapping):
        raise ValueError(
            f"parameters of notebook {notebook.stem!r} must be a dict of values by name; got {given!r:.80}"
        )
    known, what = parameters(notebook), f"parameter of notebook {notebook.stem!r}"
    return {name: _typed(notebook.stem, known[check_name(what, name, known)], value) for name, value in given.items()}


def run(name: str, out: Path, given: Mapping[str, Any] | None = None) -> Path:
    """Execute the notebook `name` with parameters `given` and write it to `out`, whole or not at all.

    Raises UnknownName or ValueError for bad parameters and NotebookFailed when a cell fails: the notebook
    with its traceback is then kept as `<out>.failed.ipynb`.
    """
    notebook, out = find(name), Path(out)
    values = checked(notebook, given or {})
    out.parent.mkdir(parents=True, exist_ok=True)
    # of this attempt alone: an earlier one may still be running on another machine
    partial = out.with_name(f".{out.stem}.{uuid4().hex[:8]}.part.ipynb")
    failed = out.with_name(f"{out.stem}.failed.ipynb")
    failed.unlink(missing_ok=True)
    try:
        _execute(notebook, partial, values)
    except NotebookFailed as error:
        kept = partial.is_file()  # not where no kernel came up
        if kept:
            os.replace(partial, failed)
        where = f"; the notebook with its traceback: {failed}" if kept else ""
        raise NotebookFailed(f"{error}{where}") from error.__cause__
    except BaseException:
        partial.unlink(missing_ok=True)
        raise
    files.write(out, lambda part: os.replace(partial, part))
    return out


def refresh(name: str) -> Path:
    """Execute a notebook with its defaults, in place, without the noise of the execution (see `strip`)."""
    notebook = find(name)
    with tempfile.TemporaryDirectory() as folder:
        executed = Path(folder) / notebook.name
        with _environment(TQDM_DISABLE="1"):
            _execute(notebook, executed, {})
        files.write_text(notebook, clean(executed.read_text(encoding="utf-8")))
    return notebook


def clean(text: str) -> str:
    """The text of a notebook file as git keeps it (see `strip`); of a clean one, the same text.

    Raises nbformat.reader.NotJSONError for a text that is no notebook.
    """
    return nbformat.writes(strip(nbformat.reads(text, as_version=4))).rstrip("\n") + "\n"


def strip(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """The notebook without timings, progress bars, the marks of papermill and JupyterLab, and what a machine adds.

    Other outputs stay, pictures in fewer colours. Cells and executions are numbered from the top (nbval takes a cell
    without a number as never run), so that the same notebook gives the same bytes.
    """
    notebook.metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python", "pygments_lexer": "ipython3"},
    }
    notebook.cells = [c for c in notebook.cells if "injected-parameters" not in c.metadata.get("tags", [])]
    executed = 0
    for number, cell in enumerate(notebook.cells):
        tags = cell.metadata.get("tags", [])
        cell.metadata = {"tags": tags} if tags else {}
        cell["id"] = f"cell-{number:02d}"
        if cell.cell_type == "code":
            executed += 1
            cell.execution_count = executed
            # a widget lives in its kernel; what is left of it has a random number
            kept = [o for o in cell.outputs if o.get("metadata") != MARK and WIDGET not in o.get("data", {})]
            cell.outputs = _joined(kept)
            for output in cell.outputs:
                output.update({"metadata": {}} if "metadata" in output else {})
                if "image/png" in output.get("data", {}):
                    output.data["image/png"] = _in_few_colours(output.data["image/png"])
                output.update({"execution_count": executed} if "execution_count" in output else {})
    return notebook


def _joined(outputs: list[nbformat.NotebookNode]) -> list[nbformat.NotebookNode]:
    """Outputs with neighbouring pieces of one stream as one: where they are cut depends on the load of the machine."""
    joined: list[nbformat.NotebookNode] = []
    for output in outputs:
        if joined and output.output_type == "stream" == joined[-1].output_type and output.name == joined[-1].name:
            joined[-1].text += output.text
        else:
            joined.append(output)
    return joined


def _in_few_colours(png: str) -> str:
    """A picture (base64) in a palette of its own, a third of the size: notebooks are committed with their figures."""
    from PIL import Image

    picture, small = Image.open(BytesIO(base64.b64decode(png))), BytesIO()
    if picture.mode == "P":
        return png
    picture.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE).save(small, "PNG", optimize=True)
    return base64.b64encode(small.getvalue()).decode()


def _typed(notebook: str, parameter: Parameter, value: Any) -> Any:
    """A value in the kind of a parameter; raises ValueError for one that is of no such kind, or out of range.

    Out of range are NaN, infinity, numbers that no other program reads, and those below zero: every number of a
    notebook counts or measures something; one whose default is negative may be so.
    """
    kind, such_as = KINDS[parameter.kind], f" (such as {parameter.default!r})"
    fault = None
    with suppress(ValueError, KeyError):
        if isinstance(value, str) and kind is bool:
            value = {"true": True, "false": False}[value.lower()]
        elif isinstance(value, str) and (kind is str or PLAIN.fullmatch(value)):
            value = kind(value)
    if type(value) is not kind and not (kind is float and type(value) is int):
        fault = f"be {parameter.kind}{such_as}"
    elif kind in (int, float) and value < 0 <= parameter.default:
        fault = f"not be negative{such_as}"
    elif kind in (int, float) and not abs(value) < LARGEST:
        fault = f"be a number between -{LARGEST:.0e} and {LARGEST:.0e}"
    if fault is not None:
        raise ValueError(f"parameter {parameter.name!r} of notebook {notebook!r} must {fault}, got {value!r}")
    return kind(value)


def _execute(notebook: Path, out: Path, values: dict[str, Any]) -> None:
    """Run a notebook through papermill in a kernel of its own, and write it after each cell."""
    import papermill
    from papermill.exceptions import PapermillExecutionError

    for start in range(1, KERNEL_STARTS + 1):
        try:
            with _private_kernel() as manager:
                own = {"parameters": values, "cwd": notebook.parent, "kernel_manager_class": manager}
                papermill.execute_notebook(_literally(notebook), _literally(out), **HOW, **own)
            return
        except PapermillExecutionError as error:
            message = f"notebook {notebook.stem}, cell {error.exec_count}: {error.ename}: {error.evalue}"
            raise NotebookFailed(message) from error
        except RuntimeError as error:  # what jupyter_client raises for a kernel that does not come up
            if not any(sign in str(error) for sign in NO_KERNEL):
                raise
            if start == KERNEL_STARTS:
                raise NotebookFailed(f"no kernel for notebook {notebook.stem}: {error}") from error


def _literally(path: Path) -> str:
    """A path for papermill, which fills parameters into braces."""
    return str(path).replace("{", "{{").replace("}", "}}")


@contextmanager
def _private_kernel() -> Iterator[type]:
    """A kernel manager that talks through sockets in a folder of its own: no ports that two could pick at once."""
    from jupyter_client.manager import AsyncKernelManager

    from scalescope.workflow.warm_kernel import WarmProvisioner

    with socket_folder("kernel-") as folder, _environment(JUPYTER_RUNTIME_DIR=folder):

        class PrivateKernelManager(AsyncKernelManager):
            def __init__(self, **settings):
                super().__init__(**{"transport": "ipc", "ip": f"{folder}/ipc", **settings})

            async def _async_pre_start_kernel(self, **settings):
                self.kernel_id = self.kernel_id or str(uuid4())
                if self.provisioner is None:  # there is one when a kernel is started again
                    own = {"kernel_id": self.kernel_id, "kernel_spec": self.kernel_spec, "parent": self}
                    self.provisioner = WarmProvisioner(**own)
                return await super()._async_pre_start_kernel(**settings)

        yield PrivateKernelManager


@contextmanager
def _environment(**values: str) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})
