import numpy as np
import pandas as pd
import pytest

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
