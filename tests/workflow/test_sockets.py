"""Sockets in a folder whose path is short enough, wherever TMPDIR points."""

from __future__ import annotations

import os
import socket
import tempfile
from pathlib import Path

import pytest

from scalescope.workflow import sockets


def bind(folder: str) -> None:
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(f"{folder}/{'x' * (sockets.NAME - 1)}")


@pytest.mark.parametrize("length", [10, 60, 105, 200])
def test_a_socket_fits_whatever_the_length_of_tmpdir(tmp_path, monkeypatch, length):
    place = tmp_path / "t"
    while len(str(place)) < length:
        place = place / ("a" * min(50, length))
    place.mkdir(parents=True)
    monkeypatch.setattr(tempfile, "tempdir", str(place))
    with sockets.socket_folder("kernel-") as folder:
        bind(folder)
        assert os.stat(folder).st_mode & 0o777 == 0o700
    assert not Path(folder).exists()


def test_a_short_tmpdir_is_used(monkeypatch):
    with tempfile.TemporaryDirectory(prefix="s-", dir=Path(os.sep, "tmp")) as place:
        monkeypatch.setattr(tempfile, "tempdir", place)
        with sockets.socket_folder("kernel-") as folder:
            assert Path(folder).parent == Path(place)


def test_without_any_short_place_the_error_names_tmpdir(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / ("a" * 105)))
    monkeypatch.setattr(sockets.os, "access", lambda *_: False)
    with pytest.raises(OSError, match=r"at most \d+ are possible; set TMPDIR"), sockets.socket_folder("kernel-"):
        pass
