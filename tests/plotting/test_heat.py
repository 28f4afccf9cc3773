import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.colors import Normalize
from matplotlib.patches import Rectangle

from scalescope.plotting import style
from scalescope.plotting.heat import heat


def test_cells_hold_their_numbers_blanks_stay_blank_and_some_are_framed():
    values = pd.DataFrame([[1.0, np.nan], [-2.5, 4.0]], index=["a", "b"], columns=["x", "y"])
    _, ax = plt.subplots()
    image = heat(ax, values, Normalize(-3, 5), outlined=values > 3)
    assert [text.get_text() for text in ax.texts] == ["1.0", "−2.5", "4.0"]
    assert [text.get_color() for text in ax.texts] == [style.INK, style.INK, "white"]
    np.testing.assert_array_equal(np.ma.getmaskarray(image.get_array()).ravel(), [False, True, False, False])
    frames = [patch for patch in ax.patches if isinstance(patch, Rectangle)]
    assert [frame.get_xy() for frame in frames] == [(1, 1)]
    assert [label.get_text() for label in ax.get_yticklabels()] == ["a", "b"]
