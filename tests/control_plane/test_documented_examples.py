"""The examples of docs/local-azure.md, run one after the other as a reader would."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from local_azure.control_plane.faults.kinds import KINDS

CHECKOUT = Path(__file__).parents[2]
PAGE = (CHECKOUT / "docs" / "local-azure.md").read_text()
BLOCKS = re.findall(r"^```(sh|python)\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)


@pytest.fixture
def folder(tmp_path, control_plane_process):
    """A folder in which a local Azure with the real host keeps its state, where the page says."""
    plane = control_plane_process(tmp_path / ".local" / "azure").start()
    yield tmp_path
    plane.stop()


@pytest.mark.skipif(shutil.which("curl") is None, reason="the examples use curl")
def test_every_example_of_the_page_works(folder):
    assert [kind for kind, _ in BLOCKS] == ["sh", "python", "sh", "sh", "sh"]
    script = ["set -eu"]
    for number, (kind, code) in enumerate(BLOCKS):
        if kind == "python":
            (folder / f"{number}.py").write_text(code)
            script.append(f"python3 {number}.py > sites.txt")
        else:
            script += [code, f"echo; echo done {number}"]
    script.append("arm GET $site/slots/staging > slot.json")
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    ran = subprocess.run(
        ["bash", "-c", "\n".join(script)],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert ran.returncode == 0, f"{ran.stdout[-3000:]}\n{ran.stderr[-3000:]}"
    assert (folder / "sites.txt").read_text() == "['play']\n"
    slot = json.loads((folder / "slot.json").read_text())["properties"]["defaultHostName"]
    assert httpx.get(f"http://{slot}/api/hello", timeout=30).text == "hello", "the swap moved the code there"
    assert "Deployment successful." in ran.stdout
    assert "it is locked" in ran.stdout
    assert '"hits": 0' in ran.stdout
    assert all(f"done {number}" in ran.stdout for number, (kind, _) in enumerate(BLOCKS) if kind == "sh")


def test_every_kind_of_fault_is_on_the_page():
    assert [kind for kind in KINDS if f"`{kind}`" not in PAGE] == []
