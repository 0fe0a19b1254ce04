"""Sign-ins, tokens and API keys, as `/metrics` shows them."""

from prometheus_client import CollectorRegistry, Counter, Histogram

from target_app.auth.tokens import Reason
from target_app.metrics import BUCKETS_S


class SignInMetrics:
    """One process that signs in."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.sign_ins = Counter(
            "auth_sign_ins_total",
            "Sign-ins by outcome (ok, wrong_password, rate_limited) and by the address that they came from.",
            ["outcome", "source"],
            registry=registry,
        )
        self.seconds = Histogram(
            "auth_sign_in_duration_seconds",
            "Seconds of a sign-in, with the wait for its password to be checked.",
            buckets=BUCKETS_S,
            registry=registry,
        )


class CredentialMetrics:
    """One process that verifies credentials."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.tokens_refused = Counter(
            "auth_tokens_refused_total", "Requests refused for their token, by reason.", ["reason"], registry=registry
        )
        for reason in Reason:
            self.tokens_refused.labels(reason.value)  # shown from the start at 0, so that a first rise is seen
        self.api_key_requests = Counter(
            "auth_api_key_requests_total",
            "Requests by the API key that they came with, and the address that they came from.",
            ["key", "source"],
            registry=registry,
        )
        self.anonymous_refused = Counter(
            "auth_unknown_credentials_total",
            "Requests refused because they came without a credential, or with an API key that there is not.",
            ["credential"],
            registry=registry,
        )


class Sources:
    """Addresses as labels: the first `most` by themselves, all that come later as `other`."""

    def __init__(self, most: int = 200) -> None:
        self._most = most
        self._known: set[str] = set()

    def label(self, address: str) -> str:
        if address not in self._known:
            if len(self._known) >= self._most:
                return "other"
            self._known.add(address)
        return address
