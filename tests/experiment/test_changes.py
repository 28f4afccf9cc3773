"""A profile with something changed."""

import pytest

from scalescope import paths
from scalescope.data.sources.base import Source
from scalescope.data.sources.open import open_source
from scalescope.errors import UnknownName
from scalescope.experiment import stages
from scalescope.experiment.changes import changed, where, with_text
from scalescope.experiment.profile import load_profile

ARTICLES = [f"Article {number} says little.\n\nIt ends here." for number in range(40)]


def test_nothing_given_changes_nothing(project):
    profile = load_profile("tiny")
    assert changed(profile, "ar8-l2") == (profile, "ar8-l2")


def test_what_is_given_changes_the_run_and_no_other_setting(project):
    profile = load_profile("tiny")
    made, model = changed(profile, "ar8-l1", learning_rate=0.02, steps=8)
    prepared = stages.prepare(profile)
    before, after = (stages.pretrain_config(each, prepared, each.model(model), "mlm") for each in (profile, made))
    assert (after.learning_rate, after.steps) == (0.02, 8) and after.id != before.id
    assert {name for name in vars(after) if getattr(after, name) != getattr(before, name)} == {"learning_rate", "steps"}
    assert made.model_dump(exclude={"pretrain"}) == profile.model_dump(exclude={"pretrain"})


@pytest.mark.parametrize(
    ("model", "layers", "name", "role"),
    [
        ("ar8-l1", 3, "ar8-l3", "ladder"),
        ("ar8-l1", 2, "ar8-l2", "ladder"),
        ("ar16-l2", 3, "ar16-l3", "target"),
        ("ar16-l1", 3, "ar16-l3", "second"),
        ("ar16-l1", 2, "ar16-l2", "target"),  # which the profile has, in another role
    ],
)
def test_a_model_can_have_other_layers(project, model, layers, name, role):
    made, found = changed(load_profile("tiny"), model, layers=layers)
    assert found == name and made.model(name).config.layers == layers and made.model(name).role == role


def test_what_cannot_be_is_refused_by_name(project):
    profile = load_profile("tiny")
    with pytest.raises(UnknownName, match="ar8-l2"):
        changed(profile, "ar8-l9", steps=4)
    with pytest.raises(ValueError, match=r"ar8-l1 of profile 'tiny' cannot have steps=2: .*eval_every=5 exceeds"):
        changed(profile, "ar8-l1", steps=2)
    with pytest.raises(ValueError, match=r"learning_rate=-1"):
        changed(profile, "ar8-l1", learning_rate=-1.0)


def test_a_text_of_ones_own_is_read_with_one_article_in_ten_held_out(project):
    profile = with_text(load_profile("tiny"), ARTICLES)
    source = open_source("files", folder=profile.source.folder, **profile.source.options)
    assert isinstance(source, Source)
    heldout, train = (list(source.articles(split)) for split in ("heldout", "train"))
    assert len(heldout) == 4 and len(train) == 36 and heldout[1] == ["Article 10 says little.", "It ends here."]
    assert with_text(load_profile("tiny"), ARTICLES) == profile
    assert with_text(load_profile("tiny"), ARTICLES[1:]).source.folder != profile.source.folder
    with pytest.raises(ValueError, match="9 articles with text are too few"):
        with_text(profile, [*ARTICLES[:9], " \n"])


def test_a_profile_is_named_as_the_file_browser_shows_it(project, tmp_path_factory):
    assert where("tiny") == "profiles/tiny.yaml"
    own = tmp_path_factory.mktemp("own") / "mine.yaml"
    own.write_text("extends: tiny\n")
    assert where(str(own)) == str(own.resolve())
    with pytest.raises(UnknownName, match="'tiny'"):
        where("tinny")
    assert paths.profile_file("tiny").is_file()


@pytest.mark.parametrize(
    ("articles", "told"),
    [
        ("a b c d e f g h i j k l", "list of texts; got 'a b c"),
        ([1] * 20, r"list of texts; got \[1, 1"),
        (["fine"] * 10 + ["half \ud83d"], "article 11 holds NUL or half of a surrogate pair"),
        (["\0"] * 20, "article 1 holds NUL"),
    ],
)
def test_what_is_no_text_is_refused(articles, told):
    with pytest.raises(ValueError, match=told):
        with_text(load_profile("smoke"), articles)
