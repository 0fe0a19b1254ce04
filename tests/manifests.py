"""Small manifests, as a person would write them."""

from typing import Any


def pod(name: str, **spec: Any) -> dict[str, Any]:
    """A Pod with this spec."""
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": spec}


def deployment(name: str, pod_spec: dict[str, Any], **spec: Any) -> dict[str, Any]:
    """A Deployment of such pods, labelled `app=name`."""
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name},
        "spec": {
            **spec,
            "selector": {"matchLabels": {"app": name}},
            "template": {"metadata": {"labels": {"app": name}}, "spec": pod_spec},
        },
    }
