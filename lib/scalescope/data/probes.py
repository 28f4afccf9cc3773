"""What pretraining teaches, asked directly: the answer of a document is masked, and the model fills it in."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer

from scalescope import files
from scalescope.data.masking import Masked
from scalescope.data.tokenizer import CLS, MASK, SEP, UNK, encode_flat
from scalescope.microworld.probes import Probe


@dataclass(frozen=True)
class Probes:
    """Encoded probes of one or more skills.

    tokens: uint16 [n, T], padded with 0. masked: bool [n, T], true for the tokens of the answer. skill: int64 [n], a
    place in `skills`. choices: the first token of each of a skill's choices, in their order; () for any token.
    """

    tokens: np.ndarray
    masked: np.ndarray
    skill: np.ndarray
    skills: tuple[str, ...]
    choices: tuple[tuple[int, ...], ...]

    def batch(self, skill: str) -> Masked:
        """The probes of one skill as a masked batch: answers behind [MASK], each row one document.

        All tokens of an answer are labels; of a choice, the first one.
        """
        number = self.skills.index(skill)
        tokens, masked = self.tokens[self.skill == number], self.masked[self.skill == number]
        inputs = np.where(masked, MASK, tokens).astype(np.int64)
        asked = masked & (np.cumsum(masked, axis=1) == 1) if self.choices[number] else masked
        return Masked(inputs, np.flatnonzero(asked), tokens[asked].astype(np.int64), (tokens > 0).astype(np.uint8))

    def chance(self, skill: str) -> float:
        """Accuracy of always giving the most frequent answer."""
        labels = self.batch(skill).labels
        return float(np.bincount(labels).max() / len(labels))

    def save(self, path: Path) -> None:
        """Write as one .npz file, whole or not at all."""
        facts = json.dumps({"skills": self.skills, "choices": self.choices})
        arrays = {"tokens": self.tokens, "masked": self.masked, "skill": self.skill, "facts": np.array(facts)}

        def fill(part: Path) -> None:
            with part.open("wb") as stream:  # given a name, numpy adds an ending to it
                np.savez_compressed(stream, **arrays)

        files.write(path, fill)

    @classmethod
    def load(cls, path: Path) -> Probes:
        """Read what `save` wrote."""
        with np.load(path) as held:
            facts = json.loads(str(held["facts"]))
            choices = tuple(tuple(ids) for ids in facts["choices"])
            return cls(held["tokens"], held["masked"], held["skill"], tuple(facts["skills"]), choices)


def encode_probes(probes: Sequence[Probe], tokenizer: Tokenizer, length: int) -> Probes:
    """Encode probes as the corpus is; those longer than `length` tokens are left out.

    Raises ValueError for choices that begin with the same token.
    """
    skills = tuple(dict.fromkeys(probe.skill for probe in probes))
    pieces = [[probe.before, probe.answer, probe.after, *probe.rest] for probe in probes]
    ids, starts = encode_flat(tokenizer, [text for parts in pieces for text in parts])
    parts = iter(np.split(ids, starts[1:-1]))
    tokens, masked, skill = [], [], []
    for probe, texts in zip(probes, pieces, strict=True):
        before, answer, after, *rest = (next(parts) for _ in texts)
        row = np.concatenate([[CLS], before, answer, after, [SEP], *(p for part in rest for p in (part, [SEP]))])
        if len(row) > length or UNK in answer:
            continue
        place = np.arange(len(row))
        tokens.append(np.pad(row, (0, length - len(row))).astype(np.uint16))
        inside = (place > len(before)) & (place <= len(before) + len(answer))
        masked.append(np.pad(inside, (0, length - len(row))))
        skill.append(skills.index(probe.skill))
    width = max(int((row > 0).sum()) for row in tokens)
    choices = tuple(_choices(skill, probes, tokenizer) for skill in skills)
    return Probes(np.stack(tokens)[:, :width], np.stack(masked)[:, :width], np.array(skill), skills, choices)


def _choices(skill: str, probes: Sequence[Probe], tokenizer: Tokenizer) -> tuple[int, ...]:
    words = next(probe.choices for probe in probes if probe.skill == skill)
    first = tuple(tokenizer.encode(word, add_special_tokens=False).ids[0] for word in words)
    if len(set(first)) < len(first):
        raise ValueError(f"choices of skill {skill!r} begin with the same token: {', '.join(words)}")
    return first
