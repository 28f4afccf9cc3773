"""A profile with something changed, to try it out: another rate, more steps, one more layer, another text."""

from __future__ import annotations

import hashlib
from pathlib import Path

from pydantic import ValidationError

from scalescope import files, paths
from scalescope.data.sources.json_rows import SURROGATE
from scalescope.experiment.profile import Profile, available_profiles
from scalescope.experiment.profile_file import find_profile

HELDOUT_EVERY = 10  # of the articles of a text of one's own


def changed(
    profile: Profile, model: str, *, learning_rate: float = 0.0, steps: int = 0, layers: int = 0
) -> tuple[Profile, str]:
    """The profile with another setting of pretraining, and the name of `model` with another number of layers.

    0 keeps what the profile has; its file is not touched. A run with other settings has another id, so that the
    profile's own runs stay as they are. Raises UnknownName for a model that the profile does not have, ValueError for a
    value that no profile can have.
    """
    spec, content = profile.model(model), profile.model_dump()
    given = {"learning_rate": learning_rate, "steps": steps}
    content["pretrain"] |= {name: value for name, value in given.items() if value}
    shape = f"ar{spec.config.aspect_ratio}-l{layers or spec.config.layers}"
    if shape not in {each.name for each in profile.all_models()}:
        part = content["models"][spec.role]
        others = [] if spec.role == "target" else part["layers"]  # of targets there is one
        part["layers"] = list(dict.fromkeys([*others, layers]))
    try:
        made = Profile.model_validate(content)
    except ValidationError as error:
        faults = [f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors()]
        asked = ", ".join(f"{name}={value}" for name, value in {**given, "layers": layers}.items() if value)
        raise ValueError(f"{model} of profile {profile.name!r} cannot have {asked}: {'; '.join(faults)}") from None
    return made, shape


def with_text(profile: Profile, articles: list[str]) -> Profile:
    """The profile with a text of one's own in place of its source, and without tasks to finetune on.

    articles: each with a paragraph per line. One in HELDOUT_EVERY is held out. Raises ValueError for fewer articles,
    and for what is no list of texts.
    """
    if not isinstance(articles, list | tuple) or not all(isinstance(article, str) for article in articles):
        raise ValueError(f"articles must be a list of texts; got {articles!r:.80}")
    for number, article in enumerate(articles, start=1):
        if SURROGATE.search(article) or "\0" in article:
            raise ValueError(
                f"article {number} holds NUL or half of a surrogate pair, which is no text: {article!r:.80}"
            )
    articles = ["\n".join(line for line in article.splitlines() if line.strip()) for article in articles]
    articles = [article for article in articles if article]
    if len(articles) < HELDOUT_EVERY:
        raise ValueError(f"{len(articles)} articles with text are too few: one in {HELDOUT_EVERY} is held out")
    name = hashlib.sha256("\n\n".join(articles).encode()).hexdigest()[:10]
    folder = paths.cache() / "own_text" / name
    parts = {"heldout": articles[::HELDOUT_EVERY], "train": [a for i, a in enumerate(articles) if i % HELDOUT_EVERY]}
    for split, texts in parts.items():
        files.write_text(folder / "corpus" / f"{split}.txt", "\n\n".join(texts) + "\n")
    content = profile.model_dump()
    content["source"] = {"kind": "files", "folder": str(folder), "options": {"tasks": 0}}
    return Profile.model_validate(content)


def where(profile: str) -> str:
    """The file of a profile, from the project's root as JupyterLab's file browser shows it.

    The record that a pipeline hands to its notebooks (.json) is such a file too. Raises UnknownName for a profile that
    does not exist.
    """
    recorded = profile.endswith(".json")
    path = (Path(profile) if recorded else find_profile(profile, available_profiles())).resolve()
    return paths.shown(path)
