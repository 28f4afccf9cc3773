"""Labels of groups: none is missing, and labels that differ in their type only are no two groups in silence."""

import numpy as np
import pandas as pd
import pytest

from scalescope.laws import PowerLaw
from scalescope.laws.labels import labels

SIZES = np.array([1e4, 3e4, 1e5, 3e5, 1e6, 3e6])
Y = 5 * SIZES**-0.1


@pytest.mark.parametrize("missing", [None, float("nan"), pd.NA, pd.NaT])
def test_a_missing_label_of_any_type_is_refused(missing):
    with pytest.raises(ValueError, match=r"missing label.*entry 2"):
        PowerLaw(n_boot=10).fit(SIZES, Y, groups=np.array(["a", "b", missing, "c", "d", "e"], dtype=object))


@pytest.mark.parametrize("unit", ["datetime64[D]", "datetime64[ns]", "timedelta64[ns]"])
def test_a_missing_date_or_duration_is_refused_in_every_unit(unit):
    days = np.array([1, 1, 2, 2, 3, 3]).astype("timedelta64[D]").astype(unit.replace("datetime", "timedelta"))
    groups = days if unit.startswith("time") else np.datetime64("2026-01-01") + days
    assert groups.dtype == unit and PowerLaw(n_boot=10).fit(SIZES, Y, groups=groups).intervals_
    groups[2] = "NaT"
    with pytest.raises(ValueError, match=r"missing label.*entry 2"):
        PowerLaw(n_boot=10).fit(SIZES, Y, groups=groups)


def test_labels_of_several_types_are_groups():
    law = PowerLaw(n_boot=10).fit(
        np.repeat(SIZES, 2), np.repeat(Y, 2), groups=[1, 1, "a", "a", 2, 2, "b", "b", 3, 3, 4, 4]
    )
    assert law.seeds_ == "2 per group, 6 groups"


MIXED = [1, "1", 2, 2, 3, 3]


@pytest.mark.parametrize("given", [MIXED, tuple(MIXED), pd.Series(MIXED), np.array(MIXED, dtype=object)])
def test_labels_that_differ_in_their_type_only_are_refused(given):
    told = r"groups has the labels 1 \(entry 0\) and '1' \(entry 1\), of the types int and str: are they one group"
    with pytest.raises(ValueError, match=told):
        PowerLaw(n_boot=10).fit(SIZES, Y, groups=given)
    with pytest.raises(ValueError, match=told):
        labels(np.array([[0] * 6, list(given)], dtype=object).T, 6)


def test_labels_of_one_type_are_numbered_alike_in_any_container():
    for given in ([7, 7, 3], (7, 7, 3), np.array([7.0, 7, 3]), pd.Series(["b", "b", "a"]), ["b", "b", "a"]):
        assert labels(given, 3).tolist() == [1, 1, 0]
    assert labels([1, 1.0, "a"], 3).tolist() == [0, 0, 1]
    with pytest.raises(ValueError, match=r"groups must hold one label per point; entry 0 is \[1, 2\]"):
        labels([[1, 2], [3]], 2)
