from __future__ import annotations

import pytest

from scalescope import paths
from scalescope.experiment.profile import load_profile
from scalescope.training.sweep import repeat, sweep
from scalescope.workflow import plan, timing
from scalescope.workflow.jobs import planned


@pytest.fixture
def tiny(project):
    return load_profile("tiny")


def test_number_of_finetuning_runs_is_what_the_sweep_does_at_most(tiny):
    class Done:
        failed = False

        def __init__(self, value):
            self.manifest = {"summary": {"value": value}}

    def train(members):
        return [Done(rate) for rate, _ in members]

    settings = tiny.finetune
    grid = {"learning_rates": settings.learning_rates, "seeds": settings.seeds}
    ladder = next(spec for spec in tiny.all_models() if spec.role == "ladder")
    done = sweep(train, **grid, fixed_rate=min(settings.learning_rates))
    assert plan.finetune_runs(tiny, ladder, "mlm") == len(done.runs)
    two = tiny.model_copy(update={"pretrain": tiny.pretrain.model_copy(update={"seeds": [0, 1]})})
    again = repeat(train, best_rate=0.003, fixed_rate=0.001, seeds=settings.seeds)
    assert plan.finetune_runs(two, ladder, "mlm") == len(done.runs) + len(again.runs)
    assert plan.finetune_runs(two, tiny.target, "mlm") == plan.finetune_runs(tiny, tiny.target, "mlm")
    assert plan.models_table(two).set_index("model")["pretraining_runs"].to_dict() == {
        "ar8-l1": 2,
        "ar8-l2": 2,
        "ar16-l1": 1,
        "ar16-l2": 1,
    }
    without = sweep(train, **grid)
    assert plan.finetune_runs(tiny, tiny.target, "mlm") == len(without.runs)


def test_totals_follow_from_the_profile(tiny):
    table = plan.models_table(tiny).set_index("model")
    settings = tiny.pretrain
    second = table.loc["ar16-l1"]  # is pretrained, not finetuned
    assert second["tokens"] == settings.steps * settings.batch_size * tiny.text.sequence_length
    assert second["flops"] == 6 * 12 * 16**2 * second["tokens"]
    assert second["finetuning_runs"] == 0
    assert table.loc["ar8-l1", "finetuning_runs"] == 4 * len(tiny.tasks)


def test_the_control_costs_finetuning_and_the_examples_of_a_run_cost_disk(tiny):
    def table(**changes):
        settings = tiny.finetune.model_copy(update=changes)
        return plan.models_table(tiny.model_copy(update={"finetune": settings})).set_index("model").loc["ar8-l1"]

    without, control, more = table(), table(from_scratch=True), table(eval_rows=320)
    assert control["pretraining_runs"] == without["pretraining_runs"]
    assert control["finetuning_runs"] - without["finetuning_runs"] == 3 * len(
        tiny.tasks
    )  # no fixed rate: one seed less
    assert more["bytes"] - without["bytes"] == without["finetuning_runs"] * 288 * plan.EXAMPLE_BYTES


def test_more_workers_never_beat_the_longest_chain(tiny):
    speed = plan.Speeds(*({spec.name: seconds for spec in tiny.all_models()} for seconds in (1e-4, 1e-5)))
    one, two, many = (plan.hours(tiny, workers, speed) for workers in (1, 2, 1000))
    assert one == pytest.approx(sum(plan.job_seconds(tiny, job, speed) for job in planned(tiny)) / 3600)
    assert one > two >= many
    chain = ["text", "20_pretrain_ar16-l2_mlm", "30_finetune_ar16-l2"]
    seconds = {job.name: plan.job_seconds(tiny, job, speed) for job in planned(tiny)}
    assert many * 3600 > sum(seconds[name] for name in chain)


def test_timing_gives_every_model_a_speed_and_leaves_nothing_behind(tiny, project, monkeypatch):
    monkeypatch.setattr(timing, "TIMED_SECONDS", 0.01)
    speeds = timing.measure(tiny)
    for found in (speeds.pretrain, speeds.finetune):
        assert set(found) == {spec.name for spec in tiny.all_models()}
        assert all(0 < seconds < 1 for seconds in found.values())
    assert 1e8 < speeds.matrix_rate < 1e14
    assert not paths.runs().exists() and not paths.cache().exists()


def test_sizes_beyond_the_timed_ones_are_scaled_by_their_flops(tiny, monkeypatch):
    monkeypatch.setattr(timing, "time_pretraining", lambda profile, spec, random_state: 1e-6)
    monkeypatch.setattr(timing, "time_finetuning", lambda profile, spec, random_state: 1e-7)
    compute = {spec.name: timing._compute(tiny, spec) for spec in tiny.all_models()}
    limit = sorted(compute.values())[1] * tiny.text.sequence_length
    monkeypatch.setattr(timing, "TIMED_FLOPS", limit)
    speeds = timing.measure(tiny)
    beyond = compute["ar16-l2"] / sorted(compute.values())[1]
    assert speeds.pretrain["ar16-l2"] == pytest.approx(1e-6 * beyond)
    assert speeds.finetune["ar16-l2"] == pytest.approx(1e-7 * beyond)


def test_finetuning_has_a_speed_of_its_own_and_every_head_is_timed(tiny, monkeypatch):
    timed = []
    monkeypatch.setattr(timing, "_time_group", lambda profile, spec, kind, random_state: timed.append(kind) or 1e-6)
    assert timing.time_finetuning(tiny, tiny.target, 0) == pytest.approx(1e-6)
    assert timed == ["span", "classification"]
    job = next(job for job in planned(tiny) if job.station.startswith("30"))
    slow, fast = (plan.Speeds({}, {job.model: seconds}) for seconds in (1e-3, 1e-4))
    ratio = [plan.job_seconds(tiny, job, speeds) - plan.NOTEBOOK_SECONDS for speeds in (slow, fast)]
    assert ratio[0] == pytest.approx(10 * ratio[1])


def test_paper_profile_can_be_planned_without_loading_its_source():
    if not paths.profile_file("paper").is_file():
        pytest.skip("there is no profile paper yet")
    paper = load_profile("paper")
    table = plan.models_table(paper)
    assert table["parameters"].max() == 84_934_656
    assert plan.hours(paper, 2) > 1000
