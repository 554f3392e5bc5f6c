"""The notebook tells a true story: it runs from begin to end, with public functions only."""

from __future__ import annotations

import ast
import shutil
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

ROOT = Path(__file__).resolve().parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
# What each leaves behind.
MADE = {
    "01_from_incidents_to_hotspots": "woninginbraak/map.html",
    "02_hennep_by_building_type": "hennep/phenomenon.html",
}


def read(path: Path) -> nbformat.NotebookNode:
    return nbformat.read(path, as_version=4)


def code(notebook: nbformat.NotebookNode) -> ast.Module:
    sources = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    return ast.parse("\n".join(sources))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook_is_kept_without_outputs(path: Path) -> None:
    cells = [cell for cell in read(path).cells if cell.cell_type == "code"]
    assert [cell.id for cell in cells if cell.outputs or cell.execution_count is not None] == []


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook_defines_nothing_and_uses_public_names_only(path: Path) -> None:
    tree = code(read(path))
    defined = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)
    assert [ast.unparse(node) for node in ast.walk(tree) if isinstance(node, defined)] == []
    imported = [
        f"{node.module}.{alias.name}"
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    ]
    private = [name for name in imported if any(step.startswith("_") for step in name.split("."))]
    assert imported
    assert private == []


# The kernel runs on the event loop of jupyter_client, whose sockets are closed by the collector.
@pytest.mark.slow
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook_runs_from_begin_to_end(path: Path, tmp_path: Path) -> None:
    shutil.copytree(ROOT / "lenses", tmp_path / "lenses")
    folder = tmp_path / "notebooks"
    folder.mkdir()
    notebook = read(path)
    client = NotebookClient(
        notebook, timeout=300, kernel_name="python3", resources={"metadata": {"path": folder}}
    )
    client.execute()
    printed = "\n".join(
        output.text
        for cell in notebook.cells
        if cell.cell_type == "code"
        for output in cell.outputs
        if output.output_type == "stream"
    )
    assert "Warning" not in printed
    assert (tmp_path / "maps" / MADE[path.stem]).is_file()
