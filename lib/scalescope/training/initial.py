"""The encoder that pretraining starts from, as a run of its own: what finetuning from scratch starts from too."""

from __future__ import annotations

from dataclasses import asdict, dataclass

import pandas as pd

from scalescope.model.config import EncoderConfig
from scalescope.model.encoder import Encoder
from scalescope.paths import run_id
from scalescope.tables import SCRATCH
from scalescope.training.device import own_randomness
from scalescope.training.store import Run, Store


@dataclass(frozen=True)
class InitialConfig:
    """What determines an initial encoder: its shape and seed. No setting of pretraining does."""

    encoder: EncoderConfig
    seed: int
    objective: str = SCRATCH

    def facts(self) -> dict:
        """The configuration as a dict."""
        return asdict(self) | {"encoder": self.encoder.facts()}

    @property
    def id(self) -> str:
        """Id of the run: "pretrain-scratch-<model>-<hash>"."""
        return run_id(f"pretrain-{self.objective}-{self.encoder.name}", self.facts())


def initial(config: InitialConfig, store: Store) -> Run:
    """Write an encoder without training, or return the run that is there: finished, no tokens, no loss.

    Its weights are those that `pretrain` starts from with the same shape and seed.
    """
    with store.claim(config.id) as done:
        if done is not None:
            return done
        with own_randomness():
            weights = Encoder(config.encoder, seed=config.seed).state_dict()
        summary = {"step": 0, "tokens": 0, "flops": 0, "best_step": 0, "loss": None, "stopped": "not trained"}
        manifest = {
            "kind": "pretrain",
            "status": "finished",
            "config": config.facts(),
            "summary": summary,
            "reason": "",
        }
        curve = pd.DataFrame(columns=["step", "tokens", "split", "loss"])
        return store.write(config.id, manifest=manifest, curve=curve, metrics=pd.DataFrame([summary]), weights=weights)
