"""Which token a dropped character belongs to."""

import numpy as np
import pytest

from scalescope.data.tasks.characters import with_dropped


@pytest.mark.parametrize(
    ("text", "offsets", "shown"),
    [
        ("plain text", [(0, 5), (6, 10)], [(0, 5), (6, 10)]),
        ("cafe\u0301 au", [(0, 4), (6, 8)], [(0, 5), (6, 8)]),
        ("(\u200fab)", [(0, 1), (2, 4), (4, 5)], [(0, 1), (1, 4), (4, 5)]),
        ("(\u0301ab", [(0, 1), (2, 4)], [(0, 2), (2, 4)]),
        ("ab\u200f \u200fcd", [(0, 2), (5, 7)], [(0, 3), (4, 7)]),
        ("ab \u200b cd", [(0, 2), (5, 7)], [(0, 2), (5, 7)]),  # alone between spaces: of no token
        ("\u200fab\x07", [(1, 3)], [(0, 4)]),
        ("\u0301", [], []),
    ],
)
def test_dropped_characters_go_to_their_token(text, offsets, shown):
    found = with_dropped(text, np.array(offsets, dtype=np.int32).reshape(-1, 2))
    assert found.tolist() == [list(pair) for pair in shown]
