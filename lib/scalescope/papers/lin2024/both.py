"""Names that the published study and our own runs share, so that one notebook shows either."""

FIGURES: dict[str, tuple[int | None, str | None]] = {  # the published figure, and that of our runs
    "curves": (1, "live_curves"),
    "rmsd": (2, "live_rmsd"),
    "phase_transition": (3, None),
    "selection": (4, "live_selection"),
}
COLUMNS: dict[str, dict[str, str]] = {}  # tables that both have have the same columns
OPTIONAL = {"fits": ("n_points",), "selection": ("regret",)}  # columns that one of the two has
LACKING = {  # tables and figures that one of the two has, in words
    "rates": "learning rates",
    "slopes": "slopes without a law",
    "contests": "intervals over drawn zoos",
    "forecasts": "sealed forecasts",
    "claims": "claims",
    "comparison": "numbers that the authors report",
    "ablation": "ablation of AtS",
    "phase_transition": "figure of where the pre-power phase ends; the table above has it for every curve",
}
