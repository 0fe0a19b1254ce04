"""Notifications out, through Apprise: pages, updates and escalations of the drills that are running.

Tags in an Apprise configuration file say which target gets what:

| tag | gets |
|---|---|
| `page` | each alert, the first time that it fires in a drill, and each inject |
| `update`, `update/<audience>` | every update that is posted, or those to one audience |
| `escalation`, `escalation/<who>` | every escalation, or those to one person or role |
| `always` | all of these, as everywhere in Apprise |

A notification holds what a responder may see, and nothing of the truth.
"""

import logging
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from queue import Full, Queue
from threading import Event as Flag
from threading import Lock, Thread, get_ident

import yaml
from apprise import Apprise, AppriseAsset, NotifyFormat, NotifyType
from apprise.config.file import ConfigFile

from scoring.canonical import write_instant
from scoring.errors import ScoringError
from scoring.playbook import Playbook
from scoring.timeline import Drill, Event

_log = logging.getLogger(__name__)
_YAML = frozenset({".yaml", ".yml"})
_TAGS = ("page", "update", "escalation")
_MOST_WAITING, _MOST_DRILLS, _LONGEST_TEXT = 1000, 256, 4000


@dataclass(frozen=True)
class Notification:
    """What is sent, to every target that has one of the tags."""

    tags: frozenset[str]
    title: str
    body: str
    kind: NotifyType = NotifyType.INFO


@dataclass
class Target:
    """Somewhere that notifications go; `url` shows no secrets. `fails` since the last attempt did."""

    url: str
    tags: frozenset[str]
    apprise: Apprise = field(repr=False)
    fails: bool = False

    def wants(self, notification: Notification) -> bool:
        """Whether one of its tags is asked for."""
        return bool(self.tags & (notification.tags | {"always"}))


class Notifier:
    """Sends from one thread of its own, so that nobody who tells it something waits or fails with it.

    At most 1000 notifications wait; further ones are dropped, and that is logged. `link` makes of a drill's id the
    address under which it is watched.
    """

    def __init__(self, config: Path | None, link: Callable[[str], str] | None = None) -> None:
        """Raises ScoringError for a configuration that Apprise cannot use, or that asks for nothing of ours."""
        self._targets = load_targets(config) if config is not None else []
        self._link = link
        self._waiting: Queue[Notification | None] = Queue(_MOST_WAITING)
        self._paged: OrderedDict[str, set[str] | None] = OrderedDict()
        self._lock = Lock()
        self._thread: Thread | None = None
        self._is_full = False
        self._is_over = Flag()

    def targets(self) -> list[Target]:
        """Where notifications go, and by which tags."""
        return list(self._targets)

    async def tell(self, drill: Drill, playbook: Playbook, event: Event) -> None:
        """`offer`, for those who await."""
        self.offer(drill, playbook, event)

    def offer(self, drill: Drill, playbook: Playbook, event: Event) -> None:
        """Notify of an event, if it calls for that. Safe from any thread; never waits and never raises."""
        if not self._targets or drill.ended_at is not None or not self._is_news(drill.id, event):
            return
        notification = notification_of(drill, playbook, event, self._link(drill.id) if self._link else None)
        if notification is None:
            return
        try:
            self._waiting.put_nowait(notification)
        except Full:
            if not self._is_full:
                _log.warning("notifications are dropped: %d are waiting already", _MOST_WAITING)
            self._is_full = True
            return
        self._is_full = False
        self._start()

    def stop(self, within_s: float = 5.0) -> None:
        """Send what waits, for so many wall seconds at most, and end; what then still waits is dropped."""
        until = time.monotonic() + within_s
        with self._lock:
            thread, self._thread = self._thread, None
        if thread is None:
            return
        with suppress(Full):
            self._waiting.put(None, timeout=within_s)
        thread.join(max(0.0, until - time.monotonic()))
        self._is_over.set()

    def _is_news(self, drill_id: str, event: Event) -> bool:
        """Whether the drill runs, and has not had this alert yet."""
        with self._lock:
            paged = self._paged.setdefault(drill_id, set())
            self._paged.move_to_end(drill_id)
            if len(self._paged) > _MOST_DRILLS:
                self._paged.popitem(last=False)
            if paged is None or event.kind in {"drill.ended", "drill.aborted"}:
                self._paged[drill_id] = None
                return False
            if event.kind != "alert.firing":
                return True
            is_new = event.alert_name not in paged
            paged.add(event.alert_name)
            return is_new

    def _start(self) -> None:
        with self._lock:
            if self._thread is None:
                self._thread = Thread(target=self._work, name="notifications", daemon=True)
                self._thread.start()

    def _work(self) -> None:
        while (notification := self._waiting.get()) is not None and not self._is_over.is_set():
            for target in self._targets:
                if target.wants(notification):
                    _send(target, notification)


def notification_of(drill: Drill, playbook: Playbook, event: Event, link: str | None = None) -> Notification | None:
    """What is sent for an event; None for most."""
    about = [f"drill {drill.id}, playbook {playbook.title}", *([link] if link else [])]
    if event.kind == "alert.firing":
        name = event.alert_name or "an unnamed alert"
        annotations = event.data.get("annotations")
        summary = annotations.get("summary") if isinstance(annotations, dict) else None
        lines = [str(summary) if summary else "", f"firing since {write_instant(event.occurred_at)}", *about]
        return Notification(frozenset({"page"}), f"{name} is firing", _text(lines), NotifyType.FAILURE)
    if event.kind == "inject.delivered":
        title = f"{event.text('title') or 'A message'} from {event.text('from') or 'nobody in particular'}"
        return Notification(frozenset({"page"}), title, _text([event.text("text"), *about]), NotifyType.WARNING)
    if event.kind == "update.posted":
        listed = event.data.get("audiences")
        audiences = [name for name in listed if isinstance(name, str)] if isinstance(listed, list) else []
        to = f" to {', '.join(audiences)}" if audiences else ""
        tags = frozenset({"update", *(f"update/{_slug(name)}" for name in audiences)})
        return Notification(tags, f"Update{to}", _text([event.text("text"), *about]))
    if event.kind == "incident.escalated":
        to, by = event.text("to"), event.text("by")
        title = f"Escalated to {to or 'nobody in particular'}" + (f" by {by}" if by else "")
        tags = frozenset({"escalation", f"escalation/{_slug(to)}"})
        return Notification(tags, title, _text([event.text("text"), *about]), NotifyType.WARNING)
    return None


def load_targets(path: Path) -> list[Target]:
    """The targets of an Apprise configuration file. Raises ScoringError that names the file and the mend."""
    if not path.is_file():
        raise ScoringError(f"{path}: there is no such file; give an Apprise configuration with tagged URLs")
    asset = AppriseAsset(app_id="gameday", app_desc="gameday drills", async_mode=False)
    pending: list[object] = []
    with _complaints() as said:
        form = "yaml" if path.suffix in _YAML else None
        whole = Apprise(asset=asset)
        whole.add(ConfigFile(path=str(path), format=form, asset=asset))  # type: ignore[no-untyped-call]
        services = list(whole.find(report=pending))
    if said or not (services or pending):
        raise ScoringError(f"{_wrong(path, said)}; give a list `urls`, each an Apprise URL with its `tag`")
    if pending:
        raise ScoringError(f"{path}: {len(pending)} targets wait for a value; set APPRISE_TEMPLATE_<NAME> for each")
    targets = []
    for service in services:
        alone = Apprise(asset=asset)
        alone.add(service)
        url = str(service.url(privacy=True)).partition("?")[0]  # type: ignore[no-untyped-call]
        targets.append(Target(url, frozenset(str(tag) for tag in service.tags), alone))
    ours = {tag for target in targets for tag in target.tags if tag == "always" or tag.partition("/")[0] in _TAGS}
    if not ours:
        raise ScoringError(f"{path}: no target is tagged {', '.join(_TAGS)}; nothing would ever be sent")
    logging.getLogger("apprise").setLevel(logging.CRITICAL)
    return targets


def _send(target: Target, notification: Notification) -> None:
    """A target that fails is logged once, and once more when it takes something again."""
    try:
        sent = bool(
            target.apprise.notify(
                body=notification.body,
                title=notification.title,
                notify_type=notification.kind,
                body_format=NotifyFormat.TEXT,
            )
        )
    except Exception:  # a target's plugin may raise anything, and the others are still to be told
        _log.debug("the target %s raised", target.url, exc_info=True)
        sent = False
    if target.fails and sent:
        _log.info("notifications to %s are taken again", target.url)
    if not sent and not target.fails:
        _log.warning("notifications to %s fail; '%s' was not sent", target.url, notification.title)
    target.fails = not sent


@contextmanager
def _complaints() -> Iterator[list[str]]:
    """What Apprise logs as a warning or worse meanwhile: it says so of a bad file, and raises nothing."""
    said: list[str] = []
    ours = get_ident()
    handler = logging.Handler(logging.WARNING)
    handler.addFilter(lambda record: record.thread == ours)
    handler.emit = lambda record: said.append(record.getMessage())  # type: ignore[method-assign]
    logger = logging.getLogger("apprise")
    level, propagate, logger.propagate = logger.level, logger.propagate, False
    logger.setLevel(logging.WARNING)
    logger.addHandler(handler)
    try:
        yield said
    finally:
        logger.removeHandler(handler)
        logger.setLevel(level)
        logger.propagate = propagate


def _wrong(path: Path, said: list[str]) -> str:
    """What is wrong with a file, with the line where it is no YAML."""
    if path.suffix in _YAML:
        try:
            yaml.safe_load(path.read_text(encoding="utf-8", errors="replace"))
        except yaml.MarkedYAMLError as error:
            line = error.problem_mark.line + 1 if error.problem_mark else 1
            return f"{path}:{line}: this is no YAML: {error.problem}"
    found = [message for message in said if not message.startswith("Failed to load")]
    return f"{path}: {found[0].rstrip('.')}" if found else f"{path}: it names no target"


def _slug(name: str) -> str:
    return "-".join(name.lower().split())


def _text(lines: list[str]) -> str:
    return "\n".join(line for line in lines if line)[:_LONGEST_TEXT]
