"""What an error must say: named pieces, in a message that can be read."""

import pytest


def told(error: pytest.ExceptionInfo, fragments: list[str]) -> None:
    message = str(error.value)
    assert len(message) < 2000
    for fragment in fragments:
        assert fragment in message, f"{fragment!r} is not in: {message}"
