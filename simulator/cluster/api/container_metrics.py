"""What CPU limits did to containers, under the names that cAdvisor has in every kubelet. Pure."""

from collections.abc import Iterable, Mapping

from simulator.cluster.api.workload_metrics import Family, Sample
from simulator.cluster.store import Object


def cpu_periods(pods: Iterable[Object], periods: Mapping[tuple[str, str], tuple[int, int]]) -> list[Family]:
    """Of containers with a limit: `periods` and those in which it had to wait, by its pod's uid and its name."""
    all_periods: list[Sample] = []
    throttled: list[Sample] = []
    for pod in pods:
        meta = pod["metadata"]
        for container in pod["spec"]["containers"]:
            if (counts := periods.get((meta["uid"], container["name"]))) is None:
                continue
            labels = {"namespace": meta["namespace"], "pod": meta["name"], "container": container["name"]}
            all_periods.append((labels, counts[0]))
            throttled.append((labels, counts[1]))
    return [
        ("container_cpu_cfs_periods_total", "counter", all_periods),
        ("container_cpu_cfs_throttled_periods_total", "counter", throttled),
    ]
