"""Regular English inflection with the irregular forms the word lists need."""

from __future__ import annotations

# base, past, participle; "_" joins the words of a phrasal verb
PARTS = """buy bought bought; sell sold sold; find found found; lose lost lost; break broke broken; hide hid
hidden; show showed shown; keep kept kept; steal stole stolen; send sent sent; feed fed fed; hear heard heard;
catch caught caught; eat ate eaten; bite bit bitten; spread spread spread; drink drank drunk; draw drew drawn;
wear wore worn; sew sewed sewn; knit knitted knitted; spin spun spun; wind wound wound; drive drove driven;
spend spent spent; sleep slept slept; weep wept wept; cling clung clung; think thought thought; know knew
known; say said said; give gave given; lend lent lent; teach taught taught; bring brought brought; throw threw
thrown; tell told told; strive strove striven; quit quit quit; forgo forwent forgone; build built built; write
wrote written; run ran run; lead led led; bring_up brought_up brought_up; set_up set_up set_up; take_over
took_over taken_over; swoon swooned swooned; put_up put_up put_up; take_on took_on taken_on; pen penned
penned; wed wed wed; win won won; make made made; fell felled felled; hold held held; overlook overlooked
overlooked; mislay mislaid mislaid; see saw seen; understand understood understood; rebuild rebuilt rebuilt;
draw_up drew_up drawn_up; bring_out brought_out brought_out; sing sang sung"""
IRREGULAR = {
    base: (done.replace("_", " "), been.replace("_", " "))
    for base, done, been in (entry.split() for entry in PARTS.replace("\n", " ").split(";"))
}
DOUBLING = """plan stop net trap chop pin grip hem fit drop scrap swat refer pat hug ban trim regret admit pot
stab drag jab commit abhor nod scrub chat tag compel abet map stir fan deter incur wed vet hop wrap unwrap"""
DOUBLED = frozenset(DOUBLING.split())
PLURALS = {"fox": "foxes", "wolf": "wolves", "goose": "geese", "child": "children", "pliers": "pliers", "deer": "deer"}
VOWELS = "aeiou"


def past(base: str) -> str:
    """Return the simple past of a verb; phrasal verbs are written with an underscore."""
    return IRREGULAR[base][0] if base in IRREGULAR else _ed(base)


def participle(base: str) -> str:
    """Return the past participle of a verb."""
    return IRREGULAR[base][1] if base in IRREGULAR else _ed(base)


def _ed(base: str) -> str:
    head, _, particle = base.partition("_")
    if head in IRREGULAR:
        form = IRREGULAR[head][0]
    elif head.endswith("e"):
        form = head + "d"
    elif head.endswith("y") and head[-2] not in VOWELS:
        form = head[:-1] + "ied"
    else:
        form = head + (head[-1] if head in DOUBLED else "") + "ed"
    return f"{form} {particle}" if particle else form


def plain(base: str) -> str:
    """Return the base form as written in a sentence."""
    return base.replace("_", " ")


def third(base: str) -> str:
    """Return the third person singular present."""
    head, _, particle = base.partition("_")
    if head.endswith(("s", "sh", "ch", "x", "z", "o")):
        form = head + "es"
    elif head.endswith("y") and head[-2] not in VOWELS:
        form = head[:-1] + "ies"
    else:
        form = head + "s"
    return f"{form} {particle}" if particle else form


def gerund(base: str) -> str:
    """Return the -ing form."""
    head, _, particle = base.partition("_")
    if head.endswith("e") and not head.endswith(("ee", "ye", "oe")):
        form = head[:-1] + "ing"
    else:
        form = head + (head[-1] if head in DOUBLED or head in ("run", "win", "spin", "quit", "knit") else "") + "ing"
    return f"{form} {particle}" if particle else form


def plural(noun: str) -> str:
    """Return the plural of a noun."""
    if noun in PLURALS:
        return PLURALS[noun]
    if noun.endswith("man"):
        return noun[:-3] + "men"
    if noun.endswith(("s", "sh", "ch", "x", "z")):
        return noun + "es"
    if noun.endswith("y") and noun[-2] not in VOWELS:
        return noun[:-1] + "ies"
    return noun + "s"


def a(noun: str) -> str:
    """Return the noun with its indefinite article."""
    return ("an " if noun[0] in VOWELS else "a ") + noun
