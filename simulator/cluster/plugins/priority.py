"""The plug-in Priority. There are no priority classes here, so none can be named."""

from simulator.cluster import errors
from simulator.cluster.resources import PODS, Resource
from simulator.cluster.store import Object, asked_name


def admit(resource: Resource, obj: Object) -> None:
    """`ApiError` 403 for a pod that names a class."""
    if resource == PODS and (name := obj["spec"].get("priorityClassName")):
        raise errors.forbidden("pods", asked_name(obj), f"no PriorityClass with name {name} was found")
