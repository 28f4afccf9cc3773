"""What the package says it needs, what is pinned, what conda gets, and what the code imports: one and the same."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from importlib import metadata
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
EXTRAS = {name: [Requirement(line) for line in lines] for name, lines in PROJECT["optional-dependencies"].items()}
BASE = [Requirement(line) for line in PROJECT["dependencies"]]
PINS = {
    canonicalize_name(name): Version(version)
    for name, version in re.findall(r"^([\w.-]+)==(\S+)$", (ROOT / "requirements.lock").read_text(), re.MULTILINE)
}
OWN_PLACE = ("bench", "browser")  # pinned where they are named and installed by their own target
RUNTIME = ("jupyterlab", "papermill", "torch", "seaborn", "scikit-learn", "tqdm", "ipywidgets")

ALONE = """
import sys

class Absent:
    def find_spec(self, name, *_):
        if name.partition(".")[0] in sys.argv[1:]:
            raise ModuleNotFoundError(f"no {name} here", name=name)

sys.meta_path.insert(0, Absent())
from scalescope.laws import PowerLaw

print(PowerLaw(n_boot=10).fit([1e3, 1e4, 1e5, 1e6], [0.8, 0.4, 0.2, 0.1]).predict([1e7]).shape)
"""


def names(requirements: list[Requirement]) -> set[str]:
    return {canonicalize_name(requirement.name) for requirement in requirements}


@pytest.mark.parametrize("extra", ["", *(extra for extra in EXTRAS if extra not in OWN_PLACE)])
def test_every_requirement_is_pinned_within_its_bounds(extra):
    for requirement in EXTRAS[extra] if extra else BASE:
        if requirement.name != PROJECT["name"]:
            pin = PINS[canonicalize_name(requirement.name)]
            assert requirement.specifier.contains(pin), f"{requirement} leaves out the pinned {pin}"


def test_every_pin_installs_under_each_python_that_the_readme_names():
    named = re.search(r"Python (3\.\d+) to (3\.\d+)", (ROOT / "README.md").read_text(encoding="utf-8")).groups()
    assert all(version in SpecifierSet(PROJECT["requires-python"]) for version in named)
    looked_at, refused = 0, []
    for name, pin in PINS.items():
        found = metadata.distribution(name)
        if Version(found.version).public == str(pin):  # an environment of the user's own may hold others
            looked_at += 1
            allowed = SpecifierSet(found.metadata.get("Requires-Python", ""))
            refused += [f"{name} {pin}: {allowed}" for version in named if f"{version}.0" not in allowed]
    assert looked_at and refused == []


def test_what_the_project_stands_on_is_declared_with_bounds():
    bounded = {canonicalize_name(each.name): str(each.specifier) for each in [*BASE, *EXTRAS["laws"], *EXTRAS["all"]]}
    assert set(RUNTIME) <= set(bounded)
    assert all(re.search(r"==|<", bounded[name]) for name in RUNTIME)


def test_conda_gets_the_pinned_list_and_the_package():
    parts = yaml.safe_load((ROOT / "environment.yml").read_text())["dependencies"]
    (python,) = (part.removeprefix("python=") for part in parts if str(part).startswith("python="))
    assert Requirement(f"python{PROJECT['requires-python']}").specifier.contains(python)
    assert next(part for part in parts if isinstance(part, dict)) == {"pip": ["-r requirements.lock", "-e ."]}


def test_all_that_the_code_imports_is_declared():
    declared = names([*BASE, *EXTRAS["laws"], *EXTRAS["all"], *EXTRAS["hub"]])
    owners = metadata.packages_distributions()
    for path in sorted((ROOT / "lib").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            modules = [node.module or ""] if isinstance(node, ast.ImportFrom) and not node.level else []
            modules += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            for top in {module.partition(".")[0] for module in modules} - {"scalescope"} - sys.stdlib_module_names:
                found = {canonicalize_name(owner) for owner in owners.get(top, [top])}
                assert found & declared, f"{path.relative_to(ROOT)} imports {top}, which no extra names"


def test_the_laws_work_without_the_other_packages():
    absent = names(EXTRAS["all"]) - names(BASE) - {PROJECT["name"]}
    tops = [
        top
        for top, owners in metadata.packages_distributions().items()
        if {canonicalize_name(owner) for owner in owners} & absent
    ]
    assert {"torch", "pyarrow", "yaml"} <= set(tops)
    done = subprocess.run([sys.executable, "-c", ALONE, *tops], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "(1,)"


def test_the_command_without_the_other_packages_says_how_to_get_them():
    code = "import sys; sys.modules['typer'] = None; import scalescope.cli"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 1 and "Traceback" not in done.stderr
    assert "pip install 'scalescope[all]'" in done.stderr
