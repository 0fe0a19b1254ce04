"""What experiments are told of the app's Deployment. Pure."""

from dataclasses import replace
from typing import Any

import pytest

from simulator.drill.app.description import Breaks
from simulator.drill.app.workload import breaking, chaos_variables, find_workload, known_as, misspelt, sound
from simulator.drill.target import SAMPLE, read_target
from simulator.errors import NotPossible

CONTAINER = {
    "name": "api",
    "image": "shop/api:2",
    "env": [{"name": "A", "value": "1"}],
    "startupProbe": {"periodSeconds": 9},
}
DEPLOYMENT: dict[str, Any] = {
    "metadata": {"name": "api"},
    "spec": {
        "replicas": 2,
        "selector": {"matchLabels": {"tier": "web", "app": "shop"}},
        "template": {"spec": {"containers": [CONTAINER, {"name": "sidecar", "image": "x"}]}},
    },
}
TARGET = replace(read_target(SAMPLE), deployment="api", container="", breaks=Breaks())


def test_labels_container_and_replicas_are_read_from_the_cluster() -> None:
    workload = find_workload([DEPLOYMENT], TARGET)
    target = known_as(TARGET, workload)
    assert (target.selector, target.container, workload.replicas) == ("app=shop,tier=web", "api", 2)
    told = chaos_variables(target, workload)
    assert (told["APP_IMAGE"], told["APP_WRONG_IMAGE"]) == ("shop/api:2", "shop/api-misspelt:2")
    assert told["STRUCK_SELECTOR"] == "app=shop,tier=web"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"deployment": "web"}, "serves.deployment: there is no 'web' in namespace llm-research, only api"),
        ({"container": "app"}, "serves.container: there is no 'app' in api, only api, sidecar"),
    ],
)
def test_a_name_that_is_not_there_is_told_with_those_that_are(change: dict[str, str], said: str) -> None:
    with pytest.raises(NotPossible) as error:
        find_workload([DEPLOYMENT], replace(TARGET, **change))  # type: ignore[arg-type]
    assert said in str(error.value)


@pytest.mark.parametrize(
    ("image", "wrong"),
    [
        ("python:3", "python-misspelt:3"),
        ("registry.example:5000/team/api", "registry.example:5000/team/api-misspelt"),
        ("team/api:1@sha256:00ff", "team/api-misspelt:1"),
    ],
)
def test_an_image_is_misspelt_in_the_last_part_of_its_name(image: str, wrong: str) -> None:
    assert misspelt(image) == wrong


def test_what_breaks_is_taken_back_to_what_it_was() -> None:
    broken = breaking(Breaks(env={"A": "x", "B": "y"}))
    assert broken == {"env": [{"name": "A", "value": "x"}, {"name": "B", "value": "y"}]}
    assert sound(broken, CONTAINER) == {"env": [{"name": "A", "value": "1"}, {"name": "B", "$patch": "delete"}]}
    assert sound(breaking(Breaks()), CONTAINER) == {"command": None}
    assert sound(Breaks().startup, CONTAINER) == {"startupProbe": {"$patch": "replace", "periodSeconds": 9}}
