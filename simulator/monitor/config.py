"""prometheus.yml: the part of Prometheus' configuration that this monitor honours, as checked values."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from simulator.monitor.connection import Connection
from simulator.monitor.documents import Field
from simulator.monitor.errors import BadConfig
from simulator.monitor.patterns import anchored
from simulator.monitor.relabel import ACTIONS, Relabelling

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class StaticGroup:
    targets: tuple[str, ...]
    labels: dict[str, str]


@dataclass(frozen=True, slots=True)
class KubernetesSearch:
    """A `kubernetes_sd_configs` entry; no namespaces means all of them."""

    role: str
    kubeconfig: Path
    namespaces: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Job:
    """A `scrape_configs` entry. Intervals in milliseconds of wall time."""

    name: str
    interval_ms: int
    timeout_ms: int
    metrics_path: str
    scheme: str
    params: dict[str, str]
    honor_labels: bool
    connection: Connection
    static: tuple[StaticGroup, ...]
    kubernetes: tuple[KubernetesSearch, ...]
    relabellings: tuple[Relabelling, ...]
    metric_relabellings: tuple[Relabelling, ...]


@dataclass(frozen=True, slots=True)
class Alertmanager:
    """Where alerts are pushed: base addresses, each without the API's path."""

    urls: tuple[str, ...]
    timeout_ms: int
    connection: Connection


@dataclass(frozen=True, slots=True)
class MonitorConfig:
    """A whole configuration file; `text` is the file as it was read."""

    text: str
    evaluation_interval_ms: int
    external_labels: dict[str, str]
    rule_files: tuple[Path, ...]
    jobs: tuple[Job, ...]
    alertmanagers: tuple[Alertmanager, ...]


def load_config(path: Path) -> MonitorConfig:
    """Reads and checks the file and finds the rule files. Raises BadConfig naming file, line and field."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BadConfig(f"{path}:1: cannot be read: {error}; give a file with --config.file") from error
    folder = path.resolve().parent
    root = Field.read(str(path), text, BadConfig)
    top = root.mapping(("global", "rule_files", "scrape_configs", "alerting"))
    known = ("scrape_interval", "scrape_timeout", "evaluation_interval", "external_labels")
    settings = top["global"].mapping(known) if "global" in top else {}
    interval_ms = _get(settings, "scrape_interval", Field.duration_ms, 60_000)
    timeout_ms = _get(settings, "scrape_timeout", Field.duration_ms, min(10_000, interval_ms))
    if timeout_ms > interval_ms:
        raise settings["scrape_timeout"].problem("is longer than the scrape interval; shorten it")
    jobs: dict[str, Job] = {}
    for entry in top["scrape_configs"].items() if "scrape_configs" in top else []:
        job = _job(entry, folder, interval_ms, timeout_ms)
        if job.name in jobs:
            raise entry.problem(f"there is another job named {job.name!r}; names must differ")
        jobs[job.name] = job
    return MonitorConfig(
        text,
        _get(settings, "evaluation_interval", Field.duration_ms, 60_000),
        _get(settings, "external_labels", Field.strings, {}),
        _rule_files(top.get("rule_files"), folder),
        tuple(jobs.values()),
        _alertmanagers(top.get("alerting"), folder),
    )


def _get(fields: dict[str, Field], name: str, read: Callable[[Field], _T], default: _T) -> _T:
    return read(fields[name]) if name in fields else default


def _rule_files(field: Field | None, folder: Path) -> tuple[Path, ...]:
    found: list[Path] = []
    for item in field.items() if field else []:
        pattern = Path(item.text())
        base = Path(pattern.anchor) if pattern.is_absolute() else folder
        try:
            matches = sorted(base.glob(str(pattern.relative_to(pattern.anchor))))
        except (ValueError, OSError) as error:
            raise item.problem(f"{pattern} is not a usable pattern: {error}") from error
        if not matches and not any(sign in str(pattern) for sign in "*?["):
            raise item.problem(f"there is no file {pattern}; correct the path")
        found += [match for match in matches if match not in found]
    return tuple(found)


_CLIENT = ("scheme", "authorization", "tls_config")
_JOB = (
    "job_name", "scrape_interval", "scrape_timeout", "metrics_path", "params", "honor_labels",
    "static_configs", "kubernetes_sd_configs", "relabel_configs", "metric_relabel_configs", *_CLIENT,
)  # fmt: skip


def _job(entry: Field, folder: Path, interval_ms: int, timeout_ms: int) -> Job:
    fields = entry.mapping(_JOB)
    if "job_name" not in fields or not fields["job_name"].text():
        raise entry.problem("has no job_name; give it one")
    interval_ms = _get(fields, "scrape_interval", Field.duration_ms, interval_ms)
    timeout_ms = _get(fields, "scrape_timeout", Field.duration_ms, min(timeout_ms, interval_ms))
    if timeout_ms > interval_ms:
        raise fields["scrape_timeout"].problem("is longer than the scrape interval; shorten it")
    params = fields["params"].mapping() if "params" in fields else {}
    for name, values in params.items():
        if len(values.items()) != 1:
            raise values.problem(f"must hold exactly one value for the parameter {name!r}")
    return Job(
        fields["job_name"].text(),
        interval_ms,
        timeout_ms,
        _get(fields, "metrics_path", Field.text, "/metrics"),
        _get(fields, "scheme", lambda field: field.one_of(("http", "https")), "http"),
        {name: values.items()[0].text() for name, values in params.items()},
        _get(fields, "honor_labels", Field.flag, False),
        _connection(fields, folder),
        tuple(_static(item) for item in _list(fields, "static_configs")),
        tuple(_kubernetes(item, folder) for item in _list(fields, "kubernetes_sd_configs")),
        tuple(_relabelling(item) for item in _list(fields, "relabel_configs")),
        tuple(_relabelling(item) for item in _list(fields, "metric_relabel_configs")),
    )


def _list(fields: dict[str, Field], name: str) -> list[Field]:
    return fields[name].items() if name in fields else []


def _static(entry: Field) -> StaticGroup:
    fields = entry.mapping(("targets", "labels"))
    targets = []
    for item in _list(fields, "targets"):
        if not item.text() or "/" in item.text():
            raise item.problem(f"{item.text()!r} is not a host and port; write it as 127.0.0.1:9090")
        targets.append(item.text())
    return StaticGroup(tuple(targets), _get(fields, "labels", Field.strings, {}))


def _kubernetes(entry: Field, folder: Path) -> KubernetesSearch:
    fields = entry.mapping(("role", "kubeconfig_file", "namespaces"))
    for name in ("role", "kubeconfig_file"):
        if name not in fields:
            raise entry.problem(f"has no {name}; give one")
    names: tuple[str, ...] = ()
    if "namespaces" in fields:
        names = tuple(item.text() for item in _list(fields["namespaces"].mapping(("names",)), "names"))
    role = fields["role"].one_of(("pod", "endpoints", "node"))
    return KubernetesSearch(role, _file(fields["kubeconfig_file"], folder), names)


def _relabelling(entry: Field) -> Relabelling:
    known = ("source_labels", "separator", "regex", "target_label", "replacement", "action")
    fields = entry.mapping(known)
    step = Relabelling(
        tuple(item.text() for item in _list(fields, "source_labels")),
        _get(fields, "separator", Field.text, ";"),
        _get(fields, "regex", Field.text, "(.*)"),
        _get(fields, "target_label", Field.text, ""),
        _get(fields, "replacement", Field.text, "$1"),
        _get(fields, "action", lambda field: field.one_of(ACTIONS), "replace"),
    )
    try:
        anchored(step.regex)
    except ValueError as error:
        raise fields["regex"].problem(str(error)) from error
    if step.action == "replace" and not step.target_label:
        raise entry.problem("has no target_label, which the action replace needs")
    return step


def _connection(fields: dict[str, Field], folder: Path) -> Connection:
    tls_fields = ("ca_file", "cert_file", "key_file", "server_name", "insecure_skip_verify")
    tls = fields["tls_config"].mapping(tls_fields) if "tls_config" in fields else {}
    auth_fields = ("type", "credentials", "credentials_file")
    auth = fields["authorization"].mapping(auth_fields) if "authorization" in fields else {}
    if "credentials" in auth and "credentials_file" in auth:
        raise auth["credentials"].problem("cannot stand beside credentials_file; keep one")

    def file(name: str, among: dict[str, Field]) -> Path | None:
        return _file(among[name], folder) if name in among else None

    connection = Connection(
        credentials_type=_get(auth, "type", Field.text, "Bearer"),
        credentials=_get(auth, "credentials", Field.text, ""),
        credentials_file=file("credentials_file", auth),
        ca_file=file("ca_file", tls),
        cert_file=file("cert_file", tls),
        key_file=file("key_file", tls),
        server_name=_get(tls, "server_name", Field.text, ""),
        is_verified=not _get(tls, "insecure_skip_verify", Field.flag, False),
    )
    try:
        connection.ssl_context()
    except OSError as error:
        raise fields["tls_config"].problem(f"cannot be used: {error}; correct its files") from error
    return connection


def _file(field: Field, folder: Path) -> Path:
    path = folder / field.text()
    if not path.is_file():
        raise field.problem(f"there is no file {path}; correct the path")
    return path


def _alertmanagers(field: Field | None, folder: Path) -> tuple[Alertmanager, ...]:
    fields = field.mapping(("alertmanagers",)) if field else {}
    found = []
    for entry in _list(fields, "alertmanagers"):
        known = ("static_configs", "path_prefix", "api_version", "timeout", *_CLIENT)
        inner = entry.mapping(known)
        if "api_version" in inner:
            inner["api_version"].one_of(("v2",))
        scheme = _get(inner, "scheme", lambda field: field.one_of(("http", "https")), "http")
        prefix = _get(inner, "path_prefix", Field.text, "").strip("/")
        hosts = [target for item in _list(inner, "static_configs") for target in _static(item).targets]
        urls = tuple(f"{scheme}://{host}{'/' + prefix if prefix else ''}" for host in hosts)
        timeout_ms = _get(inner, "timeout", Field.duration_ms, 10_000)
        found.append(Alertmanager(urls, timeout_ms, _connection(inner, folder)))
    return tuple(found)
