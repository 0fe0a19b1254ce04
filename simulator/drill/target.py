"""What a drill must know of the application under it: names, addresses, and its data canary."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path


@dataclass(frozen=True)
class Endpoint:
    """A Service and its port, and the variable in which experiments and the drill shell find its address.

    `url` holds `{address}`: the host and port that reach it from here.
    """

    service: str
    port: int
    variable: str
    url: str = "http://{address}"


@dataclass(frozen=True)
class Target:
    """One application under drill. `others` are what can be reached of it besides the app and its database.

    `credentials` are what people on call hold, by the variable in which experiments and the drill shell find it.
    """

    namespace: str
    manifests: Path
    prometheus_config: Path
    rules: tuple[Path, ...]
    deployment: str
    selector: str
    app: Endpoint
    database: Endpoint
    sign_in: Endpoint
    others: tuple[Endpoint, ...]
    credentials: Mapping[str, str]
    canary_sql: str


def llm_research_api(variant: str = "base") -> Target:
    """The sample app. `variant` is a folder of `target_app/deploy`: `base` or `gradual`."""
    deploy = Path(str(files("target_app"))) / "deploy"
    return Target(
        namespace="llm-research",
        manifests=deploy / variant,
        prometheus_config=deploy / "monitoring" / "prometheus.yml",
        rules=tuple(sorted((deploy / "monitoring" / "rules").glob("*.yaml"))),
        deployment="llm-research-api",
        selector="app=llm-research-api",
        app=Endpoint("llm-research-api", 8080, "TARGET_URL"),
        database=Endpoint("postgres", 5432, "DATABASE_URL", "postgresql://oncall:oncall@{address}/research"),
        sign_in=Endpoint("auth", 8060, "AUTH_URL"),
        others=(
            Endpoint("cache", 6379, "CACHE_URL", "valkey://{address}"),
            Endpoint("object-store", 5000, "OBJECT_STORE_URL"),
            Endpoint("queue", 6379, "QUEUE_URL", "valkey://{address}"),
            Endpoint("verifier", 8070, "VERIFIER_URL"),
            Endpoint("provider-openai", 8090, "PROVIDER_OPENAI_URL"),
            Endpoint("provider-anthropic", 8090, "PROVIDER_ANTHROPIC_URL"),
        ),
        credentials={"ON_CALL_API_KEY": "on-call-key-of-the-sample"},
        canary_sql="SELECT count(*)::text || ' rows, ' || md5(string_agg(c::text, ',' ORDER BY c::text)) FROM canary c",
    )
