from scalescope import paths
from scalescope.workflow import calibration


def test_forecasts_of_a_smoke_profile_are_no_part_of_the_record(tmp_path, monkeypatch):
    monkeypatch.setattr(paths, "results", lambda name: tmp_path / name)
    for name in ("quick", "studies", "smoke", "studies-smoke"):
        (tmp_path / name).mkdir()
        (tmp_path / name / calibration.LEDGER).touch()
    monkeypatch.setattr(calibration, "scored_ledger", lambda name: ("entries", f"scores of {name}"))
    assert calibration.sealed() == {"quick": "scores of quick", "studies": "scores of studies"}
