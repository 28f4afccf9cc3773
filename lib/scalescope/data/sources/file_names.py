"""What the name of a text file in corpus/ says: train text, held-out text, or neither, and then why."""

from __future__ import annotations

import re

TRAIN, HELDOUT = "train", "heldout"
ENDINGS = (".txt", ".txt.gz")
# evaluation splits of other data sets: neither train nor held-out text
EVALUATION = frozenset(
    (
        "dev",
        "devel",
        "development",
        "devset",
        "devtest",
        "eval",
        "evals",
        "evalset",
        "evaluation",
        "evaluations",
        "test",
        "tests",
        "testset",
        "testing",
        "val",
        "valid",
        "validation",
        "validations",
        "validset",
        "valset",
    )
)
NOTES = frozenset(("license", "licence", "copying", "notice", "changelog", "authors", "contributing", "citation"))
ABOUT_DATA = "text about the data"
_HELDOUT = re.compile(r"heldout|holdout|(?<![a-z])h[eo]ld[^a-z0-9]+out(?![a-z])")
_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")


def split_of(name: str) -> str:
    """ "train", "heldout", or the reason why a file of this name is left aside.

    Words of a name end at anything but a letter and where a capital follows a small letter; their case does not
    matter: "Heldout2", "wiki-held-out" and "HeldOut" are held-out text, "dev", "wikiEval" and "TEST" are left aside.
    """
    if name.startswith("."):
        return "hidden files are not read"
    stem = name.removesuffix(".gz").removesuffix(".txt")
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
