"""Users who send given requests, in turn, each as often as its weight says."""

from collections.abc import Sequence

from simulator.load.paced import PacedUser, most_at_once
from simulator.load.pacing import deal
from simulator.load.traffic import Request, is_served


class Requester(PacedUser):
    """Sends `requests` in the order of `deck`, which holds their numbers."""

    abstract = True
    requests: Sequence[Request]
    deck: tuple[str, ...]
    success: tuple[int, ...]

    def choose(self) -> str:
        return self.deck[self.turn % len(self.deck)]

    def perform(self, name: str) -> None:
        request = self.requests[int(name)]
        body = {} if request.body is None else {"data" if isinstance(request.body, str) else "json": request.body}
        headers = dict(request.headers)
        if isinstance(request.body, str) and request.body[:1] in "{[":
            headers.setdefault("Content-Type", "application/json")
        with self.send(
            request.method, request.path, request.label, headers=headers, catch_response=True, **body
        ) as answer:
            if answer.status_code and not is_served(answer.status_code, request.success or self.success):
                answer.failure(f"status {answer.status_code}")
            elif answer.status_code:
                answer.success()


def requester(requests: Sequence[Request], every_s: float, success: tuple[int, ...]) -> type[Requester]:
    """A user class for one run."""
    attributes = {
        "abstract": False,
        "requests": tuple(requests),
        "deck": deal({str(number): request.weight for number, request in enumerate(requests)}),
        "offered": tuple(dict.fromkeys(request.label for request in requests)),
        "success": success,
        "every_s": every_s,
        "concurrency": most_at_once(every_s),
    }
    return type("RequesterOfThisRun", (Requester,), attributes)
