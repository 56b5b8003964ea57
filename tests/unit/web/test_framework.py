"""FastAPI is imported through one module, which leaves unbuilt what no request needs."""

import ast
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]

# In a process of its own: here, FastAPI has long been imported.
PROBE = """
from pydantic import BaseModel
rebuild = BaseModel.__dict__["model_rebuild"]
from flatrender.web import framework
from fastapi.openapi import models

assert BaseModel.__dict__["model_rebuild"] is rebuild
assert "defer_build" not in BaseModel.model_config
assert not models.OpenAPI.__pydantic_complete__
assert not models.Schema.__pydantic_complete__

class Ordinary(BaseModel):
    number: int

assert Ordinary.__pydantic_complete__

app = framework.FastAPI(title="Probe")

@app.get("/things/{name}")
def thing(name: str, wanted: int = framework.Query(default=1, ge=1)) -> Ordinary:
    return Ordinary(number=wanted)

operation = app.openapi()["paths"]["/things/{name}"]["get"]
assert [parameter["name"] for parameter in operation["parameters"]] == ["name", "wanted"]
assert operation["parameters"][1]["schema"]["minimum"] == 1
assert models.OpenAPI.__pydantic_complete__
"""


def test_models_of_openapi_documents_are_built_when_somebody_wants_one() -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", PROBE],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT / "layers/core/python",
        timeout=60,
    )
    assert done.returncode == 0, done.stderr


def test_nothing_else_imports_fastapi() -> None:
    sources = [*(ROOT / "layers/core/python/flatrender").rglob("*.py"), *(ROOT / "functions").rglob("*.py")]
    importing = {path.name for path in sources if "fastapi" in _imported(path)}
    assert importing == {"framework.py"}


def _imported(path: Path) -> set[str]:
    """The top-level packages that a file imports."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            found.add((node.module or "").split(".")[0])
    return found
