import numpy as np
import pandas as pd
import pytest

from scalescope.papers.ivgi2022 import figures as ivgi2022
from scalescope.papers.ivgi2022.figures.transfer import draw_gain, draw_transfer
from scalescope.plotting import save
from scalescope.tables import COLUMNS


@pytest.fixture
def transfer():
    """Two tasks; PMI gains 0.1 at the ladder's sizes and loses 0.05 at the target."""
    rows = []
    for task in ("sst2", "mrpc"):
        for role, parameters in (("ladder", 1000), ("ladder", 8000), ("target", 90000)):
            for objective in ("mlm", "pmi"):
                gain = 0.0 if objective == "mlm" else -0.05 if role == "target" else 0.1
                rows.append(
                    {
                        "objective": objective,
                        "role": role,
                        "parameters": parameters,
                        "task": task,
                        "error_scratch": 0.5,
                        "bar_scratch": 0.02,
                        "error_pretrained": 0.5 - gain,
                        "bar_pretrained": 0.03,
                        "gain": gain,
                        "low": gain - 0.04,
                        "high": gain + 0.04,
                    }
                )
    return pd.DataFrame(rows).reindex(columns=COLUMNS["transfer"])


TASKS = pd.DataFrame({"task": ["sst2", "mrpc", "cola"], "majority": [0.51, 0.68, 0.0]})


def test_errors_of_the_control_stand_once_beside_both_objectives(transfer):
    data = ivgi2022.transfer_data(transfer, TASKS)
    figure = draw_transfer(data)
    assert len(figure.axes) == 9
    points = data[data["kind"] == "point"]
    assert points.groupby("series").size().to_dict() == {"from scratch": 6, "MLM": 6, "PMI": 6}
    assert points["err_high"].sub(points["value"]).groupby(points["series"]).first().round(3).to_dict() == {
        "from scratch": 0.02,
        "MLM": 0.03,
        "PMI": 0.03,
    }
    baselines = data[data["kind"] == "baseline"].set_index("panel")["value"]
    assert baselines.to_dict() == pytest.approx({"sst2": 0.49, "mrpc": 0.32})
    shown = {ax.get_title(loc="left"): ax for ax in figure.axes}
    assert shown["SST-2"].get_yscale() == "log" and shown["MNLI"].texts[0].get_text() == "no runs"
    drawn = [line for line in shown["SST-2"].get_lines() if line.get_marker() == "*"]
    places = {float(line.get_transform().transform(line.get_xydata())[0, 0]) for line in drawn}
    assert len(drawn) == len(places) == 3, "no star hides another"


def test_gains_have_their_intervals_and_a_line_at_zero(transfer):
    data = ivgi2022.gain_data(transfer)
    figure = draw_gain(data)
    assert set(data["series"]) == {"MLM", "PMI"} and len(data) == 12
    target = data.query("series == 'PMI' and role == 'target'")
    np.testing.assert_allclose(target[["value", "err_low", "err_high"]].to_numpy(float), [[-0.05, -0.09, -0.01]] * 2)
    shown = {ax.get_title(loc="left"): ax for ax in figure.axes}["SST-2"]
    assert any(list(line.get_ydata()) == [0, 0] for line in shown.get_lines())
    low, high = shown.get_ylim()
    assert low < -0.09 and high > 0.14


def test_an_interval_without_an_end_leaves_the_axes(transfer):
    table = transfer.assign(low=-np.inf, high=np.inf)
    panels = [ax for ax in draw_gain(ivgi2022.gain_data(table)).axes[:9] if ax.collections]
    assert panels
    for shown in panels:
        low, high = shown.get_ylim()
        assert high - low < 1
        for bars in shown.collections:
            assert all(bar[:, 1].min() < low and bar[:, 1].max() > high for bar in bars.get_segments())


def test_each_figure_can_be_drawn_again_from_its_csv(transfer, tmp_path):
    drawn = {
        "transfer": (ivgi2022.transfer_data(transfer, TASKS), draw_transfer),
        "gain": (ivgi2022.gain_data(transfer), draw_gain),
    }
    for name, (data, draw) in drawn.items():
        first = save(draw, data, tmp_path / "a", name)
        again = save(draw, pd.read_csv(first[3]), tmp_path / "b", name)
        assert [path.read_bytes() for path in first] == [path.read_bytes() for path in again]


def test_no_control_gives_empty_panels(transfer):
    for data, draw in (
        (ivgi2022.transfer_data(transfer.head(0), TASKS), draw_transfer),
        (ivgi2022.gain_data(transfer.head(0)), draw_gain),
    ):
        assert data.empty and all(ax.texts[0].get_text() == "no runs" for ax in draw(data).axes)
