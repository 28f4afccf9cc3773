"""Gemstones: every printed objective and approach 1 to all digits, and optima that lie below what is printed."""

import numpy as np
import pandas as pd
import pytest
from published_data import table

from scalescope import paths
from scalescope.papers.gemstones2025 import fits as study
from scalescope.papers.gemstones2025 import reported
from scalescope.papers.reference import reference

TABLES = paths.results("published") / "gemstones2025"
HEADLINE = ("hot_100b+", study.SIZE, 1e-3)


@pytest.fixture(scope="module")
def data():
    return table("gemstones2025")


@pytest.fixture(scope="module")
def committed():
    return pd.read_csv(TABLES / "fits.csv"), pd.read_csv(TABLES / "comparison.csv", dtype={"reported": str})


@pytest.fixture(scope="module")
def printed(committed):
    return reported.theirs(reference("gemstones2025"), committed[0])


def test_every_printed_objective_is_met_to_its_last_digit_at_the_printed_symbols(data, printed):
    rows = reference("gemstones2025").query("quantity == @reported.PRINTED").set_index("setting")["reported"]
    assert len(printed) == len(rows) == 10
    for (selection, law, delta), symbols in printed.items():
        text = rows[reported.setting(selection, law, delta)]
        ours = study.objective(data, selection, law, delta, symbols)
        assert f"{ours:.10f}".rstrip("0") == text, (selection, law, delta)


def test_our_optimum_is_below_what_is_printed_and_the_committed_one(data, committed, printed):
    fitted = study.fit(data, *HEADLINE)
    at_theirs = study.objective(data, *HEADLINE, printed[HEADLINE])
    assert fitted.objective_ < at_theirs
    assert study.objective(data, *HEADLINE, study.symbols(fitted.params_, study.SIZE)) == pytest.approx(
        fitted.objective_, rel=1e-12
    )
    known = committed[0].set_index(["selection", "law", "delta", "symbol"])["value"]
    for name, value in study.symbols(fitted.params_, study.SIZE).items():
        assert known[(*HEADLINE, name)] == pytest.approx(value, rel=1e-6)
        assert printed[HEADLINE][name] == pytest.approx(value, rel=3e-4)  # digits beyond are those of an early stop


def test_every_committed_optimum_is_below_the_printed_one():
    rows = pd.read_csv(TABLES / "objectives.csv")
    assert len(rows) == 10 and (rows["optimum"] < rows["at_printed_symbols"]).all()
    assert rows["gain_percent"].between(0, 1).all()


def test_where_l_bfgs_stops_depends_on_its_start():
    stops = pd.read_csv(TABLES / "stops.csv")
    assert stops["success"].all() and (stops["above"] > 0).all()
    assert stops["above"].max() > 1 and stops["beta"].nunique() > 6


def test_approach_1_is_the_authors_to_twelve_digits(data):
    line = study.hull(data, "cool_end").frontier()
    rows = reference("gemstones2025").query("setting == 'cool_end, approach 1'").set_index("quantity")["reported"]
    for name in ("a", "b", "log_n", "log_d"):
        assert getattr(line, name) == pytest.approx(float(rows[name]), rel=2e-12)


def test_whatever_differs_has_its_reason(committed):
    compared = committed[1]
    differing = compared[compared["agrees"].astype(str) != "True"]
    assert differing["note"].notna().all()
    assert set(compared.loc[compared["agrees"].astype(str) == "True", "quantity"]) == {
        reported.PRINTED,
        "a",
        "b",
        "log_n",
        "log_d",
    }


def test_width_and_depth_explain_what_parameters_leave(committed):
    rows = pd.read_csv(TABLES / "residuals.csv")
    spread = rows.groupby("law")["residual"].apply(lambda r: float(np.sqrt(np.mean(r**2))))
    assert spread[study.SHAPE] < 0.5 * spread[study.SIZE]
