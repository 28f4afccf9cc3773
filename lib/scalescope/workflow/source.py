"""A study from either source, the files that its authors published or the runs of a profile, as one notebook shows it.

What the two have in common has one name: tables with the same columns, figures of the same thing. Of what only the
other one has, one plain line says that it is not here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import ModuleType
from typing import ClassVar

import pandas as pd
from matplotlib.figure import Figure

from scalescope.errors import UnknownName, check_name
from scalescope.experiment.profile import Profile, available_profiles, load_profile
from scalescope.experiment.readable import readable
from scalescope.papers.gadre2024 import both as gadre2024
from scalescope.papers.lin2024 import both as lin2024

PUBLISHED = "published"
Columns = Mapping[str, str] | Sequence[str]
BOTH: dict[str, ModuleType] = {"gadre2024": gadre2024, "lin2024": lin2024}


def profile_of(source: str) -> Profile | None:
    """The profile (a name, or a file) that a source is, None for "published"; raises UnknownName, and as load_profile.

    Whether the profile has runs of a study is asked by the study.
    """
    if source == PUBLISHED:
        return None
    try:
        return load_profile(source)
    except UnknownName:
        if source in available_profiles():  # it is something in the profile that is not known
            raise
        raise UnknownName("source", source, [PUBLISHED, *available_profiles()]) from None


class FromSource:
    """What `published.Refit` and `studies.live.Live` share: their tables and figures under the names of both.

    `_drawn` of each gives a figure by its own name or number, and raises UnknownName.
    """

    OURS: ClassVar[bool]  # runs of a profile, not published ones
    paper: str
    tables: dict[str, pd.DataFrame]
    source: str  # "published", or the name of the profile

    def draw(self, name: int | str) -> Figure | None:
        """A figure by its own name (or number), or by one of `both.FIGURES`; raises UnknownName.

        Where only the other source has the figure, that is said, and None returned.
        """
        pairs = BOTH[self.paper].FIGURES if self.paper in BOTH else {}
        own = pairs[name][self.OURS] if name in pairs else name
        if own is None:
            self._lacks(name)
            return None
        return self._drawn(own)

    def has(self, name: str) -> bool:
        """Whether the source has a table; of one that only the other source has, it is said that it is not here.

        Raises UnknownName for a table that neither has.
        """
        if name in self.tables:
            return True
        check_name(f"table of {self.paper}", name, [*self.tables, *BOTH[self.paper].LACKING])
        self._lacks(name)
        return False

    def _lacks(self, name: int | str) -> None:
        print(f"{self.source}: no {BOTH[self.paper].LACKING[name]}")

    def table(self, name: str) -> pd.DataFrame:
        """A table with its columns under the names of both sources (`both.COLUMNS`); raises UnknownName."""
        table = self.tables[check_name(f"table of {self.source}, {self.paper}", name, self.tables)]
        return table.rename(columns=BOTH[self.paper].COLUMNS.get(name, {}))

    def readable(self, name: str, columns: Columns, *, rows: str = "", digits: int = 2) -> pd.DataFrame:
        """A table as people read it (see `readable`): these columns, and the rows that a query leaves.

        columns: names, or {name: heading}; of `both.OPTIONAL` those that the source has. Raises UnknownName for another
        column and for a table that the source does not have.
        """
        table, optional = self.table(name), BOTH[self.paper].OPTIONAL.get(name, ())
        headings = columns if isinstance(columns, Mapping) else {key: key for key in columns}
        here = {key: heading for key, heading in headings.items() if key in table or key not in optional}
        return readable(table.query(rows) if rows else table, here, digits=digits)

    def show(self, name: str, columns: Columns, *, rows: str = "", digits: int = 2) -> None:
        """Display what `readable` gives, or say that the table is not here."""
        if self.has(name):
            from IPython.display import display

            display(self.readable(name, columns, rows=rows, digits=digits))
