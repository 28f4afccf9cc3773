"""A truth and a realistic design for every law, shared by the tests of the laws."""

import numpy as np

from scalescope.laws import (
    BrokenLaw,
    ChinchillaLaw,
    DownstreamErrorLaw,
    OvertrainingLaw,
    RectifiedLaw,
    SaturatingLaw,
    ShiftedPowerLaw,
    SigmoidErrorLaw,
    TrajectoryLaw,
    TransferLaw,
    TwiceBrokenLaw,
    VanillaFinetuningLaw,
    WidthDepthLaw,
)


def grid(*axes):
    return np.stack([a.ravel() for a in np.meshgrid(*axes, indexing="ij")], axis=1)


PAIRS = grid(np.geomspace(1e7, 1e10, 6), np.geomspace(5e8, 5e11, 6))
EXAMPLES = np.geomspace(200, 1_638_400, 14)
LONG = np.geomspace(1e6, 1e10, 40)
ONE_BREAK = {"E": 0.2, "b": 3.0, "s_0": 0.05, "s_1": 0.4, "d_1": 1e8, "f_1": 0.5}
SHAPES = grid(np.array([256.0, 512, 1024, 3072]), np.array([3.0, 12, 24, 80]), np.geomspace(1e10, 3e11, 4))
SHAPED = np.column_stack([SHAPES[:, :2], 12 * SHAPES[:, 0] ** 2 * SHAPES[:, 1] + 1e5 * SHAPES[:, 0], SHAPES[:, 2]])
TRUTHS = {
    ShiftedPowerLaw: (np.geomspace(1e4, 1e8, 16), {"E": 1.7, "A": 60.0, "alpha": 0.3}),
    ChinchillaLaw: (PAIRS, {"E": 1.8, "A": 480.0, "B": 2100.0, "alpha": 0.35, "beta": 0.37}),
    OvertrainingLaw: (PAIRS, {"E": 1.8, "a": 210.0, "b": 370.0, "eta": 0.136}),
    DownstreamErrorLaw: (np.linspace(2.2, 5.5, 14), {"epsilon": 0.86, "k": 2.2, "gamma": 0.71}),
    RectifiedLaw: (EXAMPLES, {"B": 300.0, "D_l": 80.0, "beta": 0.45, "E": 0.5}),
    VanillaFinetuningLaw: (EXAMPLES, {"B": 12.0, "beta": 0.3, "E": 0.8}),
    TransferLaw: (
        grid(np.geomspace(1e7, 1e10, 6), np.geomspace(1e5, 1e8, 6)),
        {"A": 700.0, "alpha": 0.25, "G": 5.0, "beta": 0.2, "E": 1.2},
    ),
    TrajectoryLaw: (
        grid(np.geomspace(1e5, 1e7, 5), np.geomspace(1e3, 6e4, 10), 2.0 ** np.array([14, 16, 18, 20])),
        {"N_c": 6e13, "alpha_N": 0.076, "S_c": 2100.0, "alpha_S": 0.76, "B_star": 2e8, "alpha_B": 0.21},
    ),
    BrokenLaw: (LONG, ONE_BREAK),
    TwiceBrokenLaw: (
        LONG, ONE_BREAK | {"s_1": 0.5, "d_1": 2e7, "f_1": 0.4, "s_2": 0.2, "d_2": 1e9, "f_2": 0.3}
    ),
    SaturatingLaw: (LONG, {"E": 0.2, "A": 3e3, "c": 0.5, "alpha": 0.7, "E_0": 0.98}),
    SigmoidErrorLaw: (np.linspace(2.0, 4.0, 24), {"E": 0.2, "A": 0.6, "k": 3.0, "L_0": 2.7}),
    WidthDepthLaw: (
        SHAPED,
        {"E": 1.5, "A_w": 2.9, "A_l": 0.8, "A": 440.0, "B": 35_000.0, "alpha_w": 0.25, "alpha_l": 0.6, "alpha": 0.35,
         "beta": 0.5},
    ),
}  # fmt: skip


def study(kind, noise=0.0, seed=0):
    """Inputs and (noisy) targets of a law's truth."""
    X, truth = TRUTHS[kind]
    exact = kind().predict_many({name: np.array([value]) for name, value in truth.items()}, X)[0]
    return X, exact * np.exp(noise * np.random.default_rng(seed).normal(size=len(exact)))
