"""SelfSubjectAccessReview, SelfSubjectRulesReview and SelfSubjectReview: questions about oneself, stored nowhere."""

from typing import Any

from simulator.cluster import errors
from simulator.cluster.api import authorizing
from simulator.cluster.store import Object, timestamp
from simulator.cluster.users import User

_REVIEWS = (
    ("authentication.k8s.io", "selfsubjectreviews"),
    ("authorization.k8s.io", "selfsubjectaccessreviews"),
    ("authorization.k8s.io", "selfsubjectrulesreviews"),
)


def answer(user: User, review: Object) -> Object:
    """The review with its `status`; `ApiError` 400 or 422 for a question that makes no sense."""
    match review["kind"]:
        case "SelfSubjectAccessReview":
            return {**_bare(review), "status": {"allowed": _is_allowed(user, review.get("spec") or {})}}
        case "SelfSubjectRulesReview":
            if not (review.get("spec") or {}).get("namespace"):
                raise errors.bad_request("no namespace on request")
            return {**_bare(review), "status": _rules(user)}
    info = {"username": user.name, "groups": list(user.groups)}
    created = {**review.get("metadata", {}), "creationTimestamp": timestamp()}
    return {**review, "metadata": created, "status": {"userInfo": info}}


def _bare(review: Object) -> Object:
    return {**review, "metadata": {"creationTimestamp": None, **(review.get("metadata") or {})}}


def _is_allowed(user: User, spec: dict[str, Any]) -> bool:
    resource, path = spec.get("resourceAttributes"), spec.get("nonResourceAttributes")
    if (resource is None) is (path is None):
        problem = "Invalid value: null: exactly one of nonResourceAttributes or resourceAttributes must be specified"
        raise errors.invalid("SelfSubjectAccessReview", "", "spec.resourceAttributes", problem, "authorization.k8s.io")
    if user.is_admin:
        return True
    if path is not None:
        first = str(path.get("path", "")).strip("/").partition("/")[0]
        return path.get("verb") in ("get", "head") and first in authorizing.OPEN_PATHS
    assert resource is not None
    asked = (resource.get("group", ""), resource.get("resource", ""))
    return resource.get("verb") == "create" and asked in _REVIEWS and not resource.get("subresource")


def _rules(user: User) -> Object:
    everything = [{"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]}] if user.is_admin else []
    groups = sorted({group for group, _ in _REVIEWS})
    own = [
        {"verbs": ["create"], "apiGroups": [group], "resources": [r for g, r in _REVIEWS if g == group]}
        for group in groups
    ]
    open_paths = [path for name in authorizing.OPEN_PATHS for path in (f"/{name}", f"/{name}/*")]
    paths = [{"verbs": ["*"], "nonResourceURLs": ["*"]}] if user.is_admin else []
    return {
        "resourceRules": [*everything, *own],
        "nonResourceRules": [*paths, {"verbs": ["get"], "nonResourceURLs": open_paths}],
        "incomplete": False,
    }
