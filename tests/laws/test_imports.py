"""The laws install and work without PyTorch, pyarrow and Matplotlib."""

import os
import subprocess
import sys
from pathlib import Path

CODE = """
import sys

class NotInstalled:
    def find_spec(name, path=None, target=None):
        if name.split(".")[0] in ("torch", "pyarrow", "matplotlib"):
            raise ModuleNotFoundError(name)

sys.meta_path.insert(0, NotInstalled)
from scalescope.laws import PowerLaw
law = PowerLaw(n_boot=5).fit([1e3, 1e4, 1e5], [3.0, 2.0, 1.5])
print(law.card().title, law._repr_mimebundle_().keys())
"""


def test_the_laws_do_without_heavy_libraries():
    package = Path(__file__).resolve().parents[2] / "lib"
    done = subprocess.run(
        [sys.executable, "-c", CODE], capture_output=True, text=True, env=os.environ | {"PYTHONPATH": str(package)}
    )
    assert done.returncode == 0 and "Fit card: PowerLaw" in done.stdout, done.stderr
