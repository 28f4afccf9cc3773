"""The first stages of the pipeline: a profile's text, and its pretraining runs as tidy tables.

Finished runs are loaded, never trained again. Finetuning and the tables of all runs follow in finetuning.py and
collecting.py.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import replace

import pandas as pd

from scalescope import paths
from scalescope.data.encoded import Prepared
from scalescope.errors import NotFinished
from scalescope.experiment import cost
from scalescope.experiment import progress as told
from scalescope.experiment.bar import in_notebook
from scalescope.experiment.noted import note
from scalescope.experiment.profile import ModelSpec, Profile
from scalescope.experiment.rows import concat, curve_rows, pretrain_row, skill_rows
from scalescope.experiment.seal_target import seal_larger, seal_target
from scalescope.tables import SCRATCH
from scalescope.training.device import use_threads
from scalescope.training.initial import InitialConfig, initial
from scalescope.training.policy import pick_precision
from scalescope.training.pretrain import PretrainConfig, Progress
from scalescope.training.pretrain import pretrain as pretrain_run
from scalescope.training.store import Run, Store


class PretrainingDiverged(NotFinished):
    """A run that a later station needs diverged: it is recorded as failed and never trained again."""


def store() -> Store:
    """The run folders of this project."""
    return Store(paths.runs())


def prepare(profile: Profile) -> Prepared:
    """Tokenizer, corpora and task features of the profile's source.

    Built on first use, which a notebook shows, then read from the cache.
    """
    return Prepared(profile.data_settings(), paths.cache(), told.parts() if in_notebook() else None)


def pretrain_config(
    profile: Profile, prepared: Prepared, spec: ModelSpec, objective: str, place: int = 0
) -> PretrainConfig:
    """Configuration of one pretraining run; the real vocabulary may be smaller than asked for.

    place: of its seed in the profile's pretraining seeds. Raises ValueError for one that the model does not have.
    """
    settings = profile.pretrain
    encoder = replace(spec.config, vocabulary_size=prepared.tokenizer.get_vocab_size())
    named = settings.model_dump(exclude={"dropout", "target_patience", "seeds"})
    named["seed"] = profile.pretraining_seed(spec, place)
    if spec.role == "target" and settings.target_patience is not None:
        named["patience"] = settings.target_patience
    named["precision"] = pick_precision(settings.precision, encoder.hidden)
    return PretrainConfig(encoder=encoder, objective=objective, data=prepared.corpus_id, **named)


def initial_config(profile: Profile, prepared: Prepared, spec: ModelSpec, place: int = 0) -> InitialConfig:
    """Configuration of the encoder that pretraining starts from, and finetuning from scratch."""
    shape = replace(spec.config, vocabulary_size=prepared.tokenizer.get_vocab_size(), dropout=0.0)
    return InitialConfig(shape, profile.pretraining_seed(spec, place))


def pretrain(
    profile: Profile,
    model: str,
    objective: str,
    progress: Progress | None = None,
    prepared: Prepared | None = None,
    place: int = 0,
) -> pd.DataFrame:
    """Pretrain one model with one objective, or load the finished run; one row of the table "pretrain".

    place: of the seed in the profile's pretraining seeds. The objective "scratch" writes the encoder as it is
    initialised: no tokens, no loss. Raises ValueError for a place that the model does not have.
    """
    spec = profile.model(model)
    use_threads(spec.config.parameters)
    prepared = prepared or prepare(profile)
    if objective == SCRATCH:
        start = initial_config(profile, prepared, spec, place)
        note(profile.name, [start.id])
        return pretrain_row(profile, spec, initial(start, store()))
    config = pretrain_config(profile, prepared, spec, objective, place)
    note(profile.name, [config.id])
    if spec.role in ("ladder", "target"):
        sealed = seal_target if spec.role == "target" else seal_larger
        sealed(profile.name, spec.config.parameters, config.id, ladder_losses(profile, prepared, objective))
    corpora, clock = (prepared.corpus("train"), prepared.corpus("heldout")), cost.clock()
    run = pretrain_run(config, *corpora, store(), clock.telling(progress), clock, prepared.probes)
    return pretrain_row(profile, spec, run)


def ladder_losses(profile: Profile, prepared: Prepared, objective: str) -> pd.DataFrame:
    """Rows of the table "pretrain" of the ladder's finished runs, those that diverged left out."""
    rows = []
    for spec in (spec for spec in profile.all_models() if spec.role == "ladder"):
        found = pretrained_runs(profile, prepared, spec, objective, partial=True)
        rows += [pretrain_row(profile, spec, run) for run in found.values() if not run.failed]
    return concat(rows, "pretrain")


def curve(
    profile: Profile, model: str, objective: str, prepared: Prepared | None = None, place: int = 0
) -> pd.DataFrame:
    """Loss curve of a finished pretraining run, as the table "curves"; raises NotFinished."""
    prepared = prepared or prepare(profile)
    return curve_rows(pretrained_run(profile, prepared, profile.model(model), objective, place=place))


def skills(
    profile: Profile, model: str, objective: str, prepared: Prepared | None = None, place: int = 0
) -> pd.DataFrame:
    """Accuracy on probes of a finished pretraining run, as the table "skills"; raises NotFinished."""
    prepared = prepared or prepare(profile)
    spec = profile.model(model)
    return skill_rows(prepared, spec, pretrained_run(profile, prepared, spec, objective, place=place))


def missing_runs(allowed: bool) -> AbstractContextManager:
    """A block that ends silently where a run is missing, if that is allowed."""
    return suppress(NotFinished) if allowed else nullcontext()


def pretrained_runs(
    profile: Profile, prepared: Prepared, spec: ModelSpec, objective: str, partial: bool
) -> dict[int, Run]:
    """The pretraining runs of a model, finished or failed, by the place of their seed."""
    found = {}
    for place in range(len(profile.pretraining_seeds(spec))):
        with missing_runs(partial):
            found[place] = pretrained_run(profile, prepared, spec, objective, failed=True, place=place)
    return found


def pretrained_run(
    profile, prepared: Prepared, spec: ModelSpec, objective: str, failed: bool = False, place: int = 0
) -> Run:
    """The finished pretraining run of a model; raises NotFinished, and PretrainingDiverged unless `failed`."""
    if objective == SCRATCH:
        config = initial_config(profile, prepared, spec, place)
    else:
        config = pretrain_config(profile, prepared, spec, objective, place)
    run = store().find(config.id)
    if run is None or (run.failed and not failed):
        which = f"{spec.name} ({objective}) of profile {profile.name!r}" + (f", seed {config.seed}" if place else "")
        if run is not None:
            raise PretrainingDiverged(f"{which} has diverged in pretraining")
        if objective == SCRATCH:
            raise NotFinished(f"{which} is not there; 30_finetune writes it")
        raise NotFinished(f"{which} has not been pretrained; run 20_pretrain first")
    return run
