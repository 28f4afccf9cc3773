"""The runs of a study: planned from the profile, trained into the common run store in packs, read as one table."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, replace

import pandas as pd

from scalescope.data.encoded import Prepared
from scalescope.data.probes import Probes
from scalescope.errors import UnknownName
from scalescope.experiment import cost, stages
from scalescope.experiment.noted import note
from scalescope.experiment.profile import Profile
from scalescope.experiment.sections import TextSection, token_steps
from scalescope.experiment.study_sections import STANDARD, AdaptSection, DialectSection, StudyPart
from scalescope.tables import COLUMNS, check
from scalescope.training.branches import campaign as train_branches
from scalescope.training.branches import trunk_id
from scalescope.training.device import use_threads
from scalescope.training.dialects import DialectText
from scalescope.training.pretrain import PretrainConfig, pretrain
from scalescope.training.store import Run
from scalescope.training.together import ENGINE, group_of, train_together

FIT, HELD_OUT = "fit", "held_out"
LEAST_WORK = 2e9  # FLOPs that starting and evaluating a run cost, whatever its length; for even packs only
OWN = ("kind", "objective", "seed", "batch_size", "beta2", "learning_rate", "steps", "rows")  # settings in the table
Told = Callable[[int, int], None]


@dataclass(frozen=True)
class Planned:
    """One run of a study: its configuration, the text it is trained on, and what it is for.

    role: FIT, or HELD_OUT for a run that is forecast before it is trained. text: STANDARD or the name of a dialect.
    pretraining: the configuration of the run it goes on from, None for one that starts from its initialisation.
    """

    role: str
    config: PretrainConfig
    text: str = STANDARD
    pretraining: PretrainConfig | None = None


class Texts:
    """The pretraining text of a profile, the same in rows of another length, and its dialects.

    Each is encoded on first use. rows and heldout_tokens: of every dialect. contexts: other lengths of a row, in
    tokens; their texts are called as `context_text` says. probed: whether runs on dialects are asked for skills too.
    """

    def __init__(
        self,
        profile: Profile,
        dialects: dict[str, DialectSection],
        rows: int,
        heldout_tokens: int,
        contexts: Sequence[int] = (),
        probed: bool = False,
    ):
        self.probed = probed
        self.prepared: Prepared = stages.prepare(profile)
        self.contexts = {context_text(length): stages.prepare(with_context(profile, length)) for length in contexts}
        self.dialects = {
            name: DialectText(self.prepared, amounts.model_dump(), rows, heldout_tokens)
            for name, amounts in dialects.items()
        }

    def __getitem__(self, name: str) -> Prepared | DialectText:
        """The text called `name`; raises UnknownName."""
        if name == STANDARD:
            return self.prepared
        if name in self.contexts:
            return self.contexts[name]
        if name not in self.dialects:
            raise UnknownName("text", name, [STANDARD, *self.contexts, *self.dialects])
        return self.dialects[name]

    def id(self, name: str) -> str:
        """What identifies a text in the configuration of runs."""
        text = self[name]
        return text.corpus_id if isinstance(text, Prepared) else text.id

    def probes(self, name: str) -> Probes | None:
        """What runs on a text are asked about it; None for a text that has nothing to ask, or is not `probed`."""
        if name == STANDARD:
            return self.prepared.probes
        return self.dialects[name].probes if self.probed and name in self.dialects else None

    def table(self) -> pd.DataFrame:
        """One row per dialect: its distances from the text of pretraining (0 to 1), and pieces per word."""
        rows = []
        for name, text in self.dialects.items():
            found = text.distance()
            pieces = text.pieces_per_word()
            rows.append({"text": name, "distance": found.total, **asdict(found), "pieces_per_word": pieces})
        return pd.DataFrame(rows).sort_values("distance", kind="stable", ignore_index=True)


def context_text(length: int) -> str:
    """What the text of pretraining is called in rows of another length."""
    return f"{length} tokens of context"


def with_context(profile: Profile, length: int) -> Profile:
    """The profile with rows of another length, for pretraining alone (its tasks may not fit into them).

    Raises ValueError for fewer than sixteen tokens.
    """
    text = TextSection(**{**profile.text.model_dump(), "sequence_length": length})
    return profile.model_copy(update={"text": text})


def branch(profile: Profile, prepared: Prepared, model: str, objective: str, tokens: int, seed: int) -> PretrainConfig:
    """Pretraining of one model for so many tokens (padding included), as a warm-up-stable-decay branch."""
    spec = profile.model(model)
    config = stages.pretrain_config(profile, prepared, spec, objective)
    steps = token_steps(profile.pretrain, tokens, profile.text.sequence_length)
    return replace(config, schedule="wsd", steps=steps, seed=seed, patience=10**9)


def adapted(
    profile: Profile,
    texts: Texts,
    settings: AdaptSection,
    name: str,
    rows: int,
    rate: float,
    seed: int,
    pretraining: PretrainConfig | None,
    scratch: PretrainConfig,
) -> PretrainConfig:
    """Training on `rows` rows of a dialect, from a pretrained model or from the initialisation of `scratch`."""
    steps = settings.steps(rows)
    return replace(
        scratch,
        data=texts.id(name),
        start=pretraining.id if pretraining else "",
        rows=rows,
        batch_size=min(settings.batch_size, rows),
        steps=steps,
        warmup_steps=max(1, round(settings.warmup_fraction * steps)),
        schedule="linear",
        learning_rate=rate,
        eval_every=max(1, steps // settings.evaluations),
        eval_sequences=max(1, settings.heldout_tokens // profile.text.sequence_length),
        seed=seed,
        engine=ENGINE,
    )


def study_part(profile: Profile, paper: str) -> StudyPart:
    """The part of a profile for the study of one paper; raises ValueError for a profile without it."""
    found = profile.studies and getattr(profile.studies, paper)
    if not found:
        raise ValueError(f"profile {profile.name!r} has no section 'studies.{paper}'; 'studies' and 'studies-smoke' do")
    return found


def packs(planned: Sequence[Planned], count: int) -> list[list[Planned]]:
    """At most `count` parts of about equal work, the same for the same plan; branches of one trunk stay together."""
    units = _units(planned)
    parts: list[list[Planned]] = [[] for _ in range(min(count, len(units)))]
    loads = [0.0] * len(parts)
    for unit in sorted(units, key=lambda unit: -sum(map(_work, unit))):
        place = loads.index(min(loads))
        parts[place] += unit
        loads[place] += sum(map(_work, unit))
    return parts


def train(profile: Profile, texts: Texts, planned: Sequence[Planned], told: Told | None = None) -> list[Run]:
    """Train or load every run; `told(done, all)` is called after each unit. Order as in `planned`.

    Raises MissingStart where a run goes on from one that is not there.
    """
    note(profile.name, [each.config.id for each in planned])
    runs: dict[str, Run] = {}
    for unit in _units(planned):
        runs |= {run.id: run for run in _train_unit(profile, texts, unit)}
        if told is not None:
            told(len(runs), len({each.config.id for each in planned}))
    return [runs[each.config.id] for each in planned]


def _units(planned: Sequence[Planned]) -> list[list[Planned]]:
    """What is trained in one go: branches of one trunk, or members that read the same batches."""
    units: dict[str, list[Planned]] = {}
    for each in planned:
        config = each.config
        alone = group_of(config) if config.engine else config
        units.setdefault(trunk_id(config) if config.schedule == "wsd" else alone.id, []).append(each)
    return list(units.values())


def _work(each: Planned) -> float:
    """FLOPs of a run, roughly, with its logits (one token in seven has some)."""
    config = each.config
    per_token = 6 * (config.encoder.parameters + config.encoder.vocabulary_size * config.encoder.hidden / 7)
    return LEAST_WORK + config.steps * config.batch_size * config.encoder.max_length * per_token


def _train_unit(profile: Profile, texts: Texts, unit: list[Planned]) -> list[Run]:
    first = unit[0]
    use_threads(first.config.encoder.parameters)
    corpora = texts[first.text].corpus("train"), texts[first.text].corpus("heldout")
    clock, store, probes = cost.clock(), stages.store(), texts.probes(first.text)
    if first.config.schedule == "wsd":
        note(profile.name, [], [trunk_id(first.config)])
        steps = [each.config.steps for each in unit]
        with clock:
            return train_branches(first.config, steps, *corpora, store, clock.telling(None), probes)
    if first.config.engine:
        return train_together([each.config for each in unit], *corpora, store, clock.telling(None), clock)
    return [pretrain(each.config, *corpora, store, clock.telling(None), clock, probes) for each in unit]


def runs_table(study: str, texts: Texts, planned: Iterable[Planned]) -> pd.DataFrame:
    """The finished runs among `planned` as rows of the table "runs", in the order of the plan."""
    distances = dict.fromkeys([STANDARD, *texts.contexts], 0.0) | {
        name: text.distance().total for name, text in texts.dialects.items()
    }
    found = [(each, stages.store().find(each.config.id)) for each in planned]
    rows = [_row(study, distances[each.text], each, run) for each, run in found if run is not None]
    return check(pd.DataFrame(rows, columns=COLUMNS["runs"]), "runs")


def need_all(study: str, profile: Profile, texts: Texts, planned: Sequence[Planned]) -> pd.DataFrame:
    """Table "runs" of all of `planned`; raises NotFinished where one is missing, naming the command that trains it."""
    table = runs_table(study, texts, planned)
    missing = {each.config.id for each in planned} - set(table["run_id"])
    if missing:
        raise stages.NotFinished(
            f"{len(missing)} of {len(planned)} runs of {study} are not there, such as {min(missing)}; "
            f"`scalescope studies {study} --profile {profile.name}` trains them"
        )
    return table


def _row(study: str, distance: float, each: Planned, run: Run) -> dict:
    config, summary, start = each.config, run.manifest["summary"], each.pretraining
    heldout = run.curve[run.curve["split"] == "heldout"]
    before = heldout[heldout["step"] == 0]["loss"]
    per_row = summary["tokens"] / (summary["step"] * config.batch_size) if summary["step"] else 0.0
    pretrained = stages.store().find(start.id) if start else None
    own = not config.start and not config.rows  # pretraining, on whatever text
    return {
        "study": study,
        "role": each.role,
        "text": each.text,
        "distance": distance,
        **{key: getattr(config.encoder, key) for key in ("aspect_ratio", "layers", "parameters")},
        **{key: getattr(config, key) for key in OWN},
        "pretrain_tokens": summary["tokens"] if own else pretrained.manifest["summary"]["tokens"] if pretrained else 0,
        "finetune_tokens": 0 if own else round(config.rows * per_row),
        **{key: summary[key] for key in ("tokens", "flops", "best_step", "loss")},
        "loss_before": float(before.iloc[0]) if len(before) else float("nan"),
        "status": run.manifest["status"],
        "run_id": run.id,
    }
