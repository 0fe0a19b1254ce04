"""A first `gameday.yaml`, with comments that say what else there is. Pure."""

import json
from dataclasses import dataclass, field

from simulator.drill.app.detecting import Served


@dataclass(frozen=True)
class Answers:
    """What is to be written: one of `manifests`, `command` and `kubeconfig` (with `context`), and one way of load."""

    name: str
    namespace: str = ""
    manifests: str = ""
    served: Served | None = None
    command: str = ""
    port: int = 8000
    health: str = "/"
    kubeconfig: str = ""
    context: str = ""
    openapi: str = ""
    locustfile: str = ""
    har: str = ""
    requests: tuple[str, ...] = ("GET /",)
    metrics_port: int | None = None
    rules: tuple[str, ...] = field(default=())


def as_yaml(answers: Answers) -> str:
    """The file's text."""
    parts = [
        "# The app under drill. What each field means: docs/own-app.md of gameday.",
        f"name: {_text(answers.name)}",
        *([f"namespace: {_text(answers.namespace)}"] if answers.namespace not in ("", answers.name) else []),
        "",
        *_deploy(answers),
        "",
        *_load(answers),
        "",
        *_watched(answers),
        "",
        "# Something that has to read the same before a drill and after it: the body of a GET, or a query.",
        "# canary:",
        "#   get: /a-page-that-does-not-change",
        "",
        "# With what the app refuses to start (crash-loop-bad-config); by default a program that there is not.",
        "# breaks:",
        "#   env: {A_SETTING: nonsense}",
    ]
    return "\n".join(parts) + "\n"


def _deploy(answers: Answers) -> list[str]:
    if answers.command:
        return [
            "# A program that serves HTTP, run as pods by the embedded cluster. It finds PORT and POD_IP in its",
            "# environment, and serves on POD_IP or on every address (0.0.0.0): all pods share 127.0.0.1.",
            "deploy:",
            "  commands:",
            f"    - name: {_text(answers.name)}",
            f"      run: {_text(answers.command)}",
            f"      port: {answers.port}",
            f"      health: {answers.health}",
            "      replicas: 3",
            "      # env: {A_SETTING: value}",
        ]
    if answers.kubeconfig:
        deploy = [
            "# A namespace where the app runs already. Nothing is deployed, and nothing outside of it is touched.",
            "deploy:",
            f"  existing: {{kubeconfig: {_text(answers.kubeconfig)}, context: {_text(answers.context)}}}",
        ]
    else:
        deploy = [
            "deploy:",
            f"  manifests: {_text(answers.manifests)}",
            "  # What your images' names stand for on the embedded cluster (docs/cluster.md); a real one pulls them.",
            "  # images: images.yaml",
        ]
    served = answers.served
    assert served is not None
    return [
        *deploy,
        "",
        "# What users reach.",
        "serves:",
        f"  deployment: {_text(served.deployment)}",
        *([f"  container: {_text(served.container)}"] if served.container else []),
        *([f"  service: {_text(served.service)}"] if served.service not in ("", served.deployment) else []),
        f"  port: {served.port}",
        f"  health: {served.health}",
    ]


def _load(answers: Answers) -> list[str]:
    lines = ["# What users do: one of locustfile, openapi, har and requests.", "load:"]
    for way in ("locustfile", "openapi", "har"):
        if value := getattr(answers, way):
            return [*lines, f"  {way}: {_text(value)}"]
    return [*lines, "  requests:", *(f"    - {_text(line)}" for line in answers.requests)]


def _watched(answers: Answers) -> list[str]:
    metrics = [f"metrics: {{port: {answers.metrics_port}, path: /metrics}}"] if answers.metrics_port else []
    rules = ["rules:", *(f"  - {_text(rule)}" for rule in answers.rules)] if answers.rules else []
    return [
        "# Metrics of the app's pods, and alert rules of yours, beside the shipped ones (users' errors and latency,",
        "# pods that die, do not start or are not there).",
        *(metrics or ["# metrics: {port: 8000, path: /metrics}"]),
        *(rules or ["# rules: [alerts]"]),
    ]


def _text(value: str) -> str:
    """A YAML scalar: plain where that reads as the same text, else in quotes."""
    is_plain = (
        value[:1].isalnum() and not any(sign in value for sign in ":#{}[],&*!|>%@`\"'") and value == value.strip()
    )
    is_word = value.lower() not in {"true", "false", "yes", "no", "on", "off", "null"} and not value[:1].isdigit()
    return value if value.startswith(("/", "./")) or (is_plain and is_word) else json.dumps(value)
