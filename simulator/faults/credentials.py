"""Credentials replaced in their Secret or stolen, and what the API makes of tokens and keys."""

from base64 import b64decode
from collections import Counter
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import yaml
from chaosk8s import create_k8s_api_client
from chaoslib.exceptions import ActivityFailed
from chaoslib.types import Secrets
from kubernetes import client

from simulator.faults.waiting import until

_ROLL_OUT_LIMIT_S = 20.0
_TRIES = 9
"""Connections, each to the replica whose turn it is: several for each of a few replicas."""
_STOLEN: set[str] = set()
"""A key is no worse than another until somebody has it; an experiment is one process, and remembers what it stole."""


def set_secret(name: str, values: dict[str, str], ns: str = "default", secrets: Secrets = None) -> list[str]:
    """Action: set keys of a Secret; whoever has read it keeps what was there. Idempotent. Returns the keys."""
    api = client.CoreV1Api(create_k8s_api_client(secrets))
    api.patch_namespaced_secret(name, ns, {"stringData": values})
    return sorted(values)


def put_secret_back(
    name: str, values: dict[str, str], deployments: list[str], ns: str = "default", secrets: Secrets = None
) -> str:
    """Action: a Secret as it was, read anew by the Deployments that use it; nothing where it is so. Idempotent.

    New pods come before the old ones go, and the Deployments keep that strategy. Returns when no pod is left that read
    the other Secret: a Deployment that is put back to its former template meanwhile would keep those.
    """
    api = create_k8s_api_client(secrets)
    core, apps = client.CoreV1Api(api), client.AppsV1Api(api)
    held = core.read_namespaced_secret(name, ns).data or {}
    if all(b64decode(held.get(key, "")).decode() == value for key, value in values.items()):
        return "it is as it was"
    core.patch_namespaced_secret(name, ns, {"stringData": values})
    restarted = {"kubectl.kubernetes.io/restartedAt": datetime.now(UTC).isoformat(timespec="seconds")}
    for deployment in deployments:
        gently = {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 0, "maxSurge": "100%"}}
        body = {"spec": {"strategy": gently, "template": {"metadata": {"annotations": restarted}}}}
        apps.patch_namespaced_deployment(deployment, ns, body)
    for deployment in deployments:
        until(partial(_pods, apps, deployment, ns), _is_whole, f"new pods of {deployment}", _ROLL_OUT_LIMIT_S)
    return f"put back, and restarted {', '.join(deployments)}"


def _pods(apps: client.AppsV1Api, deployment: str, ns: str) -> dict[str, int]:
    """How many pods a Deployment wants, has in all, and has ready of its newest template; none before it was seen."""
    found = apps.read_namespaced_deployment_status(deployment, ns)
    seen = found.status.observed_generation == found.metadata.generation
    counts = {
        "all": found.status.replicas,
        "updated": found.status.updated_replicas,
        "ready": found.status.ready_replicas,
    }
    return {"wanted": found.spec.replicas, **{name: (count or 0) if seen else 0 for name, count in counts.items()}}


def _is_whole(pods: dict[str, int]) -> bool:
    return all(count == pods["wanted"] for count in pods.values())


def use_stolen_key(spec_path: str, container: str, api_key: str, ns: str = "default", secrets: Secrets = None) -> str:
    """Action: start a Deployment of somebody who has the API key (as `API_KEY`); it is known as stolen from now on."""
    deployment: dict[str, Any] = yaml.safe_load(Path(spec_path).read_text(encoding="utf-8"))
    for one in deployment["spec"]["template"]["spec"]["containers"]:
        if one["name"] == container:
            one.setdefault("env", []).append({"name": "API_KEY", "value": api_key})
    _STOLEN.add(api_key)
    client.AppsV1Api(create_k8s_api_client(secrets)).create_namespaced_deployment(ns, deployment)
    return str(deployment["metadata"]["name"])


def stolen_keys_are_refused(target_url: str) -> bool:
    """Probe: every replica answers each key that this run has stolen with 401."""
    url = f"{target_url}/experiments?limit=1"
    return all({answer.status_code for answer in _ask(url, {"X-API-Key": key})} == {401} for key in _STOLEN)


def log_says(label_selector: str, words: str, ns: str = "default", timeout: float = 30, secrets: Secrets = None) -> str:
    """Probe: a pod's log has a line with these words. Returns the line."""
    api = client.CoreV1Api(create_k8s_api_client(secrets))

    def look() -> str:
        for pod in api.list_namespaced_pod(ns, label_selector=label_selector).items:
            if pod.status.phase == "Running":
                lines = api.read_namespaced_pod_log(pod.metadata.name, ns).splitlines()
                return next((line for line in lines if words in line), "")
        return ""

    return until(look, bool, f"'{words}' in the log of {label_selector}", timeout)


def tokens_are_taken(auth_url: str, target_url: str, user: str, password: str) -> bool:
    """Probe: every replica of the API takes a new token."""
    return set(_answers(auth_url, target_url, user, password)) == {"200"}


def tokens_are_refused(
    auth_url: str, target_url: str, user: str, password: str, saying: str, timeout: float = 30
) -> dict[str, int]:
    """Probe: some replica answers a new token with 401 and with these words. Returns answers by what they said."""
    return until(
        lambda: _answers(auth_url, target_url, user, password),
        lambda seen: any(said.startswith("401") and saying in said for said in seen),
        f"tokens refused with '{saying}'",
        timeout,
    )


def _answers(auth_url: str, target_url: str, user: str, password: str) -> dict[str, int]:
    """What the API says to a new token, and how often: `200`, or the status and the problem's detail."""
    try:
        signed_in = httpx.post(
            f"{auth_url}/sign-in", json={"user": user, "password": password}, timeout=5, trust_env=False
        ).raise_for_status()
        token = signed_in.json()["access_token"]
        answers = _ask(f"{target_url}/experiments?limit=1", {"Authorization": f"Bearer {token}"})
    except httpx.HTTPError as error:
        raise ActivityFailed(f"nobody can sign in: {error!r}") from error
    return dict(Counter(_shown(answer) for answer in answers))


def _ask(url: str, headers: dict[str, str]) -> list[httpx.Response]:
    """Each time on a new connection."""
    return [httpx.get(url, headers=headers, timeout=5, trust_env=False) for _ in range(_TRIES)]


def _shown(answer: httpx.Response) -> str:
    if answer.status_code == httpx.codes.OK:
        return "200"
    body: dict[str, Any] = answer.json()
    return f"{answer.status_code} {body.get('detail', '')}"
