"""The data that other papers published, as tidy tables: loaded from their own repositories, never copied here."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from scalescope.errors import check_name
from scalescope.papers.alabdulmohsin2022 import data as alabdulmohsin2022
from scalescope.papers.besiroglu2024 import data as besiroglu2024
from scalescope.papers.fetch import MissingData, fetch, here
from scalescope.papers.gadre2024 import data as gadre2024
from scalescope.papers.gemstones2025 import data as gemstones2025
from scalescope.papers.lin2024 import data as lin2024
from scalescope.tables import check

READERS = {
    "alabdulmohsin2022": alabdulmohsin2022.read,
    "besiroglu2024": besiroglu2024.read,
    "gadre2024": gadre2024.read,
    "gemstones2025": gemstones2025.read,
    "lin2024": lin2024.read,
}
PAPERS = tuple(READERS)

__all__ = ["PAPERS", "MissingData", "fetch", "here", "load"]


def load(paper: str, *, folder: Path | None = None, download: bool = True) -> pd.DataFrame:
    """The published data of one paper as a tidy table (columns: `tables.COLUMNS[paper]`).

    gadre2024: one row per model and evaluation, loss in nats per token or error in [0, 1]. lin2024: one row per
    data set, model and number of finetuning examples (0: not finetuned), loss as published. besiroglu2024: one
    row per run, loss in nats per token, tokens = flops / (6 parameters). gemstones2025: one row per selection, model
    and checkpoint, loss in nats per token. alabdulmohsin2022: one row per curve and number of seen examples. Files come
    from `folder`, else from the cache, else (`download`) from their repositories; each is checked against its sha256.
    Raises UnknownName for another paper and MissingData where files are neither there nor to be had.
    """
    check_name("published paper", paper, READERS)
    return check(READERS[paper](fetch(paper, folder=folder, download=download)), paper)
