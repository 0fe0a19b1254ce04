"""`gameday init`: asks little, finds what it can, and never overwrites by itself."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from simulator.cli import app
from simulator.drill.app.initialising import Wishes, initialise
from simulator.drill.target import read_target
from simulator.errors import BadInput

MANIFESTS = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: shop-api, namespace: shop}
spec:
  selector: {matchLabels: {app: shop}}
  template:
    metadata: {labels: {app: shop, tier: web}}
    spec:
      containers:
        - name: api
          image: shop/api:1
          readinessProbe: {httpGet: {path: /ready, port: 8000}}
---
apiVersion: v1
kind: Service
metadata: {name: shop}
spec: {selector: {app: shop}, ports: [{port: 80, targetPort: 8000}]}
"""


def unattended(folder: Path, **wishes: object) -> str:
    initialise(folder, Wishes(**wishes), None, force=False)  # type: ignore[arg-type]
    return (folder / "gameday.yaml").read_text()


def test_manifests_are_found_with_what_users_reach(tmp_path: Path) -> None:
    (tmp_path / "k8s").mkdir()
    (tmp_path / "k8s" / "all.yaml").write_text(MANIFESTS)
    unattended(tmp_path)
    target = read_target(tmp_path / "gameday.yaml")
    assert target.manifests == tmp_path / "k8s"
    assert (target.namespace, target.deployment, target.container) == ("shop", "shop-api", "api")
    assert (target.app.service, target.app.port, target.health) == ("shop", 80, "/ready")
    assert [each.path for each in target.load.requests] == ["/ready"]


def test_a_procfile_and_a_locustfile_are_found(tmp_path: Path) -> None:
    (tmp_path / "Procfile").write_text("worker: x\nweb: gunicorn shop:app --bind 0.0.0.0:$PORT\n")
    (tmp_path / "locustfile.py").write_text("")
    unattended(tmp_path, port=5000)
    target = read_target(tmp_path / "gameday.yaml")
    assert target.commands[0].run[-1] == "exec gunicorn shop:app --bind 0.0.0.0:$PORT"
    assert target.commands[0].port == 5000
    assert target.load.locustfile == tmp_path / "locustfile.py"


def test_what_is_wished_wins_over_what_is_found(tmp_path: Path) -> None:
    (tmp_path / "Procfile").write_text("web: found\n")
    unattended(tmp_path, name="My Shop!", command='wished: "quoted"', health="/up", requests=("GET /a", "GET /b"))
    target = read_target(tmp_path / "gameday.yaml")
    assert target.name == "my-shop"
    assert target.commands[0].run[-1] == 'exec wished: "quoted"'
    assert [each.label for each in target.load.requests] == ["GET /a", "GET /b"]


def test_the_answers_of_a_person_go_into_the_file(tmp_path: Path) -> None:
    asked = []

    def ask(question: str, default: str) -> str:
        asked.append(question)
        return {"Which command": "serve", "On which": "9000"}.get(" ".join(question.split()[:2]), default)

    target = initialise(tmp_path, Wishes(name="shop"), ask, force=False)
    assert (target.commands[0].run[-1], target.commands[0].port) == ("exec serve", 9000)
    assert len(asked) <= 4, "it asks little"


def test_where_nothing_is_found_and_nobody_is_asked_the_flags_are_named(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="say --manifests FOLDER, --command 'LINE' --port N, or --kubeconfig FILE"):
        unattended(tmp_path)
    assert not (tmp_path / "gameday.yaml").exists()


def test_a_file_that_is_there_is_kept_unless_it_is_forced(tmp_path: Path) -> None:
    (tmp_path / "gameday.yaml").write_text("mine\n")
    with pytest.raises(BadInput, match="is there already; edit it, or write a new one with --force"):
        unattended(tmp_path, command="serve")
    assert (tmp_path / "gameday.yaml").read_text() == "mine\n"
    with pytest.raises(BadInput, match=r"there is no nowhere\.py"):
        initialise(tmp_path, Wishes(command="serve", locustfile=Path("nowhere.py")), None, force=True)
    assert (tmp_path / "gameday.yaml").read_text() == "mine\n", "a new one that cannot be used does not replace it"
    initialise(tmp_path, Wishes(command="serve"), None, force=True)
    assert "serve" in (tmp_path / "gameday.yaml").read_text()


def test_the_command_tells_what_comes_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(app, ["init", "--yes", "--command", "serve", "--port", "8000"])
    assert done.exit_code == 0, done.output
    assert "gameday run workload/all-pods-down" in done.output
