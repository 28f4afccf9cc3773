"""A finished run on a text that it was not trained for."""

from __future__ import annotations

from scalescope.data.corpus import Corpus
from scalescope.data.masking import Masker
from scalescope.model.encoder import Encoder
from scalescope.training.device import own_randomness, pick_device
from scalescope.training.evaluation import evaluate
from scalescope.training.loop import evaluation_batches
from scalescope.training.pretrain import PretrainConfig
from scalescope.training.store import Run


def loss_on(run: Run, config: PretrainConfig, heldout: Corpus) -> float:
    """Held-out loss in nats per masked token of the kept weights of a run, measured as its own is.

    config: the configuration of the run. heldout: of any text in the same pieces; on that of the run itself this is its
    recorded loss. Raises ValueError for a text of another vocabulary, FileNotFoundError for a run without weights.
    """
    if heldout.vocabulary_size != config.encoder.vocabulary_size:
        raise ValueError(
            f"run {run.id} knows {config.encoder.vocabulary_size} pieces, the text has {heldout.vocabulary_size}"
        )
    with own_randomness():
        model = Encoder(config.encoder, seed=config.seed).to(pick_device())
    model.load_state_dict(run.weights())
    masker = Masker(config.objective, heldout.vocabulary_size, rate=config.mask_rate)
    return float(evaluate(model, list(evaluation_batches(heldout, masker, config.eval_sequences)), config.precision))
