import pandas as pd

from scalescope import paths
from scalescope.pipeline.law_tables import law_tables, write_law_tables
from scalescope.studies.ivgi2022_published import published_points, published_pretrain, published_tasks

TABLES = {"points": published_points(), "pretrain": published_pretrain(), "tasks": published_tasks()}


def test_the_files_hold_the_tables_of_the_published_points(tmp_path, monkeypatch):
    monkeypatch.setenv("SCALESCOPE_ROOT", str(tmp_path))
    names = write_law_tables("somewhere", TABLES, n_boot=50)
    folder = paths.results("somewhere") / "ivgi2022"
    assert sorted(path.name for path in folder.iterdir()) == sorted(names)
    made = law_tables(TABLES, n_boot=50)
    assert list(pd.read_csv(folder / "table2.csv").columns) == list(made["table2"].columns)
    assert pd.read_csv(folder / "table2.csv").iloc[0].tolist() == ["SQuAD 1.1", 0.998, 0.006, 0.995]
    assert set(made["fits"]["task"]) == set(TABLES["points"]["task"])
