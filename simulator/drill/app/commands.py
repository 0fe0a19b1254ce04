"""Plain commands as Kubernetes objects, for a cluster whose pods are local processes. Pure."""

import shlex
import sys
from collections.abc import Sequence
from typing import Any

from simulator.drill.app.description import Command

IMAGE = f"python:{sys.version_info.major}"
"""An image without a program of its own: what runs is the command, with the programs of this machine."""


def objects_of(commands: Sequence[Command], namespace: str) -> list[dict[str, Any]]:
    """A Namespace, and for each command a Deployment and a Service of its name."""
    objects: list[dict[str, Any]] = [
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}},
    ]
    for command in commands:
        objects += [_deployment(command, namespace), _service(command, namespace)]
    return objects


def _deployment(command: Command, namespace: str) -> dict[str, Any]:
    labels = {"app": command.name}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": command.name, "namespace": namespace, "labels": labels},
        "spec": {
            "replicas": command.replicas,
            # All at once, so that one bad revision is felt; a team's own manifests say what its app really does.
            "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": "100%", "maxSurge": 0}},
            "selector": {"matchLabels": labels},
            "template": {
                "metadata": {"labels": labels},
                "spec": {"terminationGracePeriodSeconds": 5, "containers": [_container(command)]},
            },
        },
    }


def _container(command: Command) -> dict[str, Any]:
    env = {"PORT": str(command.port), **command.env}
    asked = {"httpGet": {"path": command.health, "port": "http"}, "periodSeconds": 1, "timeoutSeconds": 2}
    return {
        "name": command.name,
        "image": IMAGE,
        # A container starts in its own root, and the app's files are in its folder.
        "command": ["sh", "-c", f'cd {shlex.quote(str(command.folder))} && exec "$0" "$@"', *command.run],
        "env": [
            {"name": "POD_IP", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}},
            *({"name": name, "value": value} for name, value in env.items()),
        ],
        "ports": [{"name": "http", "containerPort": command.port}],
        "readinessProbe": {**asked, "failureThreshold": 3},
        "livenessProbe": {**asked, "initialDelaySeconds": 10, "failureThreshold": 10},
    }


def _service(command: Command, namespace: str) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": command.name, "namespace": namespace},
        "spec": {
            "selector": {"app": command.name},
            "ports": [{"name": "http", "port": command.port, "targetPort": "http"}],
        },
    }
