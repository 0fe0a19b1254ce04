"""Whether an `action.taken` changed the target, or only looked at it.

`data.changes` says so where it is true or false. Else every request of the cluster's audit log changes (it holds no
others), a command is read for what is known to change things, and an action that is told without a command counts as a
change, for `action.taken` is what was done to the target. Acknowledging, declaring and talking are no actions.
"""

import re
import shlex

from scoring.timeline import Event

_KUBECTL_CHANGES = frozenset(
    {
        *("annotate", "apply", "autoscale", "cordon", "cp", "create", "debug", "delete", "drain", "edit", "expose"),
        *("label", "patch", "replace", "run", "scale", "set", "taint", "uncordon"),
    }
)
"""Commands that write, after `kubectl --help`."""
_ROLLOUT_CHANGES = frozenset({"pause", "restart", "resume", "undo"})
_KUBECTL_VALUES = frozenset({"-n", "-s", "--as", "--cluster", "--context", "--kubeconfig", "--namespace", "--server"})
"""Flags of kubectl that may stand before the command and take the next word as their value."""
_OTHER_CHANGES = re.compile(
    r"\b(?:"
    r"helm3?\s+(?:[^\s|;&]+\s+){0,8}?(?:delete|install|rollback|uninstall|upgrade)\b"
    r"|(?:docker|podman|nerdctl)\s+(?:[^\s|;&]+\s+){0,8}?(?:kill|pause|restart|rm|run|start|stop|unpause|update)\b"
    r"|(?:systemctl|service)\s+(?:[^\s|;&]+\s+){0,8}?(?:disable|enable|kill|reload|restart|start|stop)\b"
    r"|(?:redis|valkey)-cli(?:\s+-\w+(?:\s+[^-\s]\S*)?){0,8}?\s+"
    r"(?:config\s+set|del|expire|flushall|flushdb|set|shutdown|unlink)\b"
    r"|(?:pkill|killall|reboot|shutdown|terraform\s+(?:apply|destroy))\b"
    r"|kill\s+-?\w"
    r"|pg_(?:cancel|terminate)_backend|pg_reload_conf"
    r"|(?:alter|create|drop|truncate)\s+(?:database|extension|function|index|role|schema|system|table|user|view)"
    r"|(?:delete\s+from|insert\s+into|vacuum)\s|update\s+\S+\s+set\s"
    r")"
    r"|\bcurl\b[^|;&\n]*\s(?:-X\s*|--request[ =])[\"']?(?:DELETE|PATCH|POST|PUT)\b",
    re.IGNORECASE,
)
_LONGEST = 20_000
_PARTS = re.compile(r"\|\||&&|[|;&\n()`]|\$\(")


def changes_target(event: Event) -> bool:
    """Whether this action changed the target."""
    said = event.data.get("changes")
    if isinstance(said, bool):
        return said
    if event.text("by") == "audit":
        return True
    command = event.text("command")
    return is_change(command) if command.strip() else True


def is_change(command: str) -> bool:
    """Whether a shell command, or any part of a pipeline or script, is known to change a target."""
    whole = command[:_LONGEST].replace("\\\n", " ")
    return _OTHER_CHANGES.search(whole) is not None or any(_kubectl_changes(part) for part in _PARTS.split(whole))


def _kubectl_changes(part: str) -> bool:
    words = _words(part)
    at = next((i for i, word in enumerate(words) if word.rpartition("/")[2] in {"kubectl", "oc"}), None)
    if at is None or _is_dry_run(words):
        return False
    rest = iter(words[at + 1 :])
    plain = []
    for word in rest:
        if word in _KUBECTL_VALUES:
            next(rest, None)
        elif not word.startswith("-"):
            plain.append(word)
    if plain[:1] == ["rollout"]:
        return bool(_ROLLOUT_CHANGES.intersection(plain[1:2]))
    return bool(_KUBECTL_CHANGES.intersection(plain[:1]))


def _words(part: str) -> list[str]:
    try:
        return shlex.split(part, comments=True)
    except ValueError:  # an unclosed quote: the part was cut inside a string
        return part.split()


def _is_dry_run(words: list[str]) -> bool:
    return any(word in {"--dry-run", "--dry-run=client", "--dry-run=server"} for word in words)
