import pandas as pd
import pytest

from scalescope import files, paths
from scalescope.errors import UnknownName
from scalescope.papers.ivgi2022 import law_tables as station
from scalescope.papers.ivgi2022.claims.agreement import agreement
from scalescope.papers.ivgi2022.fits import fit_laws
from scalescope.papers.ivgi2022.law_tables import (
    beside,
    claims_by_seed,
    collect_claims,
    law_tables,
    source_tables,
    stops,
    write_law_tables,
)
from scalescope.workflow import study
from scalescope.workflow.check import run_check

BOOT = 20


@pytest.fixture
def project(tmp_path, monkeypatch):
    """An empty project folder that has the paper's facts."""
    published = paths.published("ivgi2022")
    monkeypatch.setenv("SCALESCOPE_ROOT", str(tmp_path))
    paths.published("ivgi2022").parent.mkdir(parents=True)
    paths.published("ivgi2022").symlink_to(published)
    return tmp_path


@pytest.mark.parametrize("there", ["campaign", "tasks"])
def test_a_folder_without_the_tables_that_laws_need_says_how_to_make_them(project, there):
    files.write_table(paths.results("mine") / f"{there}.csv", pd.DataFrame({"task": ["squad"]}))
    with pytest.raises(
        FileNotFoundError, match=rf"mine has no points.csv \(it has {there}\): run `make reproduce PROF"
    ):
        source_tables("mine")


def test_the_files_hold_the_tables_of_the_published_points(project):
    tables = source_tables("published")
    names = write_law_tables("published", tables, fit_laws(tables, n_boot=BOOT))
    folder = paths.results("published") / "ivgi2022"
    assert sorted(path.name for path in folder.iterdir()) == sorted(names)
    assert {"table7.csv", "claims.csv", "selection.csv", "compute.csv", "diagnosis.csv", "cards.md"} <= set(names)
    assert pd.read_csv(folder / "table2.csv").iloc[0].tolist() == ["SQuAD 1.1", 0.998, 0.006, 0.995]
    assert "### SQuAD 1.1, MLM, with HPT" in (folder / "cards.md").read_text()
    both = beside("table2", "published")
    assert (both["r2"] == both["r2_live"]).all()
    claims = collect_claims()
    assert set(claims["source"]) == {"published"} and (paths.results("x").parent / "claims.csv").is_file()
    assert agreement(claims)["id"].tolist() == [f"C{n}" for n in range(1, 14)]


def test_a_live_source_may_lack_curves_and_finetuning_runs(project):
    tables = source_tables("published")
    tables = {name: tables[name] for name in ("points", "pretrain", "tasks")}
    made = law_tables("mine", tables, fit_laws(tables, n_boot=BOOT))
    assert made["stopping"].empty
    verdict = made["claims"].set_index("id")["verdict"]
    assert verdict["C10"] == "not testable" and verdict["C1"] == "holds"


@pytest.mark.parametrize("curves", [None, pd.DataFrame(), pd.DataFrame({"split": ["train"], "objective": ["mlm"]})])
def test_curves_without_a_held_out_loss_stop_nowhere(curves):
    found = stops("mine", curves)
    assert found.empty and "objective" in found


def test_each_pretraining_seed_is_judged_alone_and_compared_with_the_other(project):
    tables = source_tables("published")
    tables = {name: tables[name] for name in ("points", "pretrain", "tasks")}
    made = law_tables("mine", tables, fit_laws(tables, n_boot=BOOT))
    assert "claims_by_seed" not in made
    whole = {
        "points": tables["points"].assign(pretrain_seed=7.0),
        "pretrain": tables["pretrain"].assign(pretrain_seed=7),
    }
    spoiled = {name: table.assign(pretrain_seed=9) for name, table in whole.items()}
    spoiled["points"] = spoiled["points"][spoiled["points"]["role"] == "ladder"].assign(error=0.3)
    both = {name: pd.concat([whole[name], spoiled[name]], ignore_index=True) for name in whole}
    claims = claims_by_seed("mine", both, BOOT)
    first, second = "mine, pretraining seed 7", "mine, pretraining seed 9"
    assert claims["source"].value_counts().to_dict() == {first: 13, second: 13}
    assert claims[claims["source"] == first]["verdict"].tolist() == made["claims"]["verdict"].tolist()
    table = agreement(claims).set_index("id")
    assert table.loc["C1", [first, second]].tolist() == ["holds", "holds"], "of pretraining, which is the same"
    assert not table["agree"].all(), "no law of the error is left in the second"


def test_results_that_are_not_there_are_named(project):
    with pytest.raises(FileNotFoundError, match="scalescope study"):
        beside("table2", "quick")
    with pytest.raises(FileNotFoundError, match="no claims"):
        collect_claims()
    with pytest.raises(ValueError, match="unknown source 'quik'"):
        list(study.remake(["quik"]))
    assert study.available_sources() == ["published"]


def test_no_other_profile_takes_the_place_of_a_mistyped_one(project):
    assert station.live_source("smoke") == "quick"
    paths.profile_file("mine").parent.mkdir()
    paths.profile_file("mine").write_text("")
    with pytest.raises(UnknownName, match="unknown profile 'thorogh'"):
        station.live_source("thorogh")
    with pytest.raises(FileNotFoundError, match=r"no tables of the profile 'mine': run `make reproduce PROFILE=mine`"):
        station.live_source("mine")
    paths.results("mine").mkdir(parents=True)
    (paths.results("mine") / "points.csv").write_text("")
    assert station.live_source("mine") == station.live_source("some/mine.yaml") == "mine"


def test_an_unknown_check_is_refused():
    with pytest.raises(ValueError, match="did you mean 'ivgi2022'"):
        run_check("ivgi22")
