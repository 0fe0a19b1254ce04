"""Alerts taken out of the monitor's rule files, as somebody does who wants peace, and put back."""

from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import yaml

from simulator.drill.asking import ask
from simulator.errors import NotPossible


@asynccontextmanager
async def silenced(folder: Path, prometheus_url: str, alerts: Collection[str]) -> AsyncIterator[None]:
    """Within it the rules of `alerts` are in none of the files in `folder`, which the monitor has read anew.

    Raises `NotPossible` if the monitor does not take the files.
    """
    before = {path: path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.yaml"))}
    for path, text in before.items():
        path.write_text(without(text, alerts), encoding="utf-8")
    await _reload(prometheus_url)
    try:
        yield
    finally:
        for path, text in before.items():
            path.write_text(text, encoding="utf-8")
        await _reload(prometheus_url)


def without(text: str, alerts: Collection[str]) -> str:
    """A rule file without the rules of these alerts; one that has none of them stays as it is."""
    file = yaml.safe_load(text)
    kept = [
        {**group, "rules": [rule for rule in group["rules"] if rule.get("alert") not in alerts]}
        for group in file["groups"]
    ]
    if kept == file["groups"]:
        return text
    return yaml.safe_dump({**file, "groups": [group for group in kept if group["rules"]]}, sort_keys=False)


async def _reload(prometheus_url: str) -> None:
    async with httpx.AsyncClient(base_url=prometheus_url, timeout=5.0, trust_env=False) as http:
        try:
            (await ask(http, "POST", "/-/reload")).raise_for_status()
        except httpx.HTTPError as error:
            raise NotPossible(f"the monitor at {prometheus_url} did not reload its rules: {error!r}") from error
