"""What the name of a text file in corpus/ says: train text, held-out text, or neither, and then why."""

from __future__ import annotations

import re
import unicodedata

TRAIN, HELDOUT = "train", "heldout"
ENDINGS = (".txt", ".txt.gz")
# evaluation splits of other data sets: neither train nor held-out text
_EVALUATION = """benchmark benchmarks dev devel development devset devtest eval evals evalset evaluate evaluated
evaluation evaluations test tests testset testing tst unseen val valid validate validated validation validations
validset valset xval"""
_NOTES = """authors changelog checksum checksums citation contributing copying licence license manifest md metadata
notice requirements sha sums"""
EVALUATION, NOTES = frozenset(_EVALUATION.split()), frozenset(_NOTES.split())
ABOUT_DATA = "text about the data"
_HELDOUT = re.compile(r"heldout|holdout|(?<![a-z])h[eo]ld[^a-z0-9]+out(?![a-z])|(?<![a-z])held[^a-z0-9]*back(?![a-z])")
_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_GLUED = re.compile(r"[a-z]+(test|dev|eval|valid|val)(?![a-z])")


def split_of(name: str) -> str:
    """ "train", "heldout", or the reason why a file of this name is left aside.

    Words of a name end at anything but a letter and where a capital follows a small letter; their case does not
    matter, nor do accents and the width of letters: "Heldout2", "wiki-held-out" and "HeldOut" are held-out text, "dev",
    "wikiEval" and "TEST" are left aside.
    """
    if name.startswith("."):
        return "hidden files are not read"
    stem = _plain(name)
    words = {word.lower() for word in _WORDS.findall(stem)} | set(re.findall(r"[a-z]+", stem.lower()))
    if "readme" in words or (words and words <= NOTES):
        return ABOUT_DATA
    if not name.endswith(ENDINGS):
        return f"its name does not end in {' or '.join(ENDINGS)}"
    if _HELDOUT.search(stem.lower()):
        return HELDOUT
    if words & EVALUATION:
        return f"{min(words & EVALUATION)!r} in its name: an evaluation split of another data set"
    return TRAIN


def doubt_of(name: str) -> str:
    """Why a file that is read as train text may be evaluation text, "" without doubt: "wikitest", but also "latest"."""
    glued = _GLUED.search(_plain(name).lower()) if split_of(name) == TRAIN else None
    return f"{glued[0]!r} in its name ends in {glued[1]!r}" if glued else ""


def _plain(name: str) -> str:
    """A name without its endings, accents, invisible signs and wide letters."""
    stem = unicodedata.normalize("NFKD", name.removesuffix(".gz").removesuffix(".txt"))
    return "".join(letter for letter in stem if unicodedata.category(letter) not in ("Mn", "Cf"))
