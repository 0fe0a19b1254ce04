"""From discovered labels to what is scraped: defaults, relabelling, the address. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from simulator.monitor.config import Job
from simulator.monitor.durations import format_duration
from simulator.monitor.labels import Labels, from_mapping
from simulator.monitor.relabel import relabel


@dataclass(frozen=True, slots=True)
class Target:
    """Something to scrape; `labels` are what its samples carry, `discovered` what it was found with."""

    job: str
    url: str
    labels: Labels
    discovered: Labels


@dataclass(frozen=True, slots=True)
class Dropped:
    """What relabelling left out."""

    job: str
    discovered: Labels


def targets_of(job: Job, found: Iterable[Mapping[str, str]]) -> Iterator[Target | Dropped]:
    """The targets of a job; equal ones (same labels and address) come once."""
    known: set[tuple[str, Labels]] = set()
    for labels in found:
        discovered = {
            "job": job.name,
            "__scheme__": job.scheme,
            "__metrics_path__": job.metrics_path,
            "__scrape_interval__": format_duration(job.interval_ms),
            "__scrape_timeout__": format_duration(job.timeout_ms),
            **{f"__param_{name}": value for name, value in job.params.items()},
            **labels,
        }
        kept = relabel(discovered, job.relabellings)
        if kept is None or not kept.get("__address__"):
            yield Dropped(job.name, from_mapping(discovered))
            continue
        target = _target(job, discovered, kept)
        if (target.url, target.labels) not in known:
            known.add((target.url, target.labels))
            yield target


def static_labels(job: Job) -> Iterator[dict[str, str]]:
    """The label sets of `static_configs`."""
    for group in job.static:
        for address in group.targets:
            yield {**group.labels, "__address__": address}


def _target(job: Job, discovered: Mapping[str, str], kept: Mapping[str, str]) -> Target:
    path = kept.get("__metrics_path__", "/metrics")
    params = {name.removeprefix("__param_"): value for name, value in kept.items() if name.startswith("__param_")}
    address = kept["__address__"]
    url = f"{kept.get('__scheme__', 'http')}://{address}{path if path.startswith('/') else '/' + path}"
    if params:
        url += "?" + urlencode(params)
    public = {name: value for name, value in kept.items() if not name.startswith("__")}
    public.setdefault("instance", address)
    return Target(job.name, url, from_mapping(public), from_mapping(discovered))
