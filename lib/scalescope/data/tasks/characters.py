"""Characters that a tokenizer drops, given back to the tokens that they belong to.

The tokenizer reads letters without their accents and no invisible signs, so that no token covers a combining mark, a
soft hyphen or a direction mark. An answer that ends in one would lose it, and the metric compares characters.
"""

from __future__ import annotations

import unicodedata

import numpy as np


def with_dropped(text: str, offsets: np.ndarray) -> np.ndarray:
    """Offsets [T, 2] of the tokens of a text, widened to what was dropped beside them: int32 [T, 2].

    Between two tokens, what stands before the first white space belongs to the token before, what stands after the
    last to the token after. Without white space all belongs to the token before; a sign that is no combining mark to
    the token after where that before is punctuation.
    """
    shown = offsets.copy()
    if text.isascii() and text.isprintable():
        return shown
    count = len(offsets)
    ends, begins = [0, *offsets[:, 1].tolist()], [*offsets[:, 0].tolist(), len(text)]
    for place in range(count + 1):  # the gap before token `place`
        end, begin = ends[place], begins[place]
        gap = text[end:begin]
        if not gap or gap.isspace():
            continue
        before, after = _sides(gap, text[end - 1] if place else " ")
        if place:
            shown[place - 1, 1] = end + before
        if place < count:
            shown[place, 0] = begin - after
    return shown


def _sides(gap: str, previous: str) -> tuple[int, int]:
    """How many characters of a gap belong to the token before it and to the token after it."""
    spaces = [place for place, character in enumerate(gap) if character.isspace()]
    if spaces:
        return spaces[0], len(gap) - 1 - spaces[-1]
    joined = unicodedata.category(gap[0])[0] == "M" or previous.isalnum()
    return (len(gap), 0) if joined else (0, len(gap))
