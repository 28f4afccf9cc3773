"""The figures of Ivgi 2022 from live or published tables: each gives the Figure and the numbers it draws."""

from __future__ import annotations

from scalescope.papers.ivgi2022.figures.budgets import figure_budgets
from scalescope.papers.ivgi2022.figures.laws import figure1, figure2, figure3, figure4, figure_both
from scalescope.papers.ivgi2022.figures.method import figure5, figure6, figure7, figure8
from scalescope.papers.ivgi2022.figures.skills import figure_skills
from scalescope.papers.ivgi2022.figures.tools import figure_diagnosis, figure_selection
from scalescope.papers.ivgi2022.figures.transfer import figure_gain, figure_transfer

__all__ = [
    "CAPTIONS",
    "SLUGS",
    "figure1",
    "figure2",
    "figure3",
    "figure4",
    "figure5",
    "figure6",
    "figure7",
    "figure8",
    "figure_both",
    "figure_budgets",
    "figure_diagnosis",
    "figure_gain",
    "figure_selection",
    "figure_skills",
    "figure_transfer",
]

SLUGS = {
    1: "fig1_squad_against_mrpc",
    2: "fig2_pretraining_loss",
    3: "fig3_finetuning_laws",
    4: "fig4_tuning",
    5: "fig5_bootstraps",
    6: "fig6_patience",
    7: "fig7_finetuning_loss",
    8: "fig8_answerable",
    "both": "fig3_beside_the_paper",
    "diagnosis": "diagnosis",
    "selection": "selection",
    "skills": "skills",
    "transfer": "transfer",
    "gain": "transfer_gain",
    "budgets": "budgets",
}
BARS = (
    "Bars: square root of the variance between seeds plus that of the evaluation sample, where its examples are known; "
    "else the standard deviation over seeds."
)
CAPTIONS = {
    "fig1_squad_against_mrpc": "Top: a task whose error follows a power law in the paper (SQuAD 1.1) and one "
    "where it does less so (MRPC), both tuned. Bottom: SQuAD 1.1 with and without tuning. " + BARS,
    "fig2_pretraining_loss": "Pretraining loss against model size, both objectives, each aspect ratio. "
    "Shaded: 95 % of the bootstrapped laws; stars: the held-out target, in no fit.",
    "fig3_finetuning_laws": "Finetuning error against model size on nine tasks, MLM and PMI. Points: means over seeds; "
    "shaded: 95 % of the bootstrapped laws; dashed: majority baseline; stars: the held-out target, in no fit. " + BARS,
    "fig4_tuning": "The same nine tasks, tuned at every size and with the largest model's hyperparameters. " + BARS,
    "fig5_bootstraps": "95 % of the laws bootstrapped from sizes and then seeds (hierarchical), and from all "
    "points alike (naive), on the four tasks of the paper's figure. " + BARS,
    "fig6_patience": "Best evaluation loss so far of the largest model, whole and zoomed. Marks: where each "
    "patience (steps without a lower loss) would have stopped it, and the loss it would have kept.",
    "fig7_finetuning_loss": "Evaluation loss of finetuning over that of a uniform guess, ln(classes), against "
    "model size. Held against figure 3 it says which of the two follows the cleaner law.",
    "fig8_answerable": "SQuAD 2.0 models under their own metric and under that of SQuAD 1.1 on the answerable "
    "questions, beside SQuAD 1.1 models. Bars as in figure 3; on answerable questions those of the seeds alone.",
    "diagnosis": "Each pretraining run of the ladder against the interval that the other scales predict for it (MLM).",
    "selection": "The difference between objectives that the laws predict for the target, and the one measured.",
    "fig3_beside_the_paper": "The paper's points and these runs on the same axes (MLM, tuned): other data, other "
    "sizes, the same law fitted in the same way. Each law is drawn over its own sizes.",
    "skills": "What pretraining has taught: the share of masked verdicts, answers and names that the model fills in "
    "wrongly, against tokens seen. Darker: larger models.",
    "transfer": "Finetuning error of each size from its initialisation and after pretraining, tuned in the same way on "
    "the same examples. " + BARS,
    "budgets": "Finetuning error of one model against the tokens it was pretrained on (warm-up, stable, decay at each "
    "budget). Green: finetuned from its initialisation. " + BARS,
    "transfer_gain": "Error from scratch minus error after pretraining. Bars: 95 % intervals over seeds and evaluation "
    "examples, paired. Where they hold zero, pretraining has made no difference that these runs could show.",
}
