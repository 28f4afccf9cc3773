"""Rows of each task and tokens of an example, counted or estimated: what finetuning costs hangs on them."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from scalescope import files, paths
from scalescope.data.encoded import of_task
from scalescope.data.sources.base import ROW_SPLITS
from scalescope.data.sources.files import row_files
from scalescope.data.sources.json_rows import parse_row
from scalescope.data.sources.plain_files import read_lines
from scalescope.data.tasks.spans import context_windows
from scalescope.data.tasks.spec import TASKS, Task
from scalescope.data.tokenizer import words
from scalescope.errors import BadInput
from scalescope.experiment.profile import Profile
from scalescope.experiment.record import read_csv

# words that an example of a family usually has, for the tokens of finetuning; longer ones fill max_length
TYPICAL_TOKENS = {"sentence": 24, "pair": 56}
SAMPLE = 200  # rows of a folder whose lengths are estimated
PIECES_PER_WORD = 1.45  # 1.2 (CoLA) to 1.6 (SST-2) with 4,096 pieces; six of the nine tasks lie between 1.4 and 1.5


def task_sizes(profile: Profile, name: str) -> tuple[float, float, float]:
    """Train rows, evaluation rows, and tokens of an example of one task, all its features together.

    As `40_collect` found them in this profile; otherwise the rows that the profile asks for, at most those that
    the data folder or the paper has, and the length of the folder's first rows, or what such tasks usually have.
    """
    settings, task = profile.finetune, TASKS[name]
    train = min(of_task(settings.train_rows, name) or task.paper_train, task.paper_train)
    evaluation = min(of_task(settings.eval_rows, name) or task.paper_eval, task.paper_eval)
    known = _collected(paths.results(profile.name))
    if name in known:
        found = known[name]
        return min(train, found["train"]), min(evaluation, found["eval"]), found["tokens_mean"]
    if profile.source.kind == "files" and profile.source.folder:
        folder = Path(profile.source.folder)
        found = [_in_folder(folder, task, split, settings.max_length, settings.stride) for split in ROW_SPLITS]
        if all(found):
            (trains, length), (evaluations, _) = found
            return min(train, trains), min(evaluation, evaluations), length
    return train, evaluation, example_tokens(task, settings.max_length)


def example_tokens(task: Task, max_length: int) -> int:
    """Tokens that one example of a task usually has, all its features together."""
    family = task.family
    if family == "classification" and "passage" not in task.fields:
        family = "sentence" if len(task.fields) == 1 else "pair"
    return min(TYPICAL_TOKENS.get(family, max_length), max_length) * task.group


def _collected(folder: Path) -> dict[str, dict[str, float]]:
    """What 40_collect found of each task: the rows of its table, by task."""
    table = folder / "tasks.csv"
    try:
        return read_csv(table, "").set_index("task").to_dict("index") if table.is_file() else {}
    except (files.Damaged, KeyError, ValueError):  # cut, or of other columns: an estimate can do without
        return {}


def _in_folder(folder: Path, task: Task, split: str, max_length: int, stride: int) -> tuple[int, float] | None:
    """Rows of one split in a data folder, and tokens of an example; None where that cannot be read."""
    found = row_files(folder, task.name, split)
    if len(found) != 1 or not found[0].is_file():
        return None
    state = found[0].stat()
    return _counted(found[0], state.st_size, state.st_mtime_ns, task, max_length, stride)


@lru_cache(maxsize=64)
def _counted(
    path: Path, _size: int, _changed: int, task: Task, max_length: int, stride: int
) -> tuple[int, float] | None:
    """`_in_folder` of one file in the state that size and time of change tell."""
    lengths, rows = [], 0
    try:
        for number, line in read_lines(path):
            rows = number
            if number <= SAMPLE:
                lengths.append(row_tokens(task, parse_row(path, number, line), max_length, stride))
    except (BadInput, OSError, KeyError, TypeError):  # training says what is wrong with it
        return None
    return (rows, sum(lengths) / len(lengths)) if lengths else None


def row_tokens(task: Task, row: dict, max_length: int, stride: int) -> int:
    """Tokens of one row by its words, all its features together: windows of a span, options of a choice."""
    texts = {name: row[name] if isinstance(row[name], list) else [row[name]] for name in task.fields}
    pieces = {name: round(PIECES_PER_WORD * sum(len(words(text)) for text in own)) for name, own in texts.items()}
    if task.family == "span":
        question = min(pieces["question"], max_length // 3)
        room = max_length - 3 - question
        return sum(end - begin + question + 3 for begin, end in context_windows(pieces["context"], room, stride))
    marks = min(len(task.fields), 2) + 1  # of a choice, question and option are one text
    if task.family == "choice":
        pieces["options"] = round(pieces["options"] / task.n_labels)
    return task.group * min(sum(pieces.values()) + marks, max_length)
