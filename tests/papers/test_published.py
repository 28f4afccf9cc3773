"""Published files: found, checked, asked for in a clear way; and their tables."""

import shutil

import numpy as np
import pandas as pd
import pytest
from published_data import folder, reference, table

from scalescope import paths
from scalescope.papers import published
from scalescope.papers.fetch import sources
from scalescope.papers.gadre2024 import data as gadre2024
from scalescope.tables import COLUMNS


@pytest.fixture
def empty(tmp_path, monkeypatch):
    """A cache without a single file."""
    monkeypatch.setenv("SCALESCOPE_CACHE", str(tmp_path))
    return tmp_path


@pytest.mark.parametrize("paper", published.PAPERS)
def test_without_files_the_message_tells_which_where_and_how(paper, empty):
    assert not published.here(paper)
    with pytest.raises(published.MissingData) as error:
        published.load(paper, download=False)
    first = sources(paper).iloc[0]
    for told in (first["file"], first["url"], str(empty), "SCALESCOPE_CACHE", f"scalescope published {paper}"):
        assert told in str(error.value)


def test_without_a_network_the_message_is_the_same(empty):
    def broken(url, output_file, pooch):
        raise ConnectionError("no route to the moon")

    with pytest.raises(published.MissingData, match="no route to the moon") as error:
        published.fetch("besiroglu2024", downloader=broken)
    assert "SCALESCOPE_CACHE" in str(error.value)


def test_a_file_that_is_not_the_published_one_is_refused(empty):
    def forged(url, output_file, pooch):
        with open(output_file, "w") as file:
            file.write("parameters,loss\n1,1\n")

    with pytest.raises(published.MissingData, match=r"chinchilla_points\.csv"):
        published.fetch("besiroglu2024", downloader=forged)
    assert not published.here("besiroglu2024")


def test_an_unknown_paper_is_told_the_nearest():
    with pytest.raises(ValueError, match="'gadre2024'"):
        published.load("gadre2042")


def test_a_mirror_is_used_as_it_is_and_a_cache_gets_a_folder(empty):
    assert paths.published_cache("lin2024") == empty / "published"
    (empty / "lin2024").mkdir()
    assert paths.published_cache("lin2024") == empty
    assert paths.published_cache("gadre2024") == empty / "published"


def test_a_damaged_copy_counts_as_missing(empty):
    table("lin2024")  # skips without the files
    shutil.copytree(folder("lin2024") / "lin2024", empty / "lin2024", copy_function=shutil.copyfile)
    (empty / "lin2024").chmod(0o755)
    assert published.here("lin2024")
    with open(empty / "lin2024" / "flan.csv", "a") as file:
        file.write("\n")
    with pytest.raises(published.MissingData, match=r"1 of 3 .*lin2024/flan\.csv"):
        published.load("lin2024", download=False)


def test_every_source_has_an_address_and_a_hash():
    for paper in published.PAPERS:
        rows = sources(paper)
        assert rows["url"].str.startswith("https://raw.githubusercontent.com/").all()
        assert rows["sha256"].str.fullmatch("[0-9a-f]{64}").all()


@pytest.mark.parametrize("paper", published.PAPERS)
def test_tables_are_tidy(paper):
    data = table(paper)
    assert list(data.columns) == COLUMNS[paper]
    assert not data.drop(columns=["low", "high", "chance"], errors="ignore").isna().any(axis=None)


def test_gadre_has_104_models_8_losses_and_46_errors_and_their_averages():
    data = table("gadre2024")
    values = dict(
        zip(
            reference("gadre2024")["quantity"] + reference("gadre2024")["setting"],
            reference("gadre2024")["value"],
            strict=True,
        )
    )
    assert data["name"].nunique() == int(values["number of modelstestbed"])
    counts = data.groupby("quantity")["evaluation"].nunique()
    assert counts.to_dict() == {"error": 48, "loss": 8}
    assert (data["tokens"] == (data["token_multiplier"] * data["parameters"]).round()).all()
    average = data[(data["evaluation"] == "avg_subset") & (data["name"] == "rpj-open_lm_7b-1.0")]["value"].item()
    assert average == pytest.approx(0.47163718, abs=1e-8)
    losses = data[data["quantity"] == "loss"]
    assert losses["value"].between(losses["low"], losses["high"]).all()


def test_gadre_random_guess_is_the_authors():
    chance = table("gadre2024").drop_duplicates("evaluation").set_index("evaluation")["chance"]
    assert chance["avg"] == pytest.approx(0.75) and chance["avg_subset"] == pytest.approx(0.80882353, abs=1e-8)
    assert set(gadre2024.SUBSET) <= set(chance.index)


def test_lin_has_90_curves_of_15_sizes():
    data = table("lin2024")
    curves = data.pivot(index=["dataset", "model"], columns="examples", values="loss")
    assert curves.shape == (90, 15)
    assert list(curves.columns) == [0, *(200 * 2**k for k in range(14))]
    assert curves.loc[("flan", "MBZUAI/LaMini-GPT-124M"), 200] == 4.247949918


def test_besiroglu_has_245_runs_with_tokens_from_compute():
    data = table("besiroglu2024")
    assert len(data) == 245
    np.testing.assert_allclose(6 * data["parameters"] * data["tokens"], data["flops"], rtol=1e-12)
    assert isinstance(data, pd.DataFrame) and data["loss"].max() == pytest.approx(5.0056, abs=1e-4)


def test_gemstones_are_three_selections_of_22_models():
    data = table("gemstones2025")
    assert data["selection"].value_counts().to_dict() == {"hot_100b+": 770, "hot": 220, "cool_end": 199}
    assert data["name"].nunique() == 22 and data["loss"].between(2, 5).all()
    hot, long = (data[data["selection"] == name].set_index(["name", "tokens"])["loss"] for name in ("hot", "hot_100b+"))
    assert hot.index.isin(long.index).all() and (long.loc[hot.index] == hot).all()


def test_alabdulmohsin_has_four_domains_and_reads_every_row_once():
    data = table("alabdulmohsin2022")
    curves = data.drop_duplicates(["domain", "task", "model"])
    assert curves["domain"].value_counts().to_dict() == {"IC": 72, "BB": 10, "NMT": 5, "LM": 5}
    assert len(data) == 19_595 and set(data["role"]) == {"fit", "test"}
