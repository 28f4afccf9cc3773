"""Numbers as people read them."""

import math

import numpy as np
import pandas as pd
import pytest

from scalescope.number_text import power_of_ten, shown, significant


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (0.34561, "0.3456"),
        (2.3149, "2.315"),
        (9999.4, "9999"),
        (82944.0, "82,944"),
        (999_999.4, "999,999"),
        (1e6, "1 × 10⁶"),
        (7e9, "7 × 10⁹"),
        (1.4398e9, "1.44 × 10⁹"),
        (-5.881e21, "-5.88 × 10²¹"),
        (3.2e-5, "3.2 × 10⁻⁵"),
        (1e-4, "0.0001"),
        (math.inf, "∞"),
        (-math.inf, "-∞"),
        (math.nan, "–"),
    ],
)
def test_a_number_has_at_most_four_digits_and_no_e(value, text):
    assert significant(value) == text


def test_a_number_that_is_rounded_up_to_a_power_of_ten_is_written_as_one():
    assert significant(999_999.9) == "1,000,000"  # as it is below a million, without a power
    assert significant(9.9999e9) == "1 × 10¹⁰"


def test_a_fixed_number_of_digits_keeps_its_zeros():
    assert power_of_ten(6.02e10, 2) == "6.0 × 10¹⁰"
    assert power_of_ten(5.96e10, 3) == "5.96 × 10¹⁰"


def test_a_cell_of_any_type_is_text():
    cells = [12345, np.int64(12345), 3 * 10**9, True, np.bool_(False), 0.123456, np.float64("nan"), None, pd.NA, "name"]
    texts = ["12,345", "12,345", "3 × 10⁹", "yes", "no", "0.1235", "–", "–", "–", "name"]
    assert [shown(cell) for cell in cells] == texts
