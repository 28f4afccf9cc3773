"""Column names, units and checks of every table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scalescope.errors import check_name, nearest

if TYPE_CHECKING:
    import pandas as pd


MODEL = ["profile", "source", "objective", "role", "aspect_ratio", "layers", "heads", "hidden", "parameters"]

SCRATCH = "scratch"  # objective of the control that was never pretrained: finetuned from its initialisation

COLUMNS: dict[str, list[str]] = {
    # pretrain_seed: seed of the pretraining (of the initialisation, for "scratch")
    # one row per (model, objective, pretrain_seed): tokens seen, flops 6 N D, best held-out loss in nats per masked
    # token
    "pretrain": [
        *MODEL, "pretrain_seed", "tokens", "flops", "step", "best_step", "stopped", "status", "loss", "run_id",
    ],
    # one row per token budget of a campaign (warm-up, stable, decay): "pretrain" and the budget asked for
    "campaign": [
        *MODEL, "pretrain_seed", "budget_tokens", "tokens", "flops", "step", "best_step", "stopped", "status", "loss",
        "run_id",
    ],
    # one row per token budget, task and finetuning seed of one model: tokens and loss of the pretraining, the rest of
    # the finetuning at the rate that tuning found for this model and task
    "budgets": [
        *MODEL, "budget_tokens", "tokens", "loss", "task", "metric", "seed", "value", "value_se", "error", "run_id",
    ],
    # one row per evaluation of a pretraining run; loss in nats, split "train" or "heldout"
    "curves": [
        "run_id", "objective", "aspect_ratio", "layers", "parameters", "pretrain_seed", "step", "tokens", "split",
        "loss",
    ],
    # one row per skill and measurement of a pretraining run: share of masked answers that it fills in rightly, and what
    # always giving the most frequent answer would reach
    "skills": [
        "run_id", "objective", "role", "aspect_ratio", "layers", "parameters", "pretrain_seed", "step", "tokens",
        "skill", "accuracy", "chance",
    ],
    # one row per run of a live study. kind: "pretrain" or "adapt" (goes on from another run); text: "standard" (that of
    # pretraining) or a dialect, at this distance from it; rows: of the text it trains on (0: all); pretrain_tokens:
    # seen in pretraining, 0 from scratch; finetune_tokens: different tokens of the dialect in its training rows;
    # tokens: seen by this run, repeats included; loss: best held-out loss of the text in nats, loss_before: that of the
    # model it starts from
    "runs": [
        "study", "role", "kind", "text", "distance", "aspect_ratio", "layers", "parameters", "objective", "seed",
        "batch_size", "beta2", "learning_rate", "steps", "rows", "pretrain_tokens", "finetune_tokens", "tokens",
        "flops", "best_step", "loss", "loss_before", "status", "run_id",
    ],
    # one row per law and held-out run: the forecast (loss in nats, 95 % interval of one new run), sealed before the run
    # was trained. inputs: what the law was asked, name=value; points: sha256 of the table of fitted points
    "forecasts": ["study", "law", "inputs", "run", "mean", "low", "high", "points", "date"],
    # one row per finetuning run; value in metric units, error = 1 - value, loss in nats; value_se: standard error of
    # value (and error) over the evaluation examples; value_answerable: SQuAD 1.1's F1 on the answerable questions of
    # squad_v2, blank for other tasks. The objective "scratch" is the control without pretraining.
    "finetune": [
        *MODEL, "task", "metric", "learning_rate", "pretrain_seed", "seed", "epoch", "value", "value_se", "error",
        "loss", "loss_at_best", "value_answerable", "tokens", "flops", "status", "run_id",
    ],
    # one row per (pretrain_seed, seed) of (model, objective, task, hpt): what the laws read
    "points": [
        *MODEL, "hpt", "task", "metric", "pretrain_seed", "seed", "learning_rate", "epoch", "value", "value_se",
        "error", "loss", "value_answerable",
    ],
    # one row per evaluation example of one finetuning run at its best epoch (see tasks/scoring.py), in its run folder
    "rows": ["example", "label", "predicted", "score"],
    # the same as papers print it: one row per (model, objective, task, hpt), means and sample deviations over
    # n_seeds seeds, blank where not published; whatever reads "points" reads this too
    "summaries": [
        *MODEL, "hpt", "task", "metric", "n_seeds", "value", "value_sd", "error", "error_sd", "loss", "loss_sd",
        "value_answerable", "value_answerable_sd",
    ],
    # one row per (objective, task, model): errors with their bars (see experiment/series.py), gain = error_scratch -
    # error_pretrained with its paired 95 % interval; n_seeds counts pairs (pretrain_seed, seed)
    "transfer": [
        *MODEL, "task", "metric", "n_seeds", "n_rows", "error_scratch", "bar_scratch", "error_pretrained",
        "bar_pretrained", "gain", "low", "high",
    ],
    # one row per (model, objective, task, hpt): spread of its n_seeds pairs (pretrain_seed, seed), and whether they
    # fall into two groups
    "seeds": [
        *MODEL, "hpt", "task", "metric", "n_pretrain_seeds", "n_seeds", "value", "value_sd", "value_se", "gap",
        "gap_se", "spread", "two_groups",
    ],
    # one row per task; unknown_share: [UNK] among the pieces of its rows; unlocated: evaluation answers that lie whole
    # in no window; too_long: those of more tokens than a prediction may have
    "tasks": ["task", "title", "metric", "train", "eval", "majority", "truncated_train", "truncated_eval",
              "tokens_mean", "unknown_share", "unlocated", "too_long"],
    "shortcuts": ["task", "metric", "majority", "bag_of_words", "one_side", "best_possible"],
    # what the jobs of a profile cost: a row per station, the engine, and all; CPU seconds in and out of training
    "cost": ["part", "jobs", "wall_seconds", "cpu_seconds", "training_seconds", "other_seconds", "other_share",
             "idle_share", "peak_mb"],
    # published data, one value a row; token_multiplier is tokens per parameter, quantity is "loss" or "error"
    "gadre2024": ["name", "dataset", "model", "parameters", "parameters_no_embedding", "tokens", "token_multiplier",
                  "flops", "learning_rate", "quantity", "evaluation", "value", "low", "high", "chance"],
    "lin2024": ["dataset", "model", "family", "parameters", "examples", "loss"],
    "besiroglu2024": ["parameters", "tokens", "flops", "token_multiplier", "loss"],
    "gemstones2025": ["selection", "name", "width", "depth", "parameters", "tokens", "flops", "step", "num_nodes",
                      "seconds_per_step", "loss"],
    "alabdulmohsin2022": ["domain", "task", "model", "examples", "loss", "role"],
}  # fmt: skip


def check(frame: pd.DataFrame, table: str) -> pd.DataFrame:
    """Return `frame` with the columns of `table`, in their order.

    Raises UnknownName for an unknown table and ValueError naming each missing or unexpected column.
    """
    check_name("table", table, COLUMNS)
    if not hasattr(frame, "columns"):
        raise ValueError(f"table {table!r} must be a DataFrame; got the {type(frame).__name__} {frame!r:.80}")
    missing = [name for name in COLUMNS[table] if name not in frame.columns]
    extra = [name for name in frame.columns if name not in COLUMNS[table]]
    if missing:
        hint = f"; it has {extra[0]!r}, did you mean {nearest(extra[0], missing)!r}?" if extra else ""
        raise ValueError(f"table {table!r} lacks the column(s) {', '.join(missing)}{hint}")
    if extra:
        raise ValueError(f"table {table!r} has unexpected column(s) {', '.join(extra)}")
    return frame[COLUMNS[table]]
