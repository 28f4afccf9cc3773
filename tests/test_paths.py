"""Where things lie, and how people read it."""

from scalescope import paths


def test_paths_are_shown_from_the_root_where_they_lie_there(monkeypatch, tmp_path):
    monkeypatch.setenv("SCALESCOPE_ROOT", str(tmp_path))
    assert paths.shown(tmp_path / "profiles" / "smoke.yaml") == "profiles/smoke.yaml"
    assert paths.shown(tmp_path.parent / "elsewhere") == str(tmp_path.parent / "elsewhere")
