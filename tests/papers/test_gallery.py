import pytest

from scalescope.papers.gallery import write_gallery


def test_gallery_shows_what_is_there(tmp_path):
    for place in ("quick/ivgi2022/fig2_pretraining_loss", "smoke/ivgi2022/fig4_tuning", "quick/other2030/fig9_new"):
        (tmp_path / place).parent.mkdir(parents=True, exist_ok=True)
        for suffix in ("png", "svg"):
            (tmp_path / f"{place}.{suffix}").touch()
    text = write_gallery(tmp_path).read_text()
    assert "Written by `scalescope gallery`" in text and "`make reproduce PROFILE=quick`" in text
    assert "![fig2_pretraining_loss](quick/ivgi2022/fig2_pretraining_loss.png)" in text
    assert "[SVG](quick/ivgi2022/fig2_pretraining_loss.svg)" in text and "[CSV]" not in text
    assert "fig9 new" in text and "smoke" not in text
    with pytest.raises(FileNotFoundError, match="no folder of figures"):
        write_gallery(tmp_path / "none")
