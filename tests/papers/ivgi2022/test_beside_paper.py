"""Our models beside the paper's of the same size: what is compared, and what is said to be the same."""

import numpy as np
import pandas as pd
import pytest

from scalescope.errors import UnknownName
from scalescope.papers.ivgi2022 import figures
from scalescope.papers.ivgi2022.beside_paper import COLUMNS, beside_paper, by_task, train_shares
from scalescope.papers.ivgi2022.data import published_points, published_tasks
from scalescope.papers.ivgi2022.fits import fit_laws


def ours(**changes) -> pd.DataFrame:
    """Three sizes of the paper, SST-2 and MNLI, two seeds each."""
    rows = []
    for layers in (1, 2, 3):
        size = 12 * layers * (32 * layers) ** 2
        for task, error in (("sst2", 0.25), ("mnli", 0.6)):
            rows += [("mlm", "with", task, "ladder", 32, layers, size, seed, error + 0.01 * seed) for seed in (0, 1)]
    names = ["objective", "hpt", "task", "role", "aspect_ratio", "layers", "parameters", "seed", "error"]
    return pd.DataFrame(rows, columns=names).assign(value_se=0.0, **changes)


def of_tasks() -> pd.DataFrame:
    table = published_tasks()[["task", "metric", "train", "eval"]].copy()
    return table.assign(train=table["train"].where(table["task"] == "sst2", table["train"] // 10))


def test_the_papers_points_are_themselves():
    found = beside_paper(published_points(), published_tasks())
    assert list(found) == COLUMNS and len(found) == 162
    np.testing.assert_allclose(found["difference"], 0, atol=1e-12)
    assert found[["same_train", "same_eval"]].all(axis=None)


def test_only_sizes_of_the_paper_are_compared_and_sets_are_told_by_their_rows():
    found = beside_paper(ours(), of_tasks())
    assert found["task"].tolist() == ["mnli"] * 3 + ["sst2"] * 3, "in the order of the paper"
    assert found["parameters"].tolist() == [12288, 98304, 331776] * 2
    sst2 = found[found["task"] == "sst2"]
    assert sst2["same_train"].all() and not found["same_train"][:3].any() and found["same_eval"].all()
    assert sst2["error"].tolist() == pytest.approx([0.255] * 3)
    assert sst2["difference"].iloc[0] == pytest.approx(0.255 - 0.206193, abs=1e-6)
    assert sst2["error_scratch"].isna().all()
    assert beside_paper(ours(aspect_ratio=16), of_tasks()).empty, "another shape of the same size is another model"
    assert beside_paper(ours(hpt="without"), of_tasks()).empty
    assert len(beside_paper(ours(source="files"), of_tasks())) == 6
    assert beside_paper(ours(source="microworld"), of_tasks()).empty, "its tasks are twins of the paper's"


def test_the_control_stands_in_its_own_column():
    scratch = ours()[["objective", "task", "parameters"]].drop_duplicates().assign(error_scratch=0.5)
    assert (beside_paper(ours(), of_tasks(), scratch)["error_scratch"] == 0.5).all()


def test_a_row_per_task_says_what_is_the_same():
    found = by_task(beside_paper(ours(), of_tasks()))
    assert list(found) == ["task", "train rows", "validation rows", "12,288", "98,304", "331,776", "no pretraining"]
    assert found.iloc[1].tolist()[:4] == ["SST-2", "same", "same", "0.255 (0.206)"]
    assert found.iloc[0].tolist()[:3] == ["MNLI", "10 %", "same"] and found.iloc[0].iloc[-1] == "–"


def test_an_objective_that_was_not_trained_has_no_empty_table():
    with pytest.raises(UnknownName, match=r"'pmi'.*did you mean 'mlm'"):
        by_task(beside_paper(ours(), of_tasks()), "pmi")


def test_titles_of_the_figure_tell_how_many_train_rows_are_the_papers():
    published = published_points()
    laws, theirs = (fit_laws({"points": table}, n_boot=0) for table in (ours(), published))
    data = figures.fig_both_data(ours(), laws, published, theirs, train_shares(of_tasks()))
    titles = [ax.get_title(loc="left") for ax in figures.draw_fig_both(data).axes]
    assert titles[3] == "SST-2, same rows" and titles[1] == "MNLI, 10 % of rows"
    assert "train_share" not in figures.fig_both_data(ours(), laws, published, theirs)
