"""A profile with its source opened: whether all that it asks for is there, before anything is trained."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from scalescope.data.doubts import check_files_rows, check_files_text
from scalescope.data.encoded import SPLITS, of_task, paragraphs
from scalescope.data.sources.base import Source
from scalescope.data.tasks.rows import load_rows
from scalescope.data.tasks.spec import TASKS
from scalescope.data.tokenizer import letters, words
from scalescope.errors import BadInput
from scalescope.experiment import stages
from scalescope.experiment.profile import Profile
from scalescope.plotting.style import size_text


def check_profile(profile: Profile) -> list[str]:
    """What a profile asks for and what its source has, a line each: models, text, vocabulary, rows of each task.

    A source on the hub is not downloaded: only its settings are checked. Raises what the source raises for its
    options, text or rows, and ValueError for a vocabulary below the letters of the text or text that fills no row.
    """
    source = stages.prepare(profile).source
    sizes = (f"{spec.name} ({size_text(spec.config.parameters)})" for spec in profile.all_models())
    told = [f"profile {profile.name!r} is valid: {', '.join(sizes)}; {len(profile.tasks)} tasks"]
    if profile.source.kind == "hub":
        return [*told, "source 'hub': its settings are valid; text and rows were not downloaded"]
    return [*told, *_text(profile, source), *(_rows(profile, source, name) for name in profile.tasks)]


def check_folder(profile: Profile) -> None:
    """Raise BadInput for a data folder that is named and does not exist; without one there is nothing to check."""
    if profile.source.folder and not Path(profile.source.folder).is_dir():
        raise BadInput(f"data folder {profile.source.folder} of profile {profile.name!r} does not exist")


def _text(profile: Profile, source: Source) -> Iterator[str]:
    wanted = {"train": profile.text.train_tokens, "heldout": profile.text.heldout_tokens}
    for split in SPLITS:
        count = sum(len(words(text)) for article in source.articles(split) for text in article)
        if not count:
            raise ValueError(f"the {split} text of source {source.name!r} holds no word")
        few = "" if count >= wanted[split] else f" (fewer words than the {wanted[split]:,} tokens asked for)"
        yield f"{split} text: {count:,} words{few}"
    if source.name == "files" and (share := check_files_text(source)):
        yield f"held-out text: {share:.2%} of its words in paragraphs that the train text has too"
    size = profile.text.vocabulary_size
    kept, inner = letters(paragraphs(source), size)
    yield f"vocabulary: at most {size:,} pieces, {len(kept) + len(inner)} of them single letters"


def _rows(profile: Profile, source: Source, name: str) -> str:
    settings, told = profile.finetune, []
    rows = {split: load_rows(source, TASKS[name], split) for split in ("train", "validation")}
    if source.name == "files":
        check_files_rows(source, TASKS[name], rows)
    for split, limit in (("train", settings.train_rows), ("validation", settings.eval_rows)):
        found, wanted = len(rows[split]), of_task(limit, name)
        few = f" of {wanted:,} asked for" if wanted is not None and found < wanted else ""
        told.append(f"{found:,} {split} rows{few}")
    return f"{name}: {', '.join(told)}"
