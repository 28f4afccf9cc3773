"""The gallery: figures/README.md, written from what lies in the folder."""

from __future__ import annotations

from pathlib import Path

from scalescope import files
from scalescope.papers.alabdulmohsin2022 import figures as alabdulmohsin2022
from scalescope.papers.barnett2024 import figures as barnett2024
from scalescope.papers.besiroglu2024 import figures as besiroglu2024
from scalescope.papers.gadre2024 import figures as gadre2024
from scalescope.papers.gadre2024 import small_figures as gadre2024_small
from scalescope.papers.gadre2024 import text_figures as gadre2024_texts
from scalescope.papers.gemstones2025 import figures as gemstones2025
from scalescope.papers.ivgi2022 import figures as ivgi2022
from scalescope.papers.lin2024 import figures as lin2024
from scalescope.papers.lin2024 import small_figures as lin2024_small
from scalescope.papers.su2024 import figures as su2024
from scalescope.plotting import five_laws, forecast

KNOWN = (
    forecast,
    five_laws,
    ivgi2022,
    alabdulmohsin2022,
    besiroglu2024,
    gadre2024,
    gadre2024_small,
    gadre2024_texts,
    gemstones2025,
    lin2024,
    lin2024_small,
    barnett2024,
    su2024,
)
CAPTIONS = {name: text for module in KNOWN for name, text in module.CAPTIONS.items()}
PAPERS = {
    "forecasts": "the record of forecasts",
    "five_laws": "five laws on one campaign",
    "ivgi2022": "Ivgi, Carmon and Berant (2022), *Scaling Laws Under the Microscope*",
    "alabdulmohsin2022": "Alabdulmohsin et al. (2022), *Revisiting neural scaling laws in language and vision*",
    "besiroglu2024": "Besiroglu et al. (2024), *Chinchilla scaling: a replication attempt*",
    "gadre2024": "Gadre et al. (2024), *Language models scale reliably with over-training and on downstream tasks*",
    "gemstones2025": "McLeish et al. (2025), *Gemstones: a model suite for multi-faceted scaling laws*",
    "barnett2024": "Barnett (2024), *An Empirical Study of Scaling Laws for Transfer*",
    "su2024": "Su et al. (2024), *Unraveling the Mystery of Scaling Laws: Part I*",
    "lin2024": "Lin et al. (2024), *Selecting large language model to fine-tune via rectified scaling law*",
}
COMMANDS = {
    "wikipedia": "make reproduce PROFILE=wikipedia DATA=<folder>",
    "published": "scalescope published",  # its CSVs leave out what the papers themselves measured
    "published/forecasts": "scalescope forecast calibration",
    "published/ivgi2022": "scalescope study published",
    "studies": "make studies",
    "studies-world3": "make studies PROFILE=studies-world3",
    "studies-wikipedia": "make study STUDY=gadre2024 PROFILE=studies-wikipedia DATA=<folder>",
    "diagnose": "scalescope notebooks refresh ivgi2022/80_diagnose",
}
SMOKE = ("smoke", "studies-smoke")  # profiles of tests
HEAD = """\
# Figures

Written by `scalescope gallery` from what lies in this folder; do not edit. Each figure is there as PNG, as SVG, as PDF
at the width of a paper's columns, and as a CSV of the numbers it draws, from which it can be drawn again. Error bars
are one standard deviation over seeds, where nothing else is said. What is missing was not run yet.
"""


def write_gallery(folder: Path) -> Path:
    """Write `README.md` into `folder` (layout `<profile>/<paper>/<figure>.png`) and return its path.

    What is not committed (SMOKE) is left out. Raises FileNotFoundError if the folder is not there.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise FileNotFoundError(f"no folder of figures at {folder}")
    parts = [HEAD]
    for profile in sorted(path.name for path in folder.iterdir() if path.is_dir() and path.name not in SMOKE):
        for paper in sorted(path.name for path in (folder / profile).iterdir() if path.is_dir()):
            command = COMMANDS.get(f"{profile}/{paper}") or COMMANDS.get(profile, f"make reproduce PROFILE={profile}")
            parts += _section(folder, profile, paper, command)
    target = folder / "README.md"
    files.write_text(target, "\n".join(parts))
    return target


def _section(folder: Path, profile: str, paper: str, command: str) -> list[str]:
    names = sorted(path.stem for path in (folder / profile / paper).glob("*.png"))
    if not names:
        return []
    lines = [f"## {profile}: {PAPERS.get(paper, paper)}\n", f"Made by `{command}`.\n"]
    for name in names:
        place = f"{profile}/{paper}/{name}"
        caption = CAPTIONS.get(name, name.replace("_", " "))
        others = [s for s in ("svg", "pdf", "csv") if (folder / f"{place}.{s}").exists()]
        links = " · ".join(f"[{suffix.upper()}]({place}.{suffix})" for suffix in others)
        lines += [f"### {name}\n", f"![{name}]({place}.png)\n", caption + (f" {links}" if links else "") + "\n"]
    return lines
