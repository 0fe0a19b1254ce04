"""What the API refuses, in the words and with the status codes of a Kubernetes API server."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


class ApiError(Exception):
    """A refusal that becomes a `Status` object on the wire (meta/v1 Status)."""

    def __init__(self, code: int, reason: str, message: str, details: dict[str, Any] | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.reason = reason
        self.message = message
        self.details = details
        self.continued = ""  # a token with which a list that expired can go on

    def status(self) -> dict[str, Any]:
        """The `Status` body that clients parse."""
        body: dict[str, Any] = {
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": {"continue": self.continued} if self.continued else {},
            "status": "Failure",
            "message": self.message,
            "reason": self.reason,
            "code": self.code,
        }
        if self.details:
            body["details"] = self.details
        return body


class NodeRefusal(Exception):
    """The node refuses, behind an API server that has let the request through; the message is in the kubelet's words.

    Before a stream is open it becomes the plain text of a 500; on an open stream, the message of its Status.
    """


def not_found(resource: str, name: str, group: str = "") -> ApiError:
    """404, in the API server's words."""
    qualified = f"{resource}.{group}" if group else resource
    return ApiError(
        404, "NotFound", f'{qualified} "{name}" not found', {"name": name, "group": group, "kind": resource}
    )


def already_exists(resource: str, name: str, group: str = "") -> ApiError:
    """409 on create."""
    qualified = f"{resource}.{group}" if group else resource
    return ApiError(
        409,
        "AlreadyExists",
        f'{qualified} "{name}" already exists',
        {"name": name, "group": group, "kind": resource},
    )


def conflict(resource: str, name: str, group: str = "") -> ApiError:
    """409 on a write against an old resourceVersion."""
    qualified = f"{resource}.{group}" if group else resource
    return ApiError(
        409,
        "Conflict",
        f'Operation cannot be fulfilled on {qualified} "{name}": the object has been modified; '
        "please apply your changes to the latest version and try again",
        {"name": name, "group": group, "kind": resource},
    )


def expired(version: int, oldest: int) -> ApiError:
    """410 for a watch from a version that history no longer holds."""
    return ApiError(410, "Expired", f"too old resource version: {version} ({oldest})")


def too_large_version(wanted: int, current: int) -> ApiError:
    """504 for a version that has not been yet, as a cache says that does not catch up in time."""
    details = {
        "retryAfterSeconds": 1,
        "causes": [{"reason": "ResourceVersionTooLarge", "message": "Too large resource version"}],
    }
    text = f"Timeout: Too large resource version: {wanted}, current: {current}"
    return ApiError(504, "Timeout", text, details)


@dataclass(frozen=True)
class Cause:
    """One thing wrong with an object: the path of the field and the API server's words for it."""

    field: str
    message: str
    reason: str = "FieldValueInvalid"


def invalid(kind: str, name: str, field: str, message: str, group: str = "") -> ApiError:
    """422 for an object that does not validate; `message` follows the field's path."""
    return invalid_for(kind, name, [Cause(field, message)], group)


def invalid_for(kind: str, name: str, causes: Sequence[Cause], group: str = "") -> ApiError:
    """422 with every cause, as the API server lists them: one bare, several in brackets."""
    qualified = f"{kind}.{group}" if group else kind
    texts = list(dict.fromkeys(f"{cause.field}: {cause.message}" for cause in causes))
    text = texts[0] if len(texts) == 1 else f"[{', '.join(texts)}]"
    return ApiError(
        422,
        "Invalid",
        f'{qualified} "{name}" is invalid: {text}',
        {
            "name": name,
            "group": group,
            "kind": kind,
            "causes": [{"reason": c.reason, "message": c.message, "field": c.field} for c in causes],
        },
    )


def bad_request(message: str) -> ApiError:
    """400 for what cannot be read."""
    return ApiError(400, "BadRequest", message)


def unauthorized() -> ApiError:
    """401 without our token."""
    return ApiError(401, "Unauthorized", "Unauthorized")


def forbidden(resource: str, name: str, why: str, group: str = "") -> ApiError:
    """403 for what policy, not form, refuses."""
    qualified = f"{resource}.{group}" if group else resource
    return ApiError(
        403,
        "Forbidden",
        f'{qualified} "{name}" is forbidden: {why}' if name else f"{qualified} is forbidden: {why}",
        {"name": name, "group": group, "kind": resource},
    )


def method_not_allowed() -> ApiError:
    """405 for a verb that the resource does not have."""
    return ApiError(405, "MethodNotAllowed", "the server does not allow this method on the requested resource")


def not_acceptable(accepted: Sequence[str]) -> ApiError:
    """406 where the client takes nothing that we can write."""
    text = "only the following media types are accepted: " + ", ".join(accepted)
    return ApiError(406, "NotAcceptable", text)


def unsupported_media_type(accepted: Sequence[str]) -> ApiError:
    """415 for a body in a format that we cannot read."""
    text = "the body of the request was in an unknown format - accepted media types include: "
    return ApiError(415, "UnsupportedMediaType", text + ", ".join(accepted))


def conflicting_uid(resource: str, name: str, wanted: str, have: str, group: str = "") -> ApiError:
    """409 where a client means another object of the same name."""
    qualified = f"{resource}.{group}" if group else resource
    return ApiError(
        409,
        "Conflict",
        f'Operation cannot be fulfilled on {qualified} "{name}": Precondition failed: UID in precondition: '
        f"{wanted}, UID in object meta: {have}",
        {"name": name, "group": group, "kind": resource},
    )
