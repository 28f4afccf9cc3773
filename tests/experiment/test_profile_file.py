"""What a profile may be called, and how its faults are told."""

import pytest
import yaml

from scalescope import paths
from scalescope.errors import UnknownName
from scalescope.experiment.profile import load_profile

SMOKE = paths.profile_file("smoke").read_text().replace("name: smoke\n", "")
STUDIES = paths.profile_file("studies-smoke").read_text()


@pytest.fixture
def saved(tmp_path):
    def write(name, text=SMOKE):
        path = tmp_path / name
        path.write_text(text)
        return path

    return write


@pytest.mark.parametrize("name", ["mine", "007", "on", "a_b-c9", "x" * 60])
def test_a_profile_is_called_what_its_file_is_called(saved, name):
    assert load_profile(saved(f"{name}.yaml")).name == name
    assert load_profile(saved(f"{name}.yaml", f"name: {name}\n{SMOKE}")).name == name
    assert load_profile(saved(f"{name}.yaml"), data="x").name == f"{name}-files"


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("published", "my-published"),
        ("Mine", "mine"),
        ("my profile", "my-profile"),
        ("-x", "x"),
        ("_x", "x"),
        ("a.b", "a-b"),
        ("é", "mine"),
        ("x" * 61, "x" * 60),
        ("quick-files", "quick"),
        (".hidden", "hidden"),
        ("pretrain-0123456789", "pretrain"),
        ("mlm-deadbeef00", "mlm"),
    ],
)
def test_names_that_may_not_be(saved, name, near):
    with pytest.raises(ValueError, match=rf"cannot be called '{name}': .*; such as {near}\.yaml"):
        load_profile(saved(f"{name}.yaml"))


@pytest.mark.parametrize("name", ["smoke", "published", "''", "../../x", "[a]", "7.0"])
def test_another_name_in_the_file_is_refused(saved, name):
    with pytest.raises(ValueError, match=r"mine\.yaml, line 1: name is .*leave the line out or write `name: mine`"):
        load_profile(saved("mine.yaml", f"name: {name}\n{SMOKE}"))


def test_a_second_file_of_the_same_name_is_refused(saved):
    with pytest.raises(ValueError, match=r"is called 'smoke' like another one, .*smoke\.yaml, and would write over"):
        load_profile(saved("smoke.yaml"))
    assert load_profile(paths.profile_file("smoke")).name == "smoke"


@pytest.mark.parametrize("name", ["", "../quick", "Quick", "quick\n", "a" * 5000, "/etc/passwd"])
def test_names_that_are_no_profile(name):
    with pytest.raises(UnknownName, match="unknown profile"):
        load_profile(name)


def test_a_fault_tells_line_and_value(saved):
    text = SMOKE.replace("batch_size: 32", "batch_size: 032", 1)
    line = 1 + text[: text.index("032")].count("\n")
    with pytest.raises(ValueError, match=rf"pretrain.batch_size: .*valid integer, got '032' \(line {line}\)"):
        load_profile(saved("mine.yaml", text))


@pytest.mark.parametrize(
    ("part", "where", "key", "nearest"),
    [
        ("barnett2024", ("dialects", "far"), "vocabulry", "vocabulary"),
        ("lin2024", ("zoo", 0), "modl", "model"),
        ("gadre2024", (), "dialect", "dialects"),
    ],
)
def test_an_unknown_key_of_one_of_several_sections_has_its_nearest_valid_one(saved, part, where, key, nearest):
    content = yaml.safe_load(SMOKE) | {"studies": yaml.safe_load(STUDIES)["studies"]}
    inner = content["studies"][part]
    for step in where:
        inner = inner[step]
    inner[key] = inner.pop(nearest)
    place = ".".join(map(str, ("studies", part, *where, key)))
    with pytest.raises(ValueError, match=f"{place}: unknown key; did you mean '{nearest}'"):
        load_profile(saved("mine.yaml", yaml.safe_dump(content)))


def test_a_relative_folder_begins_where_the_command_was_given(saved, tmp_path, monkeypatch):
    content = yaml.safe_load(SMOKE) | {"source": {"kind": "files", "folder": "data"}}
    path = saved("mine.yaml", yaml.safe_dump(content))
    monkeypatch.setenv("SCALESCOPE_START", str(tmp_path / "here"))
    assert load_profile(path).source.folder == str(tmp_path / "here" / "data")
    assert load_profile(path, data="../other").source.folder == str(tmp_path / "other")
    monkeypatch.setenv("SCALESCOPE_START", str(tmp_path))
    assert load_profile("mine.yaml").name == "mine"
