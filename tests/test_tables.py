import pandas as pd
import pytest

from scalescope.errors import UnknownName, nearest
from scalescope.tables import COLUMNS, check


def test_nearest_and_unknown_name():
    assert nearest("learing_rate", ["learning_rate", "seed"]) == "learning_rate"
    assert nearest("x", []) is None
    with pytest.raises(UnknownName, match="unknown task 'sqad'; did you mean 'squad'"):
        raise UnknownName("task", "sqad", ["mnli", "squad"])


def test_check_orders_columns_and_names_what_is_wrong():
    frame = pd.DataFrame({name: [1] for name in reversed(COLUMNS["curves"])})
    assert list(check(frame, "curves").columns) == COLUMNS["curves"]
    with pytest.raises(ValueError, match=r"lacks the column\(s\) loss; it has 'los', did you mean 'loss'"):
        check(frame.rename(columns={"loss": "los"}), "curves")
    with pytest.raises(ValueError, match=r"unexpected column.*extra"):
        check(frame.assign(extra=1), "curves")
    with pytest.raises(UnknownName, match="did you mean 'curves'"):
        check(frame, "curve")
    for given in (None, {"loss": [1]}):
        with pytest.raises(ValueError, match=f"table 'curves' must be a DataFrame; got the {type(given).__name__}"):
            check(given, "curves")
