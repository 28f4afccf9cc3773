"""The text behind a fingerprint never changes: run ids and committed results hang on it."""

import hashlib
import itertools
import json

from scalescope.data.tasks.spec import TASKS
from scalescope.microworld import Microworld
from scalescope.microworld.source import VERSION

DIGESTS = {5: "d6f48ed614b18ce9"}


def test_a_change_of_text_or_rows_raises_the_version():
    world = Microworld(entities=500, train_articles=300, heldout_articles=50, task_train=40, task_validation=20)
    digest = hashlib.sha256()
    for split in ("train", "heldout"):
        digest.update(json.dumps(list(itertools.islice(world.articles(split), 300))).encode())
    for task in TASKS:
        for split in ("train", "validation"):
            digest.update(json.dumps(world.rows(task, split)).encode())
    assert VERSION in DIGESTS and digest.hexdigest()[:16] == DIGESTS[VERSION], (
        "text or rows changed: raise VERSION in microworld/source.py and add its digest here"
    )
