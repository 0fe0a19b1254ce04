"""The kinds that this cluster serves. A kind that is not in this table does not exist here."""

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Resource:
    """One served kind, as discovery describes it."""

    group: str
    version: str
    plural: str
    singular: str
    kind: str
    short_names: tuple[str, ...] = ()
    is_namespaced: bool = True
    subresources: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    verbs: tuple[str, ...] = ("create", "delete", "deletecollection", "get", "list", "patch", "update", "watch")

    @property
    def api_version(self) -> str:
        """`v1` or `apps/v1`, as objects carry it."""
        return f"{self.group}/{self.version}" if self.group else self.version


NAMESPACES = Resource("", "v1", "namespaces", "namespace", "Namespace", ("ns",), False, ("status",))
NODES = Resource("", "v1", "nodes", "node", "Node", ("no",), False, ("status",))
PODS = Resource(
    "",
    "v1",
    "pods",
    "pod",
    "Pod",
    ("po",),
    True,
    ("attach", "eviction", "exec", "log", "portforward", "status"),
    ("all",),
)
SERVICES = Resource("", "v1", "services", "service", "Service", ("svc",), True, ("status",), ("all",))
ENDPOINTS = Resource("", "v1", "endpoints", "endpoints", "Endpoints", ("ep",))
CONFIG_MAPS = Resource("", "v1", "configmaps", "configmap", "ConfigMap", ("cm",))
SECRETS = Resource("", "v1", "secrets", "secret", "Secret")
EVENTS = Resource("", "v1", "events", "event", "Event", ("ev",))
DEPLOYMENTS = Resource(
    "apps", "v1", "deployments", "deployment", "Deployment", ("deploy",), True, ("status", "scale"), ("all",)
)
REPLICA_SETS = Resource(
    "apps", "v1", "replicasets", "replicaset", "ReplicaSet", ("rs",), True, ("status", "scale"), ("all",)
)
LEASES = Resource("coordination.k8s.io", "v1", "leases", "lease", "Lease")
STATEFUL_SETS = Resource(
    "apps", "v1", "statefulsets", "statefulset", "StatefulSet", ("sts",), True, ("status", "scale"), ("all",)
)
DAEMON_SETS = Resource("apps", "v1", "daemonsets", "daemonset", "DaemonSet", ("ds",), True, ("status",), ("all",))
CONTROLLER_REVISIONS = Resource("apps", "v1", "controllerrevisions", "controllerrevision", "ControllerRevision")
PERSISTENT_VOLUMES = Resource(
    "", "v1", "persistentvolumes", "persistentvolume", "PersistentVolume", ("pv",), False, ("status",)
)
PERSISTENT_VOLUME_CLAIMS = Resource(
    "", "v1", "persistentvolumeclaims", "persistentvolumeclaim", "PersistentVolumeClaim", ("pvc",), True, ("status",)
)
STORAGE_CLASSES = Resource("storage.k8s.io", "v1", "storageclasses", "storageclass", "StorageClass", ("sc",), False)
JOBS = Resource("batch", "v1", "jobs", "job", "Job", (), True, ("status",), ("all",))
SERVICE_ACCOUNTS = Resource("", "v1", "serviceaccounts", "serviceaccount", "ServiceAccount", ("sa",))
RESOURCE_QUOTAS = Resource("", "v1", "resourcequotas", "resourcequota", "ResourceQuota", ("quota",), True, ("status",))
ENDPOINT_SLICES = Resource("discovery.k8s.io", "v1", "endpointslices", "endpointslice", "EndpointSlice")
NETWORK_POLICIES = Resource("networking.k8s.io", "v1", "networkpolicies", "networkpolicy", "NetworkPolicy", ("netpol",))

ALL: tuple[Resource, ...] = (
    NAMESPACES,
    NODES,
    PODS,
    SERVICES,
    ENDPOINTS,
    CONFIG_MAPS,
    SECRETS,
    EVENTS,
    DEPLOYMENTS,
    REPLICA_SETS,
    STATEFUL_SETS,
    DAEMON_SETS,
    CONTROLLER_REVISIONS,
    JOBS,
    PERSISTENT_VOLUMES,
    PERSISTENT_VOLUME_CLAIMS,
    STORAGE_CLASSES,
    ENDPOINT_SLICES,
    LEASES,
    SERVICE_ACCOUNTS,
    RESOURCE_QUOTAS,
    NETWORK_POLICIES,
)
"""Kinds whose objects are stored."""

ACCESS_REVIEWS = Resource(
    "authorization.k8s.io",
    "v1",
    "selfsubjectaccessreviews",
    "selfsubjectaccessreview",
    "SelfSubjectAccessReview",
    is_namespaced=False,
    verbs=("create",),
)
RULES_REVIEWS = replace(
    ACCESS_REVIEWS,
    plural="selfsubjectrulesreviews",
    singular="selfsubjectrulesreview",
    kind="SelfSubjectRulesReview",
)
SUBJECT_REVIEWS = replace(
    ACCESS_REVIEWS,
    group="authentication.k8s.io",
    plural="selfsubjectreviews",
    singular="selfsubjectreview",
    kind="SelfSubjectReview",
)
REVIEWS = (SUBJECT_REVIEWS, ACCESS_REVIEWS, RULES_REVIEWS)
POD_METRICS = Resource("metrics.k8s.io", "v1beta1", "pods", "", "PodMetrics", verbs=("get", "list"))
NODE_METRICS = Resource(
    "metrics.k8s.io", "v1beta1", "nodes", "", "NodeMetrics", is_namespaced=False, verbs=("get", "list")
)
EVENTS_V1 = replace(
    EVENTS,
    group="events.k8s.io",
    verbs=("delete", "deletecollection", "get", "list", "watch"),
)
METRICS = (POD_METRICS, NODE_METRICS)
SERVED = (*ALL, EVENTS_V1, *REVIEWS, *METRICS)
"""All kinds, those that are answered without being stored as well."""


def stored(resource: Resource) -> Resource:
    """Under which kind the objects of a served one lie in the store."""
    return EVENTS if resource == EVENTS_V1 else resource
