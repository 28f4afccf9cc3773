from __future__ import annotations

import pytest

from scalescope.errors import UnknownName, check_name


def test_a_known_name_is_handed_on_and_another_is_told_the_nearest():
    assert check_name("task", "cola", {"cola": 1, "sst2": 2}) == "cola"
    with pytest.raises(UnknownName, match="unknown task 'clea'; did you mean 'cola'"):
        check_name("task", "clea", ["cola", "sst2"])
    with pytest.raises(UnknownName, match="there are none"):
        check_name("task", "cola", [])
