import numpy as np
import pandas as pd
import pytest

from scalescope.experiment.series import error_bar, law_series


def points(noise=None):
    frame = pd.DataFrame({
        "parameters": np.repeat([100, 1000, 10000], 2), "error": [0.5, 0.52, 0.4, 0.42, 0.3, 0.32], "role": "ladder",
        "aspect_ratio": 8, "layers": np.repeat([1, 2, 3], 2),
    })  # fmt: skip
    return frame if noise is None else frame.assign(value_se=noise, loss=frame["error"])


def test_a_bar_holds_both_variances_and_what_is_not_known_is_left_out():
    values = pd.Series([0.5, 0.52])
    assert error_bar(values) == pytest.approx(values.std(ddof=1))
    assert error_bar(values, pd.Series([0.03, 0.05])) == pytest.approx(np.sqrt(0.0002 + 0.0017))
    assert error_bar(values, pd.Series([np.nan, np.nan])) == pytest.approx(values.std(ddof=1))
    assert error_bar(values[:1], pd.Series([0.03])) == pytest.approx(0.03)
    assert np.isnan(error_bar(values[:1]))


def test_points_of_a_figure_have_the_noise_of_the_examples_where_it_is_known():
    def reach(frame, y="error"):
        found = law_series(frame, y, (100, 10000), None).query("kind == 'point'")
        return (found["err_high"] - found["value"]).to_numpy(dtype=float)

    between = np.sqrt(0.0002)
    assert reach(points()) == pytest.approx([between] * 3)
    assert reach(points(noise=0.04)) == pytest.approx([np.sqrt(0.0002 + 0.0016)] * 3)
    assert reach(points(noise=0.04), "loss") == pytest.approx([between] * 3), (
        "the noise of a metric is not that of a loss"
    )
