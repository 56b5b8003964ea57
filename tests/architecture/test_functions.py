"""Functions as Lambda will see them: alone with their layers, small, and quick to start."""

import ast
import json
import os
import subprocess
import sys
from pathlib import Path

from tests.support.functions import ROOT, Function, functions

LAMBDA_LIMIT_BYTES = 250 * 1024 * 1024
COLD_IMPORT = 1.2
COLD_RENDER_IMPORT = 3.4
"""Times what the frameworks alone take, which is 350 ms and a second where those take 290: seconds would judge the
machine. `make bench` holds them to 350 ms.
"""
ATTEMPTS = 5
FRAMEWORKS = ROOT / "tests/support/frameworks.py"
HEAVY = {"skia", "av", "numpy", "thorvg_python"}

# Runs in a bare interpreter: no site-packages, no environment, nothing on the path but what Lambda would put there.
PROBE = """
import sys, time, resource, json
sys.path[:0] = sys.argv[2:]
started = time.process_time()
import importlib
module = importlib.import_module(sys.argv[1])
spent = time.process_time() - started
assert callable(module.handler)
heavy = sorted({"skia", "av", "numpy", "thorvg_python"} & set(sys.modules))
print(json.dumps({"seconds": spent, "heavy": heavy}))
"""


def load_as_lambda_does(function: Function, source: Path | None = None) -> dict[str, object]:
    """Import the function's handler with nothing but its layers and its code; processor seconds and heavy wheels.

    `source`: another file, in the function's place.
    """
    source = source or function.source
    path = [str(source.parent), *(str(folder / "python") for folder in function.layer_folders)]
    python = Path(sys.base_prefix) / "bin/python3.13"
    done = subprocess.run(
        [str(python), "-I", "-S", "-c", PROBE, source.stem, *path],
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": os.defpath, "AWS_REGION": "us-east-1", "LAMBDA_TASK_ROOT": str(source.parent)},
        timeout=60,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    answer: dict[str, object] = json.loads(done.stdout.splitlines()[-1])
    return answer


def test_it_imports_with_nothing_but_its_layers(function: Function) -> None:
    answer = load_as_lambda_does(function)
    if "render" not in function.layers:
        assert answer["heavy"] == []


def test_its_cold_import_fits_the_budget(function: Function) -> None:
    """Processor time, in turns with the frameworks, the best of a few. Render functions load their engine besides."""
    budget = COLD_IMPORT if "render" not in function.layers else COLD_RENDER_IMPORT
    ratios = []
    while len(ratios) < ATTEMPTS and (not ratios or min(ratios) > budget):
        own, frameworks = load_as_lambda_does(function), load_as_lambda_does(function, FRAMEWORKS)
        ratios.append(float(str(own["seconds"])) / float(str(frameworks["seconds"])))
    assert min(ratios) <= budget


def test_its_code_and_layers_fit_lambda(function: Function) -> None:
    folders = [function.source.parent, *function.layer_folders]
    size = sum(path.stat().st_size for folder in folders for path in folder.rglob("*") if path.is_file())
    assert 0 < size <= LAMBDA_LIMIT_BYTES


def test_its_name_hides_no_other_module(function: Function) -> None:
    """A function's folder is first on the path: `socket.py` would be the `socket` that everything else imports."""
    layers = {path.name.split(".")[0] for folder in function.layer_folders for path in folder.glob("python/*")}
    assert function.source.stem not in sys.stdlib_module_names | layers


def test_it_imports_only_the_product(function: Function) -> None:
    """Lambda and the tests see a function file under different names, so it may not import its neighbours."""
    for node in ast.walk(ast.parse(function.source.read_text())):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0
            names = [node.module or ""]
        for name in names:
            top = name.split(".")[0]
            assert top == "flatrender" or top in sys.stdlib_module_names


def test_every_function_file_is_deployed() -> None:
    deployed = {function.source for function in functions()}
    written = {path for path in (ROOT / "functions").rglob("*.py") if path.name != "__init__.py"}
    assert written == deployed
