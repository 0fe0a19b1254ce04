"""From what users do to the classes that Locust runs."""

from simulator.errors import BadInput
from simulator.load.finding import read_requests, tried
from simulator.load.locustfile import Users, users_of
from simulator.load.requesters import requester
from simulator.load.traffic import Traffic


def user_classes(traffic: Traffic, host: str) -> tuple[Users, tuple[str, ...]]:
    """The classes, and what was left out of a document. Raises `BadInput`."""
    if traffic.locustfile is not None:
        return users_of(traffic.locustfile), ()
    found = read_requests(traffic, host)
    if traffic.openapi is not None:
        found = tried(found, host, traffic.success)
    if not found.requests:
        raise BadInput(f"{traffic.openapi}: nothing can be asked for: {'; '.join(found.left_out)[:400]}")
    return (requester(found.requests, traffic.every_s, traffic.success),), found.left_out
