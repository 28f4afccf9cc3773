"""The nine tasks of Ivgi et al. (2022): fields, head, metric, and the sizes the paper prints."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass

from scalescope.errors import UnknownName

METRICS = ("f1", "accuracy", "matthews", "best_f1")
OPTIONS = "ABCD"


@dataclass(frozen=True)
class Task:
    """What one task is.

    fields: texts that the encoder reads, in order. target: field with the right answer. labels: its valid
    values (classification: 0..n_labels - 1 or false/true; choice: A..D). paper_train, paper_eval: rows in the paper.
    has_no_answer: a span task whose questions may have no answer.
    Source: Ivgi, Carmon, Berant (2022), table 1.
    """

    name: str
    title: str
    family: str
    fields: tuple[str, ...]
    target: str
    labels: tuple[int | bool | str, ...]
    metric: str
    _: KW_ONLY
    paper_train: int
    paper_eval: int
    has_no_answer: bool = False
    label_names: tuple[str, ...] = ()  # what the labels stand for, in their order; () where they are names already

    def label_name(self, label: int | bool | str) -> str:
        """What a label, or its place among the labels, stands for; raises UnknownName for one that is not valid."""
        names = self.label_names or tuple(map(str, self.labels))
        if label in self.labels:
            return names[self.labels.index(label)]
        if isinstance(label, int) and 0 <= label < len(names):
            return names[label]
        raise UnknownName(f"label of {self.name!r}", label, self.labels)

    @property
    def n_labels(self) -> int:
        """Classes, options, or 2 (start and end) for a span."""
        return len(self.labels) or 2

    @property
    def group(self) -> int:
        """Features an example makes at least: 4 for a choice among four options, else 1."""
        return self.n_labels if self.family == "choice" else 1

    @property
    def required(self) -> tuple[str, ...]:
        """Fields that every row must have."""
        return (*self.fields, self.target)


def _classes(
    name: str, title: str, fields: tuple[str, ...], train: int, evaluation: int, names: tuple[str, ...], metric: str
) -> Task:
    rows, numbers = {"paper_train": train, "paper_eval": evaluation}, tuple(range(len(names)))
    return Task(name, title, "classification", fields, "label", numbers, metric, label_names=names, **rows)


# labels by the numbers that Hugging Face's data sets give them
TASKS: dict[str, Task] = {
    made.name: made
    for made in (
        Task("squad", "SQuAD 1.1", "span", ("question", "context"), "answers", (), "f1",
             paper_train=87_599, paper_eval=10_570),
        _classes("mnli", "MNLI", ("premise", "hypothesis"), 98_175, 9_815,
                 ("entailment", "neutral", "contradiction"), "accuracy"),
        _classes("qnli", "QNLI", ("question", "sentence"), 104_743, 5_463, ("answered", "not answered"), "accuracy"),
        _classes("sst2", "SST-2", ("sentence",), 67_349, 872, ("negative", "positive"), "accuracy"),
        Task("race", "RACE", "choice", ("article", "question", "options"), "answer", tuple(OPTIONS),
             "accuracy", paper_train=87_866, paper_eval=4_887),
        _classes("cola", "CoLA", ("sentence",), 8_551, 1_043, ("unacceptable", "acceptable"), "matthews"),
        Task("squad_v2", "SQuAD 2.0", "span", ("question", "context"), "answers", (), "best_f1",
             paper_train=130_319, paper_eval=11_873, has_no_answer=True),
        _classes("mrpc", "MRPC", ("sentence1", "sentence2"), 3_668, 408, ("different", "same meaning"),
                 "accuracy"),
        Task("boolq", "BoolQ", "classification", ("question", "passage"), "answer", (False, True),
             "accuracy", paper_train=9_427, paper_eval=3_270, label_names=("no", "yes")),
    )
}  # fmt: skip


def task(name: str) -> Task:
    """The task of that name; raises UnknownName telling the nearest one."""
    if not isinstance(name, str) or name not in TASKS:
        raise UnknownName("task", name, TASKS)
    return TASKS[name]
