"""Reported numbers against ours: digits, intervals, what stands beside them."""

import numpy as np
import pandas as pd
import pytest

from scalescope.papers.published import PAPERS
from scalescope.papers.reference import compare, errata, reference, side_by_side, summary


def reported(*values):
    rows = [("q", str(k), "printed", value, "results/x") for k, value in enumerate(values)]
    return pd.DataFrame(rows, columns=["quantity", "setting", "kind", "reported", "where_reported"])


def ours(*values):
    return pd.DataFrame({"quantity": "q", "setting": [str(k) for k in range(len(values))], "ours": values})


def test_agreement_is_to_the_last_digit_reported():
    table = compare(
        reported("1.25", "1.25", "100.0", "2.7e-06", "634773"), ours(1.2549, 1.2551, 99.96, 2.68e-6, 634555.0)
    )
    assert table["agrees"].tolist() == [True, False, True, True, False]


def test_a_number_we_do_not_have_is_no_agreement_and_notes_are_for_what_differs():
    table = compare(reported("1.0", "2.0", "3.0"), ours(1.0, 2.4), {"q . 1": "why"})
    assert table["agrees"].tolist() == [True, False, None] and table["note"].tolist() == ["", "why", ""]
    assert summary(table)[["to_every_digit", "differ", "without_ours", "all"]].to_numpy().tolist() == [[1, 1, 1, 3]]


def test_two_numbers_of_ours_for_one_are_refused():
    with pytest.raises(ValueError, match="two numbers of ours"):
        compare(reported("1.0"), pd.concat([ours(1.0), ours(2.0)]))


@pytest.mark.parametrize("paper", PAPERS)
def test_every_reported_number_is_read(paper):
    table = reference(paper)
    assert np.isfinite(table["reported"].astype(float)).all()
    assert set(table["kind"]) <= {"printed", "authors' code", "other optimum"}


def test_intervals_and_uncertainties_are_rows_of_their_own():
    table = reference("besiroglu2024").set_index(["quantity", "setting"])["reported"]
    assert table["A 95% percentile interval; low", "4000 bootstrap resamples"] == "285.214"
    assert table["likelihood ratio statistic; p", "245 points"] == "3.23e-17"


def test_side_by_side_has_the_authors_code_where_it_reproduces_the_print():
    rows = reported("1.5").assign(where_reported="results/tab1.txt; reproduced by a rerun of the authors' code")
    assert side_by_side(compare(rows, ours(1.5)), "q").iloc[0].tolist() == ["q", "0", "1.5", "1.5", "1.5"]


@pytest.mark.parametrize("paper", PAPERS)
def test_errata_are_complete(paper):
    table = errata(paper)
    assert list(table.columns) == ["item", "where", "printed", "recomputed", "explanation"]
    assert table["item"].is_unique and (table[["where", "explanation"]] != "").all(axis=None)
