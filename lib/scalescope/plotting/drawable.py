"""Tables that are given to be drawn, checked before anything is drawn of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from scalescope.errors import check_name

MOST_PANELS = 100  # more take minutes and fit no screen


def drawable(data: Any, columns: Sequence[str], made_by: str, empty: bool = False) -> None:
    """Raise ValueError for what is no table with rows, UnknownName for a column that it lacks.

    made_by: the function that gives such a table. empty: it may have no rows, where nothing was forecast yet.
    """
    if not isinstance(data, pd.DataFrame):
        raise ValueError(f"a table as {made_by} gives it is drawn; got the {type(data).__name__} {data!r:.80}")
    for name in columns:
        check_name(f"column of the table that {made_by} gives:", name, data.columns)
    if data.empty and not empty:
        raise ValueError(f"the table has no rows to draw; give one as {made_by} does")
