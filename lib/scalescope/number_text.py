"""Numbers as people read them: 0.3456, 82,944, 1.44 × 10⁹; a dash for what is missing."""

from __future__ import annotations

import math
from numbers import Integral, Real

import numpy as np
import pandas as pd

NONE = "–"  # what stands where a number is missing
SUPERSCRIPTS = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")
LARGE_COUNT = 1e8  # a whole number keeps all its digits below
LARGE, SMALL = 1e6, 1e-4  # from here on up, and below, a number is written with a power of ten


def significant(value: float, digits: int = 4) -> str:
    """A number in at most four significant digits: 2.315, 82,944, 1.44 × 10⁹, 3.2 × 10⁻⁵; ∞ without end.

    All digits in front of the point are kept, a power of ten has one digit less, and zeros at the end are left out.
    """
    if not math.isfinite(value):
        return NONE if math.isnan(value) else ("∞" if value > 0 else "-∞")
    size = abs(value)
    if size and not SMALL <= size < LARGE:
        mantissa, power = f"{value:.{digits - 2}e}".split("e")
        return _with_power(f"{float(mantissa):g}", power)
    return f"{value:,.0f}" if size >= 10**digits else f"{value:.{digits}g}"


def shown(value: object) -> str:
    """A cell of a table as text: `significant` numbers, 82,944, yes or no, a dash for what is missing."""
    if value is None or value is pd.NA or (isinstance(value, Real) and math.isnan(value)):
        return NONE
    if isinstance(value, bool | np.bool_):
        return "yes" if value else "no"
    if isinstance(value, Integral):
        return f"{int(value):,}" if abs(value) < LARGE_COUNT else significant(float(value))
    return significant(float(value)) if isinstance(value, Real) else str(value)


def power_of_ten(value: float, digits: int) -> str:
    """A number in exactly `digits` significant digits and a power of ten: 5.6 × 10⁸, 6.0 × 10¹⁰."""
    return _with_power(*f"{value:.{digits - 1}e}".split("e"))


def _with_power(mantissa: str, power: str) -> str:
    return f"{mantissa} × 10{str(int(power)).translate(SUPERSCRIPTS)}"
