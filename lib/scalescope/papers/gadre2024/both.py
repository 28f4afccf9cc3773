"""Names that the published study and our own runs share, so that one notebook shows either."""

FIGURES: dict[str, tuple[int | None, str | None]] = {  # the published figure, and that of our runs
    "extrapolation": (1, "overtraining_texts"),
    "loss_against_compute": (2, "overtraining"),
    "error_from_loss": (3, "error_from_loss"),
    "every_run": (4, None),
    "pairs": (5, "text_pairs"),
}
COLUMNS = {  # of tables that both have: the name in either -> the name for both
    "fits": {"dataset": "text", "standard_error": "value_pm", "low": "value_low", "high": "value_high"},
    "predictions": {"dataset": "text", "task": "average"},
}
OPTIONAL = {"fits": ("n_points",), "predictions": ("law", "model")}  # columns that one of the two has
LACKING = {  # tables and figures that one of the two has, in words
    "skills": "accuracies of single skills",
    "sensitivity": "fits without the shortest or smallest runs",
    "texts": "table of texts",
    "claims": "claims",
    "comparison": "numbers that the authors report",
    "every_run": "heat map of each text alone; those of all pairs, below, have every run",
}
