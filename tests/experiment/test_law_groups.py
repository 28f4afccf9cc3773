import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone

from scalescope.experiment.law_groups import fit_each, law_rows
from scalescope.laws import PowerLaw


@pytest.fixture
def table():
    sizes = np.repeat([1e3, 1e4, 1e5], 2)
    parts = [
        pd.DataFrame({"tokens": sizes, "y": sizes**slope, "kind": kind, "role": "ladder"})
        for kind, slope in (("a", -0.1), ("b", -0.2))
    ]
    target = pd.DataFrame({"tokens": [1e6], "y": [0.9], "kind": ["a"], "role": ["target"]})
    return pd.concat([*parts, target], ignore_index=True)


def test_each_group_has_its_law_and_the_target_is_in_none(table):
    laws = fit_each(table, PowerLaw(size="tokens", n_boot=10), y="y", by="kind", groups="tokens")
    assert {name: law.params_["slope"] for name, law in laws.items()} == pytest.approx({"a": -0.1, "b": -0.2})
    assert laws["a"].bootstrap_.kind.startswith("hierarchical")


def test_rows_hold_points_line_band_and_numbers_and_a_group_without_law_its_points(table):
    laws = fit_each(table, PowerLaw(size="tokens", n_boot=10), y="y", by="kind", groups="tokens")
    rows = law_rows(table, {"a": laws["a"]}, y="y", hue="kind")
    a, b = (rows[rows["series"] == name] for name in ("a", "b"))
    assert set(b["kind"]) == {"point"} and (a["panel"] == "").all()
    assert a.loc[a["kind"] == "legend_slope", "value"].item() == pytest.approx(-0.1)
    assert a.loc[a["kind"] == "legend_r2", "value"].item() == pytest.approx(1)
    line = a[a["kind"] == "fit_line"]
    assert (line["parameters"].min(), line["parameters"].max()) == (1e3, 1e6)
    np.testing.assert_allclose(line["value"], line["parameters"] ** -0.1)


LAW = PowerLaw(size="tokens", n_boot=0)


@pytest.mark.parametrize(
    ("change", "asked", "told"),
    [
        ({}, {"by": []}, "by must name at least one column"),
        ({}, {"groups": "sizes"}, "unknown column 'sizes'"),
        ({}, {"law": PowerLaw}, "law must be a law, such as PowerLaw"),
        ({"kind": [*"aaaaaabbbbbb", None]}, {}, "column 'kind' has 1 row.* the first at row 12"),
        ({"role": "target"}, {}, "13 rows, all of the role 'target'"),
        ({"role": [*["ladder"] * 12, "Target"]}, {}, "unknown role 'Target'; did you mean 'target'"),
        *(({"role": [*["ladder"] * 12, held]}, {}, "did you mean 'target'") for held in ("test", "held-out", "targt")),
        ({"y": "1.5"}, {}, "y must hold numbers; entry 0 is the text"),
        ({}, {"by": 3}, "unknown column 3"),
        ({}, {"by": [["kind"]]}, "one or a list of names; got"),
    ],
)
def test_groups_that_have_no_law_are_named(table, change, asked, told):
    with pytest.raises(ValueError, match=told):
        fit_each(table.assign(**change), **{"law": LAW, "y": "y", "by": "kind"} | asked)


@pytest.mark.parametrize(
    ("change", "asked", "told"),
    [
        ({}, {"y": "tokens"}, "y is 'tokens', which is the input of the law too"),
        ({"y": "1.5"}, {}, "y must hold numbers; entry 0 is the text"),
        ({"y": -1.0}, {}, "y must not be below zero .* got -1"),
        ({"y": np.nan}, {}, "y has 13 value.* not finite"),
        ({"tokens": 0.0}, {}, "tokens must be above zero"),
        ({"tokens": "1e3"}, {}, "tokens must hold numbers; entry 0 is the text"),
        ({"kind": [None, *"aaaaabbbbbba"]}, {}, "column 'kind' has 1 row"),
        ({}, {"laws": "x"}, "no law belongs to a value of kind: laws for 'x'; values 'a', 'b'"),
        ({}, {"hue": None}, "laws are given for 'a': name the columns that they go by"),
    ],
)
def test_rows_that_cannot_be_drawn_are_named(table, change, asked, told):
    law = clone(LAW).fit(table[["tokens"]], table["y"])
    asked = {"y": "y", "hue": "kind", "laws": "a"} | asked
    with pytest.raises(ValueError, match=told):
        law_rows(table.assign(**change), {asked.pop("laws"): law}, **asked)


def test_what_is_no_table_of_rows_is_named(table):
    law = clone(LAW).fit(table[["tokens"]], table["y"])
    for read in (lambda given: fit_each(given, LAW, y="y", by="kind"), lambda given: law_rows(given, law, y="y")):
        with pytest.raises(ValueError, match=r"points must be a DataFrame .* got list"):
            read([1, 2])
        with pytest.raises(ValueError, match="the table has no rows"):
            read(table.iloc[:0])
        with pytest.raises(ValueError, match="2 columns of the name 'y'"):
            read(pd.concat([table, table[["y"]]], axis=1))


def test_one_column_of_groups_may_stand_in_a_list(table):
    one, listed = (
        fit_each(table, PowerLaw(size="tokens", n_boot=10), y="y", by="kind", groups=groups)
        for groups in ("tokens", ["tokens"])
    )
    assert one["a"].intervals_ == listed["a"].intervals_


def test_other_columns_of_the_table_change_nothing(table):
    law = clone(LAW).fit(table[["tokens"]], table["y"])
    plain = law_rows(table, law, y="y")
    others = {"parameters": 3, "layers": np.nan, "aspect_ratio": [np.nan, *[2] * 12], "role": [*[None] * 12, "target"]}
    found = law_rows(table.assign(**others), law, y="y")
    own = found[(found["kind"] == "point") & (found["role"] == "ladder")]
    assert own["n_seeds"].sum() == 12, "rows without a value in another column were left out"
    lines = [rows.loc[rows["kind"] == "fit_line", ["parameters", "value"]].to_numpy() for rows in (plain, found)]
    np.testing.assert_array_equal(*lines)


def test_targets_alone_are_rows_too(table):
    law = clone(LAW).fit(table[["tokens"]], table["y"])
    rows = law_rows(table.tail(1), law, y="y")
    assert rows.loc[rows["kind"] == "point", "role"].tolist() == ["target"]
    assert rows.loc[rows["kind"] == "legend_r2", "value"].isna().all()


def test_labels_that_look_alike_roles_and_inputs_are_told(table):
    law = PowerLaw(size="tokens", n_boot=0)
    with pytest.raises(ValueError, match="'kind' has the labels 'a' and 'a ': are they one group"):
        fit_each(table.assign(kind=["a", "a "] * 6 + ["a"]), law, y="y", by="kind")
    with pytest.raises(ValueError, match="'tokens', which is an input of the law"):
        fit_each(table, law, y="tokens", by="kind")
    fitted = fit_each(table, law, y="y", by="kind")
    with pytest.raises(ValueError, match="unknown role 'tagret'; did you mean 'target'"):
        law_rows(table.replace({"role": {"target": "tagret"}}), fitted, y="y", hue="kind")
