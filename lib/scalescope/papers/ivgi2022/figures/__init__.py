"""The figures of Ivgi 2022, live or published: `figN_data` gives what a figure draws, `draw_figN` draws it."""

from __future__ import annotations

from scalescope.papers.ivgi2022.figures.budgets import budgets_data, draw_budgets
from scalescope.papers.ivgi2022.figures.laws import (
    draw_fig1,
    draw_fig2,
    draw_fig3,
    draw_fig4,
    draw_fig_both,
    fig1_data,
    fig2_data,
    fig3_data,
    fig4_data,
    fig_both_data,
    tuned_both_ways,
)
from scalescope.papers.ivgi2022.figures.method import (
    draw_fig5,
    draw_fig6,
    draw_fig7,
    draw_fig8,
    fig5_data,
    fig6_data,
    fig7_data,
    fig8_data,
    patience_acts,
)
from scalescope.papers.ivgi2022.figures.skills import draw_skills, skills_data
from scalescope.papers.ivgi2022.figures.tools import diagnosis_data, draw_diagnosis, draw_selection, selection_data
from scalescope.papers.ivgi2022.figures.transfer import draw_gain, draw_transfer, gain_data, transfer_data

__all__ = [
    "CAPTIONS",
    "DRAW",
    "SLUGS",
    "budgets_data",
    "diagnosis_data",
    "draw_budgets",
    "draw_diagnosis",
    "draw_fig1",
    "draw_fig2",
    "draw_fig3",
    "draw_fig4",
    "draw_fig5",
    "draw_fig6",
    "draw_fig7",
    "draw_fig8",
    "draw_fig_both",
    "draw_gain",
    "draw_selection",
    "draw_skills",
    "draw_transfer",
    "fig1_data",
    "fig2_data",
    "fig3_data",
    "fig4_data",
    "fig5_data",
    "fig6_data",
    "fig7_data",
    "fig8_data",
    "fig_both_data",
    "gain_data",
    "patience_acts",
    "selection_data",
    "skills_data",
    "transfer_data",
    "tuned_both_ways",
]

FIGURES = {  # name of the files, and what draws the figure from its CSV
    1: ("fig1_squad_against_mrpc", draw_fig1),
    2: ("fig2_pretraining_loss", draw_fig2),
    3: ("fig3_finetuning_laws", draw_fig3),
    4: ("fig4_tuning", draw_fig4),
    5: ("fig5_bootstraps", draw_fig5),
    6: ("fig6_patience", draw_fig6),
    7: ("fig7_finetuning_loss", draw_fig7),
    8: ("fig8_answerable", draw_fig8),
    "both": ("fig3_beside_the_paper", draw_fig_both),
    "diagnosis": ("diagnosis", draw_diagnosis),
    "selection": ("selection", draw_selection),
    "skills": ("skills", draw_skills),
    "transfer": ("transfer", draw_transfer),
    "gain": ("transfer_gain", draw_gain),
    "budgets": ("budgets", draw_budgets),
}
SLUGS = {key: slug for key, (slug, _) in FIGURES.items()}
DRAW = dict(FIGURES.values())
BARS = (
    "Bars: square root of the variance between seeds plus that of the evaluation sample, where its examples are known; "
    "else the standard deviation over seeds."
)
CAPTIONS = {
    "fig1_squad_against_mrpc": "Top: a task whose error follows a power law in the paper (SQuAD 1.1) and one "
    "where it does less so (MRPC), both tuned. Bottom, if it was run both ways: SQuAD 1.1 with and without tuning. "
    + BARS,
    "fig2_pretraining_loss": "Pretraining loss against model size, both objectives, each aspect ratio. "
    "Shaded: 95 % of the bootstrapped laws; stars: the held-out target, in no fit.",
    "fig3_finetuning_laws": "Finetuning error against model size on nine tasks, MLM and PMI. Points: means over seeds; "
    "shaded: 95 % of the bootstrapped laws; dashed: majority baseline; stars: the held-out target, in no fit. " + BARS,
    "fig4_tuning": "The same nine tasks, tuned at every size and with the largest model's hyperparameters. " + BARS,
    "fig5_bootstraps": "95 % of the laws bootstrapped from sizes and then seeds (hierarchical), and from all "
    "points alike (naive), on the four tasks of the paper's figure. " + BARS,
    "fig6_patience": "Best evaluation loss so far of the largest model, whole and zoomed. Marks: where each "
    "patience (steps without a lower loss) would have stopped it, and how far the loss it would have kept is above the "
    "best.",
    "fig7_finetuning_loss": "Evaluation loss of finetuning over that of a uniform guess, ln(classes), against "
    "model size. Held against figure 3 it says which of the two follows the cleaner law.",
    "fig8_answerable": "SQuAD 2.0 models under their own metric and under that of SQuAD 1.1 on the answerable "
    "questions (HasAns), beside SQuAD 1.1 models. Bars as in figure 3; of HasAns those of the seeds alone.",
    "diagnosis": "Each pretraining run of the ladder against the interval that the other scales predict for it (MLM).",
    "selection": "The difference between objectives that the laws predict for the target, and the one measured.",
    "fig3_beside_the_paper": "The paper's points and these runs on the same axes (MLM, tuned), the same law fitted in "
    "the same way over the sizes of each. Of real tasks, titles tell how many of the paper's train rows these had.",
    "skills": "What pretraining has taught: the share of masked verdicts, answers and names that the model fills in "
    "wrongly, against tokens seen. Darker: larger models.",
    "transfer": "Finetuning error of each size from its initialisation and after pretraining, tuned in the same way on "
    "the same examples. " + BARS,
    "budgets": "Finetuning error of one model against the tokens it was pretrained on (warm-up, stable, decay at each "
    "budget). Green: finetuned from its initialisation. " + BARS,
    "transfer_gain": "Error from scratch minus error after pretraining. Bars: 95 % intervals over seeds and evaluation "
    "examples, paired. Where they hold zero, pretraining has made no difference that these runs could show.",
}
