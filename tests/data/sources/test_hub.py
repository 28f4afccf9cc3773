"""The hub source, fed by `datasets` from local JSON in place of the network."""

import json
import sys

import numpy as np
import pytest

from scalescope.data.sources import hub
from scalescope.data.sources.base import Source
from scalescope.data.sources.hub import DATA_SETS, REVISIONS, WIKIPEDIA, Hub, load_from_hub
from scalescope.data.sources.open import open_source
from scalescope.data.tasks.rows import load_rows
from scalescope.data.tasks.spec import TASKS, task
from scalescope.errors import BadInput, UnknownName

ANSWERS = {"text": ["blue"], "answer_start": [11]}
ROWS = {
    "squad": {"id": "q1", "title": "Sky", "context": "The sky is blue.", "question": "Which?", "answers": ANSWERS},
    "squad_v2": {"id": "q1", "title": "Sky", "context": "The sky is blue.", "question": "Which?", "answers": ANSWERS},
    "mnli": {"premise": "a", "hypothesis": "b", "label": 2, "idx": 0},
    "qnli": {"question": "a", "sentence": "b", "label": 1, "idx": 0},
    "sst2": {"sentence": "a", "label": 1, "idx": 0},
    "cola": {"sentence": "a", "label": 0, "idx": 0},
    "mrpc": {"sentence1": "a", "sentence2": "b", "label": 1, "idx": 0},
    "boolq": {"question": "a", "passage": "b", "answer": True},
    "race": {"example_id": "high1", "article": "a", "question": "b", "options": list("wxyz"), "answer": "C"},
}


@pytest.fixture
def local(tmp_path, monkeypatch):
    """A loader that reads JSON lines written for the asked data set, and the list of what was asked."""
    monkeypatch.setenv("HF_DATASETS_OFFLINE", "1")
    datasets = pytest.importorskip("datasets")
    asked = []

    def write(rows):
        def load(path, name, split, streaming):
            asked.append((path, name, split, streaming))
            file = tmp_path / f"{len(asked)}.json"
            file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
            return datasets.load_dataset(
                "json",
                data_files={split: str(file)},
                split=split,
                streaming=streaming,
                cache_dir=str(tmp_path / "cache"),
            )

        return load

    write.asked = asked
    return write


@pytest.mark.parametrize("name", list(TASKS))
def test_rows_pass_the_shared_check(local, name):
    source = open_source("hub", load=local([ROWS[name]] * 3))
    assert isinstance(source, Source)
    rows = load_rows(source, task(name), "validation")
    kept = ("id", *task(name).required)
    assert rows == [{field: ROWS[name][field] for field in kept if field in ROWS[name]}] * 3
    split = "validation_matched" if name == "mnli" else "validation"
    assert local.asked == [(*DATA_SETS[name], split, False)]


def test_a_fault_names_the_data_set(local):
    with pytest.raises(BadInput, match=r"nyu-mll/glue \(cola\), train, line 1: unknown label -1"):
        load_rows(Hub(load=local([{"sentence": "a", "label": -1}])), task("cola"), "train")


def test_a_quarter_of_mnli(local):
    rows = [{"premise": str(index), "hypothesis": "b", "label": index % 3} for index in range(41)]
    kept = [int(row["premise"]) for row in Hub(seed=3, load=local(rows)).rows("mnli", "train")]
    assert len(kept) == 10
    assert kept == sorted(set(kept))
    assert kept == [int(row["premise"]) for row in Hub(seed=3, load=local(rows)).rows("mnli", "train")]
    assert kept != [int(row["premise"]) for row in Hub(seed=4, load=local(rows)).rows("mnli", "train")]
    assert len(Hub(load=local(rows)).rows("mnli", "validation")) == 41
    assert int(0.25 * 392_702) == task("mnli").paper_train


def test_articles_are_split_by_id(local):
    long = "one two three four five six seven eight nine"
    rows = [{"id": str(index), "text": f"{long} {index}.\n\nSee also\n\n{long}"} for index in range(1500)]
    source = Hub(load=local(rows))
    train, heldout = list(source.articles("train")), list(source.articles("heldout"))
    assert len(train) + len(heldout) == 1500
    assert 1 <= len(heldout) <= 25
    assert not {article[0] for article in train} & {article[0] for article in heldout}
    assert all(len(article) == 2 for article in train)
    assert local.asked[0] == (*WIKIPEDIA, "train", True)


def test_settings_enter_the_fingerprint_of_what_they_change():
    hubs = Hub(), Hub(seed=1), Hub(mnli_share=0.5)
    assert Hub(seed=0).task_fingerprint("mnli") == hubs[0].task_fingerprint("mnli")
    assert len({hub.task_fingerprint("mnli") for hub in hubs}) == 3
    assert len({hub.task_fingerprint("sst2") for hub in hubs}) == len({hub.corpus_fingerprint for hub in hubs}) == 1
    with pytest.raises(UnknownName, match="sst2"):
        Hub().task_fingerprint("sst")


def test_a_failed_download_is_named():
    def load(path, name, split, streaming):
        raise ConnectionError("no route")

    with pytest.raises(BadInput, match=r"'rajpurkar/squad', split 'train', could not be loaded: no route"):
        Hub(load=load).rows("squad", "train")


def test_missing_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "datasets", None)
    with pytest.raises(ImportError, match=r"scalescope\[hub\]"):
        load_from_hub("google/boolq", None, "train", False)


def test_revisions_are_pinned_and_part_of_the_fingerprint(monkeypatch):
    datasets = pytest.importorskip("datasets")
    assert {path for path, _ in (WIKIPEDIA, *DATA_SETS.values())} == set(REVISIONS)
    asked = []
    monkeypatch.setattr(datasets, "load_dataset", lambda *words, **named: asked.append((words, named)) or [{}])
    for path, name in (WIKIPEDIA, *DATA_SETS.values()):
        load_from_hub(path, name, "train", False)
    for (path, _), named in asked:
        assert named == {"split": "train", "streaming": False, "revision": REVISIONS[path]}
    with pytest.raises(UnknownName, match="unknown hub data set 'glue'; did you mean"):
        load_from_hub("glue", "sst2", "train", False)
    text, rows = Hub().corpus_fingerprint, Hub().task_fingerprint("sst2")
    monkeypatch.setitem(hub.REVISIONS, "nyu-mll/glue", "0" * 40)
    assert Hub().task_fingerprint("sst2") != rows and Hub().corpus_fingerprint == text
    monkeypatch.setitem(hub.REVISIONS, hub.WIKIPEDIA[0], "0" * 40)
    assert Hub().corpus_fingerprint != text


def test_an_old_package_is_refused(monkeypatch):
    datasets = pytest.importorskip("datasets")
    monkeypatch.setattr(datasets, "__version__", "3.6.0")
    with pytest.raises(ImportError, match=r"needs datasets>=4, .* this is 3\.6\.0"):
        load_from_hub("google/boolq", None, "train", False)


def test_unknown_task():
    with pytest.raises(UnknownName, match="did you mean 'mnli'"):
        Hub(load=lambda *asked: []).rows("mnlii", "train")
    with pytest.raises(ValueError, match="seed -1 of the source 'hub' is below 0"):
        Hub(seed=-1)
    with pytest.raises(ValueError, match="mnli_share 0"):
        Hub(mnli_share=0)
    assert np.isclose(Hub().mnli_share, 0.25)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"mnli_share": "0.25"}, "mnli_share '0.25' lies outside"),
        ({"mnli_share": True}, "mnli_share True lies outside"),
        ({"seed": "0"}, "seed '0' of the source 'hub' is no whole number"),
        ({"load": 3}, "load of the source 'hub' must be a function; got 3"),
    ],
)
def test_settings_of_another_type_are_named(given, told):
    with pytest.raises(ValueError, match=told):
        Hub(**given)
