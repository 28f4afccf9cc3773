"""Which law to believe: the one that foretold the larger runs best, and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from scalescope.forecast.candidates import Candidate

CLOSE = 1.05  # factor of the held-out error within which the law with fewer parameters is taken
FEW = 3  # held-out runs below which a comparison says little


@dataclass(frozen=True)
class Choice:
    """The chosen law and the reason in words."""

    law: str
    reason: str


def choose(table: pd.DataFrame, laws: Sequence[Candidate], left_out: Mapping[str, str]) -> Choice:
    """The law with the smallest held-out log-RMSE; of those within 5 %, the one of the fewest inputs and parameters.

    table: as `rolling.compared` gives it. laws: the candidates, the simplest first. A law that no fold could fit is not
    in the table and is taken only where there is no other.
    """
    if len(laws) == 1:
        name = laws[0].name
        how = f"; held-out log-RMSE {table['log_rmse'].iloc[0]:.3g}" if len(table) else ""
        return Choice(name, f"{name} is the only law {'asked for or ' if left_out else ''}possible here{how}")
    if table.empty:
        return Choice(laws[0].name, f"{laws[0].name}, the simplest law: no smaller runs could be fitted to test any")
    errors = table.set_index("law")["log_rmse"]
    best = errors.idxmin()
    close = [law.name for law in laws if law.name in errors.index and errors[law.name] <= CLOSE * errors[best]]
    name = close[0]
    asked = int(table["forecasts"].iloc[0])
    said = (
        f"{name}: log-RMSE {errors[name]:.3g} on {asked} larger run{'s' if asked != 1 else ''}, each forecast from the "
        f"smaller ones"
    )
    if name != best:
        said += f", within {100 * (CLOSE - 1):.0f} % of {best} ({errors[best]:.3g}), which has more parameters"
    others = [other for other in errors.sort_values().index if other != name]
    if others:
        said += f"; next: {others[0]} ({errors[others[0]]:.3g})"
    if asked < FEW:
        said += f". {asked} held-out run{'s' if asked != 1 else ''} can hardly tell the laws apart: look at all of them"
    untested = [law.name for law in laws if law.name not in errors.index]
    if untested:
        said += f". Not tested, too few smaller sizes: {', '.join(untested)}"
    return Choice(name, said)
