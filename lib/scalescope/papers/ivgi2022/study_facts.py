"""How the runs behind a law of Ivgi 2022 came about: the items of a fit card that only their authors can tell."""

from __future__ import annotations

from scalescope.data.encoded import of_task
from scalescope.experiment.profile import Profile, load_profile
from scalescope.papers.ivgi2022.claims import PUBLISHED

OF_PAPER = {
    "measured": "1 - metric on the task's development set; the metrics are those of table 1",
    "flops": "6 N D, N without embeddings (not printed; used for the table of compute saved)",
    "text": "English Wikipedia, dump of 2020-05-01",
    "shapes": "H = 32 L with 4 heads, L = 1 to 8; the target H = 64 L with 12 heads, L = 12 (BERT-Base)",
    "schedule": "pretraining: batch 256, rate 1e-4, linear, 10,000 of 500,000 steps warm-up; finetuning: batch 64, "
    "constant rate after 10 % warm-up",
    "checkpoints": "the best one by evaluation loss (pretraining) and by the metric (finetuning)",
    "convergence": "stopped after 1,500 steps without a lower evaluation loss, BERT-Base after 7,500",
    "released": "neither code nor runs; points read from the figures, which are vector graphics",
}


def study_facts(source: str, task: str) -> dict[str, str]:
    """Items `card.STUDY` of one task's law: of the paper for "published", else of the profile with this name.

    Raises UnknownName for a profile that does not exist.
    """
    return OF_PAPER if source == PUBLISHED else _of_profile(load_profile(source), task)


def _of_profile(profile: Profile, task: str) -> dict[str, str]:
    settings, text, tuning = profile.pretrain, profile.text, profile.finetune
    seen = settings.steps * settings.batch_size * text.sequence_length
    options = ", ".join(f"{name} {value}" for name, value in profile.source.options.items())
    ladder, target = profile.models.ladder, profile.models.target
    rows = of_task(tuning.eval_rows, task)
    patient = settings.patience < settings.steps
    return {
        "measured": f"1 - metric on {f'{rows:,}' if rows else 'all'} evaluation examples of the source",
        "flops": "6 N D, N without embeddings",
        "text": f"{profile.source.kind}" + (f" ({options})" if options else "")
        + f", up to {text.train_tokens:,} tokens of a vocabulary of {text.vocabulary_size:,}",
        "epochs": f"{seen / text.train_tokens:.2g} ({seen:,} tokens in {settings.steps:,} steps)",
        "shapes": f"H = {ladder.aspect_ratio} L with {ladder.heads} heads, L = {', '.join(map(str, ladder.layers))}; "
        f"the target H = {target.aspect_ratio} L, L = {', '.join(map(str, target.layers))}",
        "schedule": f"pretraining: batch {settings.batch_size}, rate {settings.learning_rate:g}, {settings.schedule}, "
        f"{settings.warmup_steps:,} steps warm-up; finetuning: batch {of_task(tuning.batch_size, task)}, "
        f"{tuning.schedule}, {tuning.warmup_fraction:.0%} warm-up, {of_task(tuning.epochs, task)} epoch(s) of "
        f"{of_task(tuning.train_rows, task) or 'all'} examples",
        "checkpoints": "the best one by held-out loss (pretraining) and by the metric (finetuning)",
        "convergence": f"stopped after {settings.patience:,} steps without a lower loss" if patient
        else "not trained to convergence: the same number of steps for all sizes",
        "released": f"profiles/{profile.name}.yaml; ids of all runs in data/results/{profile.name}/points.csv",
    }  # fmt: skip
