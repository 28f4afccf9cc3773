"""The unfinished state of a training on disk: written whole, with a digest inside, so that damage is found."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save_file
from torch import Tensor

from scalescope import files

LATEST, PREVIOUS = "latest.safetensors", "previous.safetensors"


def write_state(path: Path, tensors: Mapping[str, Tensor], facts: Mapping) -> None:
    """Write tensors and facts (JSON) to one file, whole or not at all."""
    held = {name: value.detach().cpu().contiguous() for name, value in tensors.items()}
    text = json.dumps(facts)
    metadata = {"training": text, "sha256": _digest(held, text)}
    files.write(path, lambda part: save_file(held, part, metadata=metadata))


def keep_two(folder: Path) -> Path:
    """Where the next state of a run goes; the one before it stays beside it as PREVIOUS."""
    latest = folder / LATEST
    if latest.is_file():
        os.replace(latest, folder / PREVIOUS)
    return latest


def forget_latest(folder: Path) -> None:
    """Remove both where a state that is kept for good has taken their place."""
    for name in (LATEST, PREVIOUS):
        (folder / name).unlink(missing_ok=True)


def read_state(path: Path) -> tuple[dict, dict[str, Tensor]]:
    """Facts and tensors of a file; raises Damaged if it is cut or changed, OSError if it cannot be read."""
    metadata = _metadata(path)
    try:
        tensors = load_file(path)
        facts = json.loads(metadata["training"])
    except (SafetensorError, ValueError) as error:
        raise files.Damaged(f"checkpoint {path} is cut or changed: {error}") from error
    if metadata.get("sha256") != _digest(tensors, metadata["training"]):
        raise files.Damaged(f"checkpoint {path} does not match its digest")
    return facts, tensors


def newest_first(folder: Path, after: int, until: int) -> Iterator[tuple[dict, dict[str, Tensor]]]:
    """The whole states of a folder between two steps, the latest first.

    What is damaged is moved aside, which is told in one line, and left out.
    """
    steps = {}
    for path in sorted(folder.glob("*.safetensors")):
        try:
            steps[path] = int(json.loads(_metadata(path)["training"])["step"])
        except (files.Damaged, ValueError, KeyError, TypeError) as fault:
            files.set_aside(path, str(fault))
    for path in sorted(steps, key=lambda path: -steps[path]):
        if not after < steps[path] <= until:
            continue
        try:
            state = read_state(path)
        except files.Damaged as fault:
            files.set_aside(path, str(fault))
        else:
            yield state


def _metadata(path: Path) -> dict[str, str]:
    with path.open("rb"):  # no permission and the like are told apart from damage
        pass
    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
    except SafetensorError as error:
        raise files.Damaged(f"checkpoint {path} is cut or changed: {error}") from error
    if "training" not in metadata:
        raise files.Damaged(f"checkpoint {path} holds no state of a training")
    return metadata


def _digest(tensors: Mapping[str, Tensor], text: str) -> str:
    total = hashlib.sha256(text.encode())
    for name in sorted(tensors):
        value = tensors[name]
        total.update(f"{name} {value.dtype} {list(value.shape)}\n".encode())
        total.update(value.reshape(-1).view(torch.uint8).numpy())
    return total.hexdigest()
