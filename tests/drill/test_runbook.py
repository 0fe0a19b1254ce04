"""Runbooks are read as engineers write them, and executed word for word."""

import re
from pathlib import Path

import pytest

from scoring.scorecard.finding import said_alike
from simulator.drill.catalog import runbook_file, shipped_experiments
from simulator.drill.experiment import read_experiment
from simulator.drill.runbook import read_runbook
from simulator.drill.shell import DrillShell
from simulator.errors import BadInput

TEXT = """# The title

## Investigate

```bash
look
```

## Mitigate

Prose, and a block that is no shell:

```sql
SELECT 1
```

```bash
first
second "word for word"
```

```sh
third
```
"""


@pytest.mark.parametrize(("name", "file"), list(shipped_experiments()), ids=[name for name, _ in shipped_experiments()])
def test_whoever_names_the_component_as_the_runbook_does_names_it_rightly(name: str, file: Path) -> None:
    experiment = read_experiment(file)
    told = re.search(r"Component:\s+([^.,]+)", experiment.runbook.read_text())
    assert told, name
    assert said_alike(" ".join(told[1].split()), experiment.truth["component"])


def test_shell_blocks_come_by_section_and_untouched(tmp_path: Path) -> None:
    path = tmp_path / "runbook.md"
    path.write_text(TEXT)
    runbook = read_runbook(path)
    assert runbook.title == "The title"
    assert runbook.commands("Mitigate") == ('first\nsecond "word for word"\n', "third\n")
    with pytest.raises(BadInput, match="no shell block under '## Verify'"):
        runbook.commands("Verify")


@pytest.mark.parametrize("name", [name for name, _ in shipped_experiments()])
def test_every_shipped_experiment_has_a_runbook_that_mitigates(name: str) -> None:
    runbook = read_runbook(runbook_file(f"experiments/{name}/runbook.md"))
    assert {"Symptoms", "Investigate", "Mitigate", "Verify"} <= set(runbook.sections)
    assert runbook.commands("Mitigate")


@pytest.mark.parametrize(
    "name",
    [f"{name}/{path.name}" for name, file in shipped_experiments() for path in sorted(file.parent.glob("*.md"))],
)
async def test_a_runbook_undoes_and_stops_nothing_where_nothing_is_wrong(name: str, tmp_path: Path) -> None:
    """With tools that answer as a sound app would, which has nothing to show, and note what they were asked."""
    answers = {"curl": "db_pool_waiters 0\\nprocess_resident_memory_bytes 9e+07\\n"}
    for tool in ("kubectl", "psql", "valkey-cli", "curl", "sleep"):
        path = tmp_path / tool
        path.write_text(f"#!/bin/sh\necho \"{tool} $*\" >> {tmp_path}/asked\nprintf '{answers.get(tool, '')}'\n")
        path.chmod(0o755)
    urls = {
        f"{part}_URL": "http://nowhere" for part in ("TARGET", "DATABASE", "CACHE", "QUEUE", "AUTH", "OBJECT_STORE")
    }
    urls |= {"PROVIDER_OPENAI_URL": "http://nowhere", "VERIFIER_URL": "http://nowhere", "ON_CALL_API_KEY": "key"}
    names = {"NAMESPACE": "shop", "DEPLOYMENT": "api", "SELECTOR": "app=api", "REPLICAS": "3"}
    shell = DrillShell({"PATH": f"{tmp_path}:/usr/bin:/bin", **urls, **names}, tmp_path)
    for block in read_runbook(runbook_file(f"experiments/{name}")).commands("Mitigate"):
        await shell.run(block)
    asked = (tmp_path / "asked").read_text()
    assert not [harm for harm in ("rollout undo", "--replicas=0", "delete node", "kubectl apply") if harm in asked]


async def test_the_drill_shell_stops_at_the_first_command_that_fails(tmp_path: Path) -> None:
    shell = DrillShell({"PATH": "/usr/bin:/bin", "WHO": "me"}, tmp_path)
    ran = await shell.run('echo "$WHO"; false | true; echo not reached')
    assert (ran.exit_status, ran.output) == (1, "me\n")


async def test_a_command_that_does_not_end_is_stopped_with_all_it_started(tmp_path: Path) -> None:
    shell = DrillShell({"PATH": "/usr/bin:/bin"}, tmp_path)
    ran = await shell.run("sleep 300 & sleep 300", limit_s=0.3)
    assert ran.exit_status == 124
