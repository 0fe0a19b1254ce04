"""docs/scoring.md is true: its shell blocks are run as they stand, one after the other, against a service."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[3] / "docs" / "scoring.md"
BLOCKS = re.findall(r"^```sh\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
BIN = Path(sys.executable).parent


@pytest.mark.parts
def test_every_command_of_the_page_does_what_it_says(tmp_path: Path) -> None:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("GAMEDAY_")}
    env = {**clean, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"}
    serve = [str(BIN / "gameday"), "serve", "--listen", "127.0.0.1:0"]
    with subprocess.Popen(serve, cwd=tmp_path, env=env, stdout=subprocess.PIPE, text=True) as service:
        try:
            assert service.stdout is not None
            url = json.loads(service.stdout.readline())["url"]
            story = "set -eo pipefail\n" + "".join(BLOCKS).replace("http://127.0.0.1:8460", url)
            done = subprocess.run(
                ["bash", "-c", story], cwd=tmp_path, env=env, capture_output=True, text=True, timeout=60, check=False
            )
        finally:
            service.terminate()
    assert done.returncode == 0, done.stdout + done.stderr
    card = json.loads((tmp_path / "scorecard.json").read_bytes())
    assert (card["drill"], card["verdict"]) == ("checkout-1", "scored")
    minutes = {name: measure["drill_seconds"] / 60 for name, measure in card["measures"].items()}
    assert minutes == {"ttd": 2, "tta": 2, "ttc": 4, "ttm": 22, "ttr": 45}
    assert "whole: drill checkout-1 in .gameday/scoring.db: 9 events, 60 load windows" in done.stdout
    assert "Signature Verified Successfully" in done.stdout
    assert "timeline.json: OK" in done.stdout
    assert "Ada: 1 drill," in done.stdout
