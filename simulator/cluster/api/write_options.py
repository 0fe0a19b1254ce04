"""What a client says of a write in the query (meta/v1 CreateOptions, UpdateOptions, PatchOptions). Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from simulator.cluster import errors
from simulator.cluster.errors import Cause
from simulator.cluster.objects import naming

_LONGEST_MANAGER = 128
_VALIDATIONS = ("Ignore", "Strict", "Warn")


@dataclass(frozen=True)
class WriteOptions:
    """`manager` is who writes; `validation`, what unknown and duplicate fields do: Ignore, Warn or Strict."""

    manager: str
    is_dry_run: bool = False
    validation: str = "Warn"
    is_forced: bool = False


def read(query: Mapping[str, str], agent: str, kind: str, *, is_apply: bool = False) -> WriteOptions:
    """The options of one write; `kind` names them in refusals (`ApiError` 422). `agent` is the User-Agent header."""
    causes = list(_wrong(query, is_patch=kind == "PatchOptions", is_apply=is_apply))
    if causes:
        raise errors.invalid_for(kind, "", causes, "meta.k8s.io")
    return WriteOptions(
        query.get("fieldManager") or _program(agent),
        bool(query.get("dryRun")),
        query.get("fieldValidation") or "Warn",
        query.get("force", "false").lower() not in ("false", "0"),
    )


def _wrong(query: Mapping[str, str], *, is_patch: bool, is_apply: bool) -> Iterator[Cause]:
    manager = query.get("fieldManager", "")
    if is_apply and not manager:
        yield Cause("fieldManager", "Required value: is required for apply patch", "FieldValueRequired")
    if is_patch and not is_apply and "force" in query:
        yield Cause("force", "Forbidden: may not be specified for non-apply patch", "FieldValueForbidden")
    if len(manager.encode()) > _LONGEST_MANAGER:
        yield Cause("fieldManager", f"Too long: may not be more than {_LONGEST_MANAGER} bytes", "FieldValueTooLong")
    for at, sign in enumerate(manager):
        if not sign.isprintable():
            text = f"invalid character U+{ord(sign):04X} (at position {at})"
            yield Cause("fieldManager", f"Invalid value: {naming.quoted(manager)}: {text}")
    if query.get("dryRun") not in (None, "", "All"):
        message = f'Unsupported value: ["{query["dryRun"]}"]: supported values: "All"'
        yield Cause("dryRun", message, "FieldValueNotSupported")
    if query.get("fieldValidation", "") not in ("", *_VALIDATIONS):
        yield naming.unsupported("fieldValidation", query["fieldValidation"], "", *_VALIDATIONS)


def _program(agent: str) -> str:
    """`kubectl` of `kubectl/v1.36.0 (linux/amd64) ...`, as managers are called that do not name themselves."""
    name = "".join(sign for sign in agent.partition("/")[0] if sign.isprintable())
    return name.encode()[:_LONGEST_MANAGER].decode(errors="ignore")
