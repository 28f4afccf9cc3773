"""Which law to believe: the one that foretold the larger runs best, and why."""

from __future__ import annotations

from collections.abc import Sequence
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


def choose(table: pd.DataFrame, laws: Sequence[Candidate], asked: str = "") -> Choice:
    """The law with the smallest held-out log-RMSE; of those within 5 %, the one of the fewest inputs and parameters.

    table: as `rolling.compared` gives it. laws: the candidates, the simplest first. asked: the law or family that the
    user wants, if any. A law that no fold could fit is not in the table and is taken only where there is no other.
    """
    if len(laws) == 1:
        name = laws[0].name
        how = f"; held-out log-RMSE {table['log_rmse'].iloc[0]:.3g}" if len(table) else ""
        return Choice(name, f"{name} is the only law {'that was asked for' if asked else 'possible here'}{how}")
    if table.empty:
        return Choice(laws[0].name, f"{laws[0].name}, the simplest law: no smaller runs could be fitted to test any")
    errors = table.set_index("law")["log_rmse"]
    best = errors.idxmin()
    close = [law.name for law in laws if law.name in errors.index and errors[law.name] <= CLOSE * errors[best]]
    name = close[0]
    runs = int(table["forecasts"].iloc[0])
    said = (
        f"{name}: log-RMSE {errors[name]:.3g} on {runs} larger run{'s' if runs != 1 else ''}, each forecast from the "
        f"smaller ones"
    )
    if name != best:
        said += (
            f", within {100 * (CLOSE - 1):.0f} % of {best} ({errors[best]:.3g}), which {_compared(laws, name, best)}"
        )
    others = [other for other in errors.sort_values().index if other != name]
    if others:
        said += f"; next: {others[0]} ({errors[others[0]]:.3g})"
    if runs < FEW:
        said += f". {runs} held-out run{'s' if runs != 1 else ''} can hardly tell the laws apart: look at all of them"
    untested = [law.name for law in laws if law.name not in errors.index]
    if untested:
        said += f". Not tested, too few smaller sizes: {', '.join(untested)}"
    return Choice(name, said)


def _compared(laws: Sequence[Candidate], name: str, best: str) -> str:
    """What the better of two laws has more of, in words; `name` comes before it in the order of the candidates."""
    own, other = (next(law for law in laws if law.name == one) for one in (name, best))
    fewer, more = (len(law.make(0, False).parameters) for law in (own, other))
    if more > fewer:
        return "has more parameters"
    return "reads more sizes" if len(other.inputs) > len(own.inputs) else "is no simpler"
