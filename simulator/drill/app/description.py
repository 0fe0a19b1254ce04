"""`gameday.yaml`: one application under drill. Paths are relative to the file.

Only what cannot be found out is asked for: labels, images and replicas are read from the cluster once the app is there.
"""

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints, WithJsonSchema, model_validator

from simulator.drill.safeguards.written import Safeguard
from simulator.drill.strict import Strict
from simulator.load.traffic import Traffic

Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$")]
"""What Kubernetes takes for a label: small letters, digits and hyphens."""
Variable = Annotated[str, StringConstraints(pattern=r"^[A-Z_][A-Z0-9_]*$")]
Port = Annotated[int, Field(ge=1, le=65535)]
_WORDS = {"type": "array", "items": {"type": "string"}, "minItems": 1}
UrlPath = Annotated[str, StringConstraints(pattern=r"^/\S*$")]


def _wrong_port() -> dict[Any, Any]:
    asked = {"tcpSocket": {"port": 1}, "periodSeconds": 1, "failureThreshold": 2, "terminationGracePeriodSeconds": 1}
    return {"startupProbe": {"$patch": "replace", **asked}}


class Existing(Strict):
    """A namespace where the app runs already: nothing is deployed, and nothing outside of it is touched."""

    kubeconfig: Path
    context: str


class Command(Strict):
    """A program that serves HTTP, run as pods by the embedded cluster.

    `run` is a line for the shell or a list of words. It starts in `folder`, has PORT and POD_IP in its environment, and
    serves on every address or on POD_IP.
    """

    name: Name
    run: Annotated[tuple[str, ...], Field(min_length=1), WithJsonSchema({"anyOf": [{"type": "string"}, _WORDS]})]
    port: Port
    health: UrlPath = "/"
    replicas: Annotated[int, Field(ge=1, le=50)] = 3
    env: dict[str, str] = Field(default_factory=dict)
    folder: Path = Path()

    @model_validator(mode="before")
    @classmethod
    def _line(cls, given: Any) -> Any:
        if isinstance(given, dict) and isinstance(given.get("run"), str):
            return {**given, "run": ["sh", "-c", f"exec {given['run']}"]}
        return given


class Deploy(Strict):
    """How the app comes to run: exactly one of `manifests`, `commands` and `existing`.

    `manifests`: a folder for `kubectl apply`, with a kustomization or plain; `--variant NAME` takes the one beside it.
    `images`: what the names of images stand for on the embedded cluster.
    """

    manifests: Path | None = None
    commands: tuple[Command, ...] = ()
    existing: Existing | None = None
    images: Path | None = None

    @model_validator(mode="after")
    def _one_way(self) -> "Deploy":
        if sum((self.manifests is not None, bool(self.commands), self.existing is not None)) != 1:
            raise ValueError("give one of manifests, commands and existing")
        names = [command.name for command in self.commands]
        if len(set(names)) < len(names):
            raise ValueError("two commands have the same name; each becomes a Deployment of its name")
        return self


class Serves(Strict):
    """What users reach. `container` is the Deployment's first one, `service` of the Deployment's name, unless said."""

    deployment: Name
    port: Port
    container: Name | None = None
    service: Name | None = None
    health: UrlPath = "/"


class Endpoint(Strict):
    """A Service of the app and its port, and the variable in which experiments, the load and the drill shell find it.

    `url` holds `{address}`: the host and port that reach it from here.
    """

    service: Name
    port: Port
    variable: Variable
    url: str = "http://{address}"


class Metrics(Strict):
    """Where metrics are: a port and path of the app's pods, or a whole prometheus.yml of one's own.

    `kube_state_metrics` is the `host:port` at which that exporter is reached from here; embedded clusters need none.
    """

    port: Port | None = None
    path: UrlPath = "/metrics"
    kube_state_metrics: Annotated[str, StringConstraints(pattern=r"^[^\s/:]+:\d+$")] | None = None
    prometheus: Path | None = None

    @model_validator(mode="after")
    def _one_way(self) -> "Metrics":
        is_pieced = self.port is not None or self.kube_state_metrics is not None
        if is_pieced == (self.prometheus is not None):
            raise ValueError("give either port and kube_state_metrics, or one of them, or prometheus alone")
        return self


class Canary(Strict):
    """What has to read the same before and after: the body of a GET, or a query to the database of an endpoint."""

    get: UrlPath | None = None
    sql: str | None = None
    database: Variable | None = None

    @model_validator(mode="after")
    def _one_way(self) -> "Canary":
        if (self.get is None) == (self.sql is None) or (self.sql is None) != (self.database is None):
            raise ValueError("give either get, or sql and database (the variable of an endpoint)")
        return self


class Breaks(Strict):
    """How revisions and machines fail that experiments for any app make.

    With `env` (variables) or `command` (by default a program that there is not) the app does not start. `startup` are
    fields of its container (`image`, `command`, `args`, `startupProbe`) with which it does not start in time; by
    default the startup probe asks a port that nobody serves. `node_of` is a label selector: whose node loses its power
    (by default, of the pods that users reach).
    """

    env: dict[str, str] = Field(default_factory=dict)
    command: tuple[str, ...] = ()
    startup: dict[Literal["image", "command", "args", "startupProbe"], Any] = Field(default_factory=_wrong_port)
    node_of: str | None = None

    @model_validator(mode="after")
    def _one_way(self) -> "Breaks":
        if self.env and self.command:
            raise ValueError("give either env or command")
        if not self.startup:
            raise ValueError("startup: name at least one field of the container, or leave it out")
        return self


class Adjusted(Strict):
    """What is different for this app in one failure mode.

    `alerts` count as detection beside the experiment's own; `severity` is the expected one under the playbook in use.
    """

    alerts: tuple[str, ...] = ()
    severity: str | None = None
    component: str | None = None


class App(Strict):
    """The whole file. `safeguards` are Chaos Toolkit probes that stop any drill on this app."""

    name: Name
    namespace: Name | None = None
    deploy: Deploy
    serves: Serves | None = None
    load: Traffic
    metrics: Metrics | None = None
    rules: tuple[Path, ...] = ()
    shipped_rules: bool = True
    canary: Canary | None = None
    breaks: Breaks = Breaks()
    endpoints: tuple[Endpoint, ...] = ()
    credentials: dict[Variable, str] = Field(default_factory=dict)
    experiments: dict[str, Adjusted] = Field(default_factory=dict)
    safeguards: tuple[Safeguard, ...] = ()

    @model_validator(mode="after")
    def _is_reached(self) -> "App":
        if self.serves is None and not self.deploy.commands:
            raise ValueError("'serves' is missing: name the deployment and the port that users reach")
        known = {each.variable for each in self.endpoints}
        if self.canary is not None and self.canary.database not in {None, *known}:
            raise ValueError(f"canary.database: {self.canary.database} is the variable of no endpoint")
        return self

    @property
    def reached(self) -> Serves:
        """What users reach; of commands it is the first one, unless said."""
        if self.serves is not None:
            return self.serves
        first = self.deploy.commands[0]
        return Serves(deployment=first.name, port=first.port, health=first.health)
