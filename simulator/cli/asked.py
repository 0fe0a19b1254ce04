"""What commands that play drills ask for, written once: options, and the names that a shell completes."""

import dataclasses
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from scoring.cli.asked import Playbook


def complete_experiment(incomplete: str) -> list[str]:
    """Shipped experiments that begin so."""
    from simulator.drill.catalog import shipped_experiments

    return [name for name, _ in shipped_experiments() if name.startswith(incomplete)]


def complete_experiment_or_family(incomplete: str) -> list[str]:
    """Shipped experiments and families that begin so."""
    return [*complete_family(incomplete), *complete_experiment(incomplete)]


def complete_family(incomplete: str) -> list[str]:
    """Families of shipped experiments that begin so."""
    return sorted({name.partition("/")[0] for name in complete_experiment(incomplete)})


def complete_suite(incomplete: str) -> list[str]:
    """Shipped suites that begin so."""
    from simulator.drill.catalog import shipped_suites

    return [name for name, _ in shipped_suites() if name.startswith(incomplete)]


Responder = Annotated[str | None, typer.Option(help="Who responds: autopilot or none.", metavar="autopilot|none")]
Anybody = Annotated[
    str | None,
    typer.Option(help="Who responds: autopilot, none, or human: people.", metavar="autopilot|none|human"),
]
Clock = Annotated[float | None, typer.Option(help="Drill clock: at 60 a second counts as a minute.")]
AnybodysClock = Annotated[
    float | None,
    typer.Option(help="Drill clock: at 60 a second counts as a minute (default: 60; where people respond: 1)."),
]
PersonsClock = Annotated[
    float | None, typer.Option(help="Drill clock: at 60 a second counts as a minute (default: 1, real time).")
]
Users = Annotated[int | None, typer.Option(help="Locust users (about two requests a second each).")]
Variant = Annotated[
    str | None,
    typer.Option(help="Other manifests: a folder, or a name such as gradual of the sample."),
]
Json = Annotated[Path | None, typer.Option("--json", help="Also write the results as JSON to this file.")]
Report = Annotated[Path | None, typer.Option(help="Folder for the report (default: .gameday/reports/<id>).")]
Control = Annotated[bool, typer.Option("--control", help="Inject nothing: whoever is paged, is paged for nothing.")]
Keep = Annotated[bool, typer.Option("--keep", help="Leave the app up afterwards.")]
App = Annotated[Path | None, typer.Option(help="The app's gameday.yaml (default: the one here, else the sample).")]
Kubeconfig = Annotated[Path | None, typer.Option(help="Play on this cluster instead of the embedded one.")]
Context = Annotated[str | None, typer.Option(help="The kubeconfig's context that may be touched.")]
Prometheus = Annotated[str | None, typer.Option(help="A Prometheus that has the rules loaded.", metavar="URL")]
Safeguards = Annotated[Path | None, typer.Option(help="Conditions that stop a drill: a YAML file of probes.")]
PEOPLE = "People (--responder human)"
Team = Annotated[
    str | None, typer.Option(help="Whose drill it is in the history.", metavar="NAME", rich_help_panel=PEOPLE)
]
Person = Annotated[
    list[str] | None,
    typer.Option(help="Who responds; may be given several times.", metavar="NAME", rich_help_panel=PEOPLE),
]
Guided = Annotated[
    bool,
    typer.Option(
        "--guided",
        help="Hints at the responder's request, each for points, and breaks in which the drill clock stands.",
        rich_help_panel=PEOPLE,
    ),
]
Facilitated = Annotated[
    bool,
    typer.Option(
        "--facilitated",
        help="A facilitator begins, pauses, orders and aborts; this terminal is theirs.",
        rich_help_panel=PEOPLE,
    ),
]
Delay = Annotated[
    str | None,
    typer.Option(
        help="Drill time before the fault: 5m, or at random in 0-20m.",
        metavar="TIME|FROM-TO",
        rich_help_panel=PEOPLE,
    ),
]
Notify = Annotated[
    Path | None,
    typer.Option(
        help="Apprise configuration: who is told of pages, updates and escalations.",
        metavar="FILE",
        rich_help_panel=PEOPLE,
    ),
]
Browser = Annotated[
    bool | None,
    typer.Option(
        "--browser/--no-browser",
        help="Open the console in a browser when the page comes (default: in a terminal with a display).",
        rich_help_panel=PEOPLE,
        show_default=False,
    ),
]
Injects = Annotated[
    Path | None,
    typer.Option(
        help="Messages, and further faults, that come by themselves: a YAML file.",
        metavar="FILE",
        rich_help_panel=PEOPLE,
    ),
]
Seed = Annotated[
    int | None, typer.Option(help="What is drawn at random is drawn the same by the same number.", metavar="NUMBER")
]


@dataclass(frozen=True)
class AskedOfAll:
    """What all commands that play drills ask for; None where the command line is silent."""

    playbook: Playbook = None
    clock: Clock = None
    users: Users = None
    variant: Variant = None
    json: Json = None
    report: Report = None
    keep: Keep = False
    app: App = None
    kubeconfig: Kubeconfig = None
    context: Context = None
    prometheus: Prometheus = None
    safeguards: Safeguards = None


@dataclass(frozen=True)
class Asked(AskedOfAll):
    """What commands ask for besides in which a machine responds, or nobody."""

    responder: Responder = None
    control: Control = False


@dataclass(frozen=True)
class AskedOfTrainee(AskedOfAll):
    """What `train`, in which one person responds, asks for besides."""

    clock: PersonsClock = None
    team: Team = None
    delay: Delay = None
    notify: Notify = None
    browser: Browser = None
    seed: Seed = None


@dataclass(frozen=True)
class AskedOfPeople(AskedOfTrainee, Asked):
    """What `run` and `play`, in which people may respond, ask for besides."""

    responder: Anybody = None
    clock: AnybodysClock = None
    person: Person = None
    facilitated: Facilitated = False
    guided: Guided = False
    injects: Injects = None


def asking(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options that its last argument asks for, each as if it were written in the signature."""
    *subjects, asked = inspect.signature(command, eval_str=True).parameters.values()
    options = [
        inspect.Parameter(field.name, inspect.Parameter.KEYWORD_ONLY, default=field.default, annotation=field.type)
        for field in dataclasses.fields(asked.annotation)
    ]
    own = [each.replace(kind=inspect.Parameter.KEYWORD_ONLY) for each in subjects]

    def ask(**given: Any) -> None:
        command(*[given.pop(each.name) for each in subjects], asked=asked.annotation(**given))

    ask.__name__, ask.__doc__ = command.__name__, command.__doc__
    ask.__signature__ = inspect.Signature([*own, *options])  # type: ignore[attr-defined]
    ask.__annotations__ = {each.name: each.annotation for each in (*own, *options)}
    return ask
