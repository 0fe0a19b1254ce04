"""What a user may do. The administrator may do everything; a service account no more than RBAC gives each by default.

The roles system:discovery, system:public-info-viewer and system:basic-user of the Kubernetes documentation "Using RBAC
Authorization"; there are no other roles here, so nothing can be granted to a service account.
"""

from collections.abc import Mapping, Sequence

from simulator.cluster import errors
from simulator.cluster.api import requests
from simulator.cluster.api.requests import Target
from simulator.cluster.users import ADMINS, SERVICE_ACCOUNT, User, service_account

OPEN_PATHS = ("api", "apis", "openapi", "version", "healthz", "livez", "readyz")
_OPEN_KINDS = ("SelfSubjectAccessReview", "SelfSubjectRulesReview", "SelfSubjectReview")
_VERBS = {"POST": "create", "PUT": "update", "PATCH": "patch"}


def check(user: User, method: str, path: str, query: Mapping[str, str], target: Target | None) -> None:
    """`ApiError` 403, in the API server's words, for what the user may not do."""
    if user.is_admin:
        return
    if target is None:
        if method in ("GET", "HEAD") and path.strip("/").partition("/")[0] in OPEN_PATHS:
            return
        verb = _VERBS.get(method, method.lower())
        raise errors.ApiError(403, "Forbidden", f'forbidden: User "{user.name}" cannot {verb} path "{path}"')
    if method == "POST" and target.resource.kind in _OPEN_KINDS:
        return
    resource = target.resource
    part = f"{resource.plural}/{target.subresource}" if target.subresource else resource.plural
    where = f'in the namespace "{target.namespace}"' if target.namespace else "at the cluster scope"
    why = (
        f'User "{user.name}" cannot {verb_of(method, query, target)} resource "{part}" '
        f'in API group "{resource.group}" {where}'
    )
    raise errors.forbidden(resource.plural, target.name, why, resource.group)


def acting(user: User, other: str | None, groups: Sequence[str]) -> User:
    """Whom the request is made for (`kubectl --as`): `user`, or who is impersonated; `ApiError` 403 if he may not."""
    if other is None:
        return user
    if not user.is_admin:
        why = f'User "{user.name}" cannot impersonate resource "users" in API group "" at the cluster scope'
        raise errors.forbidden("users", other, why)
    if other.startswith(SERVICE_ACCOUNT):
        namespace, _, name = other.removeprefix(SERVICE_ACCOUNT).partition(":")
        return service_account(namespace, name)
    return User(other, (*groups, "system:authenticated"), is_admin=ADMINS in groups)


def verb_of(method: str, query: Mapping[str, str], target: Target) -> str:
    """The verb of a request to a resource, as RBAC and audit logs name it."""
    if method in ("GET", "HEAD"):
        if target.name:
            return "get"
        return "watch" if requests.flag(query, "watch") else "list"
    if method == "DELETE":
        return "delete" if target.name else "deletecollection"
    return _VERBS.get(method, method.lower())
