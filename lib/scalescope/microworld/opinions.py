"""Evaluative language: about six hundred words whose polarity shows only in what they are used together with."""

from __future__ import annotations

from scalescope.microworld.draw import Draw, table
from scalescope.microworld.inflect import a
from scalescope.microworld.lexicon import Lexicon

# {a} agrees with the polarity of the sentence, {z} is opposite, {N} {M} nouns likewise; {x} aspects, {v} an intensifier
TEMPLATES = """
44 the {x} is {v} {a}
22 {a} and {a2} {x}
9 it is {N}
6 what {N} , so {a}
6 the {x} is not {z}
5 although the {x} is {z} , it is {N}
5 the {x} is {z} but the {y} is {a}
4 it is {a} , even if the {x} is {z}
4 {z} at first , but {a} in the end
4 neither {z} nor {z2}
3 far from {z}
3 more {a} than {z}
2 anything but {z}
2 less {z} than {a}
2 it is hard to call the {x} {z}
1 nobody could find the {x} {z}
1 it would be {M} if it were not so {a}
1 it only seems {z}
1 hardly {z} , and never {z2}
"""


class Opinions:
    """Makes evaluative sentences of a given polarity (0 negative, 1 positive)."""

    def __init__(self, lexicon: Lexicon) -> None:
        self.lexicon = lexicon
        lines = [line.split(" ", 1) for line in TEMPLATES.strip().splitlines()]
        weights = lexicon.dialect.weights(len(lines))
        shares = [int(w) for w, _ in lines] if not lexicon.dialect.constructions else weights
        self.templates = table([t.split(" ") for _, t in lines], shares, 512)

    def sentence(self, draw: Draw, polarity: int, tables: list[list[str]] | None = None) -> str:
        """Return one evaluative clause, uncapitalised; `tables` (negative, positive) limits the words."""
        lex, words = self.lexicon, tables or self.lexicon.evaluative_tables
        own, opposite = words[polarity], words[1 - polarity]
        pools = {"{a}": own, "{a2}": own, "{z}": opposite, "{z2}": opposite, "{x}": lex.aspects, "{y}": lex.aspects}
        out = []
        for part in draw.pick(self.templates):
            if part[0] != "{":
                out.append(part)
            elif part in pools:
                out.append(draw.other(pools[part], *out))
            elif part == "{v}":
                if draw.u() < 0.5:
                    out.append(draw.pick(lex.intensifier_table))
            else:
                out.append(a(draw.pick(lex.verdict_tables[polarity if part == "{N}" else 1 - polarity])))
        return " ".join(out)
