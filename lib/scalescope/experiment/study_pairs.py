"""The runs of a study on each of its texts: how well they do where they were not trained."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from scalescope.experiment import stages
from scalescope.experiment.study_runs import Planned, Texts
from scalescope.training.device import use_threads
from scalescope.training.pretrain import loss_on

COLUMNS = ["run_id", "text", "evaluated_on", "loss"]


def losses(texts: Texts, planned: Sequence[Planned]) -> pd.DataFrame:
    """Held-out loss in nats of every finished run on every text among `planned`, one row per pair (COLUMNS).

    On its own text a run has the loss that training recorded; on others its kept weights are evaluated.
    """
    heldout = {text: texts[text].corpus("heldout") for text in dict.fromkeys(each.text for each in planned)}
    rows = []
    for each in planned:
        run = stages.store().find(each.config.id)
        if run is None or run.failed:
            continue
        use_threads(each.config.encoder.parameters)
        for text, corpus in heldout.items():
            own = text == each.text
            loss = run.manifest["summary"]["loss"] if own else loss_on(run, each.config, corpus)
            rows.append((run.id, each.text, text, loss))
    return pd.DataFrame(rows, columns=COLUMNS)
