"""Progress in a notebook: one output, updated in place, that nothing is left of in what git keeps."""

from functools import partial

import pytest

from scalescope.experiment import bar as bars
from scalescope.experiment import progress


class Shown:
    """What a notebook was told to display: each output with all its states."""

    def __init__(self):
        self.outputs: list[list[str]] = []
        self.marks: list[dict] = []

    def __call__(self, data, *, raw, metadata, display_id):
        self.outputs.append([])
        at, shown = len(self.outputs) - 1, self

        class Handle:
            def update(self, data, *, raw, metadata):
                shown.outputs[at].append(data["text/html"])
                shown.marks.append(metadata)

        Handle().update(data, raw=raw, metadata=metadata)
        return Handle()


@pytest.fixture
def shown(monkeypatch) -> Shown:
    found = Shown()
    monkeypatch.setattr("IPython.display.display", found)
    monkeypatch.setattr(progress, "bar", partial(bars.NotebookBar, disable=False))  # whatever TQDM_DISABLE says
    return found


def test_a_training_is_one_output_with_a_bar_and_at_the_end_a_line(shown, capsys):
    tell = progress.steps("ar8-l2 mlm")
    tell(0, 60, float("nan"))
    tell(60, 60, 5.287)
    (states,) = shown.outputs
    assert "value='0' max='60'" in states[0] and "loss" not in states[0]
    assert "<progress" not in states[-1] and "60 of 60, loss 5.287" in states[-1]
    assert all(mark == bars.MARK for mark in shown.marks)
    assert capsys.readouterr() == ("", "")


def test_what_is_being_worked_on_stands_beside_the_bar(shown):
    tell = progress.items("tasks", ["sst2", "cola"])
    tell("sst2", None)
    tell("sst2", 0.75)
    tell("cola", None)
    first, last = shown.outputs[0][0], shown.outputs[0][-1]
    assert "value='0' max='2'" in first and "0 of 2, sst2" in first
    assert len(shown.outputs) == 1 and "value='2'" not in last


def test_what_an_item_came_to_is_said_in_its_own_words(shown):
    progress.items("barnett2024", ["stage 1"])("stage 1", "12 runs")
    assert "1 of 1, stage 1, 12 runs" in shown.outputs[0][-1]


def test_parts_without_a_known_number_are_a_line(shown):
    tell = progress.parts()
    tell("encoding the text", "tokenizer", 0, 5)
    tell("encoding the tasks", "RACE <b>", 0, 0)
    assert "0 of 5, tokenizer" in shown.outputs[0][-1]
    assert "<progress" not in shown.outputs[1][-1] and "encoding the tasks, RACE &lt;b&gt;" in shown.outputs[1][-1]


def test_a_remark_is_an_output_that_git_does_not_keep_and_on_a_terminal_a_line(monkeypatch, capsys):
    bars.remark("not sealed")
    assert capsys.readouterr() == ("", "not sealed\n")
    seen = []
    monkeypatch.setattr(bars, "in_notebook", lambda: True)
    monkeypatch.setattr("IPython.display.display", lambda data, **how: seen.append((data, how)))
    bars.remark("2 < 3")
    ((data, how),) = seen
    assert data == {"text/html": "<div>2 &lt; 3</div>", "text/plain": "2 < 3"} and how["metadata"] == bars.MARK
    assert capsys.readouterr() == ("", "")


def test_nothing_is_shown_where_bars_are_off(shown):
    bar = bars.NotebookBar(total=2, disable=True)
    bar.update(2)
    bar.close()
    assert not shown.outputs


def test_elsewhere_it_is_the_bar_of_a_terminal(capsys):
    assert not bars.in_notebook()
    bar = bars.bar(total=2, desc="what", disable=False)
    bar.update(2)
    bar.close()
    assert "what" in capsys.readouterr().err


def test_names_are_told_one_after_the_other_in_a_notebook_only(shown, monkeypatch):
    assert list(progress.each("tables", ["a", "b"])) == ["a", "b"] and not shown.outputs
    monkeypatch.setattr(progress, "in_notebook", lambda: True)
    assert list(progress.each("tables", ["a", "b"])) == ["a", "b"]
    assert "0 of 2, a" in shown.outputs[0][0] and "2 of 2, b" in shown.outputs[0][-1]
