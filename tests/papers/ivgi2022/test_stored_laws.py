import numpy as np
import pandas as pd
import pytest

from scalescope import paths
from scalescope.laws import PowerLaw
from scalescope.laws.base import ScalingLaw
from scalescope.papers.ivgi2022 import stored_laws
from scalescope.papers.ivgi2022.fits import KEYS, fit_laws
from scalescope.papers.ivgi2022.law_figures import figure_tables
from scalescope.papers.ivgi2022.law_tables import law_tables, source_tables
from scalescope.papers.ivgi2022.stored_laws import source_laws

BOOT = 20


@pytest.fixture
def counted(monkeypatch):
    """Laws that are fitted, as they are."""
    fitted, fit = [], ScalingLaw.fit

    def counting(self, X, y, *more, **named):
        what = np.asarray(y, dtype=float).tobytes()
        fitted.append((what, self.random_state, named.get("groups") is None, type(self).__name__))
        return fit(self, X, y, *more, **named)

    monkeypatch.setattr(ScalingLaw, "fit", counting)
    return fitted


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr(paths, "results", lambda source: tmp_path / source)
    return tmp_path / "published" / "ivgi2022"


def test_every_law_of_a_source_is_fitted_once_for_all_tables_cards_claims_and_figures(counted, folder):
    tables = source_tables("published")
    laws = source_laws("published", tables, BOOT)
    assert len(counted) == len(set(counted)) > 50
    counted.clear()
    again = source_laws("published", tables, BOOT)
    law_tables("published", tables, again)
    assert len(list(figure_tables("published", tables, again))) == 10
    others = [(name, len(what)) for what, _, _, name in counted]  # beside them only laws with a floor, and fewer sizes
    assert len(counted) == len(set(counted)) and all(name == "ShiftedPowerLaw" or size < 64 for name, size in others)
    pd.testing.assert_frame_equal(laws.laws, again.laws)
    pd.testing.assert_frame_equal(laws.replicates, again.replicates)


def test_stored_laws_count_only_for_what_they_were_fitted_to(counted, folder, monkeypatch):
    tables = {"pretrain": source_tables("published")["pretrain"]}
    source_laws("published", tables, BOOT)
    doubled = {"pretrain": tables["pretrain"].assign(loss=tables["pretrain"]["loss"] * 2)}
    for changed, n_boot in ((tables, BOOT + 1), (doubled, BOOT)):
        counted.clear()
        source_laws("published", changed, n_boot)
        assert counted
    (folder / stored_laws.REPLICATES_FILE).unlink()
    counted.clear()
    source_laws("published", tables, BOOT)
    assert counted
    monkeypatch.setattr(stored_laws, "one_law", stored_laws.paths)  # as if the code that fits were another
    counted.clear()
    source_laws("published", tables, BOOT)
    assert counted


@pytest.mark.parametrize("name", [stored_laws.LAWS_FILE, stored_laws.REPLICATES_FILE, stored_laws.RECORD])
def test_stored_laws_with_a_flipped_bit_are_fitted_again_with_a_word(counted, folder, capsys, name):
    tables = {"pretrain": source_tables("published")["pretrain"]}
    whole = source_laws("published", tables, BOOT)
    content = bytearray((folder / name).read_bytes())
    content[len(content) // 2] ^= 1
    (folder / name).write_bytes(content)
    counted.clear()
    again = source_laws("published", tables, BOOT)
    assert counted and name in capsys.readouterr().err
    pd.testing.assert_frame_equal(whole.laws, again.laws)
    pd.testing.assert_frame_equal(whole.replicates, again.replicates)


def test_a_stored_law_is_the_law_itself(folder):
    tables = source_tables("published")
    law = source_laws("published", tables, BOOT).of(task="mnli")
    points = fit_rows(tables["points"])
    own = PowerLaw(n_boot=BOOT).fit(points, points["error"], groups=points["parameters"])
    sizes = np.array([1e4, 1e6, 1e8])
    np.testing.assert_allclose(law.predict(sizes), own.predict(sizes))
    np.testing.assert_allclose(law.band(sizes), own.predict_interval(sizes))
    np.testing.assert_allclose(law.divided_by(2.0).predict(sizes), own.predict(sizes) / 2)
    np.testing.assert_allclose(law.extrapolation(sizes), own.extrapolation(sizes))
    assert law.numbers["r2"] == pytest.approx(own.score(points, points["error"]))
    assert law.facts()["params"] == own.params_ and law.facts()["law"] == "PowerLaw"


def test_keys_name_one_law_each():
    laws = fit_laws(source_tables("published"), n_boot=1)
    assert not laws.laws.duplicated(KEYS).any()
    assert laws.of(task="nothing") is None


def fit_rows(points):
    from scalescope.experiment.points import split_usable

    usable, _ = split_usable(points)
    tuned = usable.query("task == 'mnli' and objective == 'mlm' and hpt == 'with' and role == 'ladder'")
    return tuned.reset_index(drop=True)
