"""What notebooks show of rows and batches."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from scalescope.data.masking import Masked
from scalescope.data.tasks.spec import TASKS
from scalescope.experiment import stages
from scalescope.experiment.profile import load_profile
from scalescope.workflow import show


class Rows:
    """Prepared data of which only the training rows are asked for."""

    def __init__(self, **rows):
        self.rows = rows

    def train_rows(self, name):
        return [self.rows[name]]


def test_an_example_is_whole_with_its_options_and_its_label_by_name():
    long = "The passage " + "goes on " * 40 + "to its end ."
    race = {"article": long, "question": "Why ?", "options": ["one", "two", "three", "four"], "answer": "C"}
    text = show.example(Rows(race=race), "race")
    assert text.startswith("RACE\n") and " ".join(text.split()).count("goes on") == 40
    assert "A: one  B: two  C: three  D: four" in text and text.splitlines()[-1].split() == ["answer:", "C"]
    assert max(map(len, text.splitlines())) <= show.WIDTH
    mnli = {"premise": "p .", "hypothesis": "h .", "label": 2}
    assert show.example(Rows(mnli=mnli), "mnli").split()[-1] == "contradiction"
    squad = {"question": "Who ?", "context": "Ada did .", "answers": {"text": ["Ada", "Ada"], "answer_start": [0, 0]}}
    assert show.example(Rows(squad=squad), "squad").split()[-1] == "Ada"
    none = {**squad, "answers": {"text": [], "answer_start": []}}
    assert "(none in the context)" in show.example(Rows(squad_v2=none), "squad_v2")


@pytest.mark.parametrize(("error", "shown"), [(0.04, "0.250 ± 0.040"), (None, "0.250"), (np.nan, "0.250")])
def test_the_best_run_is_shown_with_its_standard_error_where_there_is_one(monkeypatch, error, shown):
    rows = pd.DataFrame({"example": [0], "label": [1], "predicted": [0], "score": [0.0]})
    monkeypatch.setattr(stages, "store", lambda: SimpleNamespace(find=lambda run: SimpleNamespace(rows=rows)))
    run = {"task": "boolq", "status": "finished", "run_id": "a", "value": 0.25, "value_se": error}
    text, examples = show.best_examples(pd.DataFrame([run], dtype=object), "boolq")
    assert text == shown and examples.loc[0, ["label", "predicted"]].tolist() == ["yes", "no"]


def test_labels_have_names():
    assert TASKS["boolq"].label_name(True) == "yes" and TASKS["boolq"].label_name(0) == "no"
    assert TASKS["race"].label_name("B") == "B" and TASKS["race"].label_name(1) == "B"
    for task in TASKS.values():
        assert not task.label_names or len(task.label_names) == len(task.labels)


def test_hidden_tokens_are_shown_with_what_stood_there(project):
    prepared = stages.prepare(load_profile("tiny"))
    tokens = np.asarray(prepared.corpus("heldout").tokens[:2], dtype=np.int64)
    masked = Masked(
        np.where(np.arange(tokens.shape[1]) == 3, 4, tokens), np.array([3, tokens.shape[1] + 3]), tokens[:, 3]
    )
    shown = show.hidden(prepared, masked, first=2)
    text = prepared.tokenizer.id_to_token
    assert shown.index.tolist() == [0, 1] and shown["position"].tolist() == [3, 3]
    assert shown["shown"].tolist() == [text(4)] * 2
    assert shown["to predict"].tolist() == [text(int(token)) for token in tokens[:, 3]]
