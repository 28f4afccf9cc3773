"""A temporary folder for sockets: their whole path may have a hundred bytes, which a TMPDIR on a cluster can exceed."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

WARM = "SCALESCOPE_WARM"  # socket of the process that forks kernels (warm.py); set for the jobs by the pipeline
LONGEST = 103  # bytes of a socket's path: 107 on Linux, 103 on macOS
NAME = 12  # bytes that a socket's name adds to its folder, with the slash
RANDOM = 10  # bytes that tempfile adds to a prefix, at most


def socket_folder(prefix: str) -> tempfile.TemporaryDirectory[str]:
    """A new folder that only this user can enter, in the first place whose path is short enough; removed at the end.

    Raises OSError naming TMPDIR if there is none.
    """
    given = tempfile.gettempdir()
    room = LONGEST - NAME - RANDOM - len(prefix.encode())
    for place in (given, os.environ.get("XDG_RUNTIME_DIR"), str(Path(os.sep, "tmp")), str(Path(os.sep, "var", "tmp"))):
        if place and len(os.fsencode(place)) <= room and os.access(place, os.W_OK | os.X_OK):
            return tempfile.TemporaryDirectory(prefix=prefix, dir=place)
    raise OSError(
        f"no temporary folder has a path short enough for sockets: {given} has {len(os.fsencode(given))} bytes, at "
        f"most {room} are possible; set TMPDIR to a shorter one"
    )
