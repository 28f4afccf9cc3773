"""The pages are whole in themselves, hold the numbers of the forecast, and their panel works in a browser."""

from __future__ import annotations

import json
import re
import shutil
from html.parser import HTMLParser
from pathlib import Path

import pytest
from forecast.made import breaking

from scalescope import files, paths
from scalescope.errors import UnknownName
from scalescope.forecast import forecast, run_table
from scalescope.forecast.stored import Stored
from scalescope.workflow.page import forecast_page
from scalescope.workflow.profile_report import write_report

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


class Addresses(HTMLParser):
    """Every address that a page loads or links to, and its headings."""

    def __init__(self, page: str):
        super().__init__()
        self.loaded, self.linked, self.images = [], [], 0
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        self.images += tag == "img"
        if tag in ("img", "script", "link", "iframe") and (given.get("src") or given.get("href")):
            self.loaded.append(given.get("src") or given["href"])
        if tag == "a":
            self.linked.append(given["href"])


def laws_of(page: str) -> list[Stored]:
    data = re.search(r'<script type="application/json" id="laws">(.*?)</script>', page, re.S)[1]
    held = json.loads(data.replace("<\\/", "</"))
    return [Stored(**{**record, "normal": held["normals"][record["normal"]]}) for record in held["laws"]]


@pytest.fixture(scope="module")
def made():
    found = forecast(run_table(breaking()), target={"parameters": 2e9, "tokens": 4e10}, n_boot=40)
    return found, forecast_page(found)


def test_the_page_of_a_forecast_needs_nothing_else_and_holds_its_numbers(made):
    found, page = made
    parsed = Addresses(page)
    assert parsed.images == 1 and all(address.startswith("data:") for address in parsed.loaded)
    assert f"{found.prediction['mean']:.4g}" in page and "Fit card" in page
    assert [law.title for law in laws_of(page)] == list(found.predictions["law"])  # the chosen one first
    assert "not reported" in page and "interval_method" not in page  # the card as people read it


def test_the_panel_gives_the_interval_that_the_page_tells(made):
    """Also where earlier forecasts of a law missed by more than it allows and its interval is wider than its own."""
    found, page = made
    assert found.predictions["widening"].max() > 1.3
    laws = {law.title: law for law in laws_of(page)}
    for row in found.predictions.itertuples():
        kept = laws[row.law]
        assert kept.interval(kept.target, 0.95, "run") == pytest.approx((row.run_low, row.run_high), rel=1e-9)
        assert kept.interval(kept.target, 0.95, "law") == pytest.approx((row.law_low, row.law_high), rel=1e-9)


def test_the_report_of_a_profile_holds_figures_claims_and_laws(tmp_path):
    page = write_report("quick", tmp_path / "report.html").read_text()
    parsed = Addresses(page)
    assert parsed.images >= 10 and all(address.startswith("data:") for address in parsed.loaded)
    assert "Claims of the paper" in page and "sealed" in page
    assert all((tmp_path / address).resolve().is_file() for address in parsed.linked) and parsed.linked
    laws = laws_of(page)
    assert any("pretraining loss" in law.title for law in laws) and any("SQuAD" in law.title for law in laws)
    low, high = laws[0].interval(laws[0].target, 0.95, "run")
    assert 0 < low < laws[0].predict(laws[0].target) < high


@pytest.mark.parametrize(
    "name",
    [
        "data/results/quick/points.csv",
        "data/results/quick/pretrain.csv",
        "data/results/quick/ivgi2022/fits.csv",
        "data/results/quick/ivgi2022/claims.csv",
        "figures/quick/ivgi2022/fig3_finetuning_laws.png",
    ],
)
def test_a_report_of_damaged_files_is_refused(tmp_path, monkeypatch, name):
    for part in ("data/results/quick", "figures/quick"):
        shutil.copytree(paths.root() / part, tmp_path / part)
    monkeypatch.setenv("SCALESCOPE_ROOT", str(tmp_path))
    content = bytearray((tmp_path / name).read_bytes())
    content[len(content) // 2] ^= 1
    (tmp_path / name).write_bytes(content)
    with pytest.raises(files.Damaged, match=rf"{Path(name).name} is cut or changed: run `"):
        write_report("quick", tmp_path / "report.html")


def test_a_profile_without_results_is_refused():
    with pytest.raises(UnknownName, match="'quick'"):
        write_report("quikc")


@pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine")
def test_the_panel_follows_clicks_in_a_browser(made, tmp_path):
    play = pytest.importorskip("playwright.sync_api")
    found, page = made
    (tmp_path / "page.html").write_text(page, encoding="utf-8")
    with play.sync_playwright() as running:
        browser = running.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        opened, errors = browser.new_page(), []
        opened.on("pageerror", lambda error: errors.append(str(error)))
        opened.goto((tmp_path / "page.html").as_uri())
        opened.select_option('[data-panel="series"]', label="chinchilla")
        opened.fill('[data-panel="sizes"] input[name="parameters"]', "3e9")
        opened.fill('[data-panel="sizes"] input[name="tokens"]', "5e10")
        opened.select_option('[data-panel="level"]', "0.8")
        out = opened.locator('[data-panel="out"]')
        shown = {name: float(out.get_attribute(f"data-{name}")) for name in ("mean", "low", "high")}
        text, circles = out.inner_text(), opened.locator("#panel circle").count()
        opened.fill('[data-panel="sizes"] input[name="tokens"]', "-1")
        refused = out.inner_text()
        browser.close()
    law = next(law for law in laws_of(page) if law.title == "chinchilla")
    assert errors == [] and "one new run, 80 %" in text and "above zero" in refused
    assert shown["mean"] == pytest.approx(law.predict([3e9, 5e10]), rel=1e-9)
    assert (shown["low"], shown["high"]) == pytest.approx(law.interval([3e9, 5e10], 0.8, "run"), rel=1e-9)
    assert circles == len(found.table.frame) + 1
