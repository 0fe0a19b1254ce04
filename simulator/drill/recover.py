"""`gameday recover`: finish what a drill could not, whose runner and watchdog are gone, on whatever machine they were.

What the namespace held comes back first, for the rollbacks may need its Services; then Chaos Toolkit takes the faults
back, and the experiments' own hypotheses say that they are gone. All of it may be done again.
"""

import asyncio
import json
import secrets
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from simulator.drill import embedded, unfinished
from simulator.drill.children import start
from simulator.drill.claim import claim, in_progress, release
from simulator.drill.identity import who_we_are
from simulator.drill.kube import Kube
from simulator.drill.reach import reach_all
from simulator.drill.scoring_client import ScoringClient
from simulator.drill.together import unless
from simulator.drill.unfinished import Played, Unfinished
from simulator.errors import NotPossible
from simulator.processes import marked, sweep

STEADY_LIMIT_S = 60.0
"""Wall seconds that an app has to come back."""
SCORING_LIMIT_S = 30.0
Say = Callable[[str], None]


@dataclass(frozen=True)
class Place:
    """Where to look. `context` is None for the embedded cluster of `root`."""

    kube: Kube
    context: str | None
    root: Path


def preview(place: Place, say: Say) -> None:
    """Say what there is to be taken back, and how; nothing is written. Raises `NotPossible` for a drill in progress."""
    left = unfinished.read(place.kube)
    if left is None:
        say(_nothing(place))
        return
    if alive := in_progress(place.kube):
        raise NotPossible(alive)
    say(left.told)
    for change in place.kube.changes(left.belongings):
        say(f"would {change}")
    for experiment in left.experiments:
        say(f"would run the roll-backs of {experiment.name}, and wait until its steady state holds")


def forget(place: Place, say: Say) -> None:
    """Remove the note and take nothing back: somebody did, or the app is gone. Raises `NotPossible`."""
    if alive := in_progress(place.kube):
        raise NotPossible(alive)
    unfinished.remove(place.kube)
    say(f"forgotten; whatever a drill left in namespace {place.kube.namespace} is yours now")


async def recover(place: Place, say: Say) -> None:
    """Take back what was not. Raises `NotPossible` if something cannot be; what is left then is still written down."""
    if await asyncio.to_thread(unfinished.read, place.kube) is None:
        say(_nothing(place))
        return
    ours = await claim(place.kube, f"{who_we_are()} recovering")
    try:
        left = await asyncio.to_thread(unfinished.read, place.kube)
        if left is None:
            say(_nothing(place))
            return
        say(left.told)
        await unless(_take_back(place, left, say), ours.keep(), ours.watch())
    finally:
        await asyncio.to_thread(release, place.kube, ours.holder)


async def _take_back(place: Place, left: Unfinished, say: Say) -> None:
    is_here = left.host == socket.gethostname()
    if is_here:
        for mark in (left.mark, f"{left.mark}-watchdog"):
            if ended := await asyncio.to_thread(sweep, mark):
                say(f"ended {len(ended)} processes of it")
    await _restore(place.kube, left, say)
    async with AsyncExitStack() as owner:
        folder = Path(owner.enter_context(tempfile.TemporaryDirectory(prefix="gameday-recover-")))
        urls = await reach_all(place.kube, left.endpoints, owner, place.context, folder / "forward.log")
        app_url = next(iter(urls.values()), "")
        others = {name: value.replace(unfinished.APP_URL, app_url) for name, value in left.variables.items()}
        env = _environment(place, {**urls, **others, "GAMEDAY_CLOCK": f"{left.clock:g}"})
        there = [await asyncio.to_thread(_roll_back, each, env, folder, say) for each in left.experiments]
    await _restore(place.kube, left, say)
    if is_here and Path(left.database).exists():
        await _record_abort(left, say)
    if still := [deviation for deviation in there if deviation]:
        raise NotPossible(
            f"not all was taken back: {'; '.join(still)}; mend that and run 'gameday recover' again, "
            "or 'gameday recover --forget' to leave it as it is"
        )
    await asyncio.to_thread(unfinished.remove, place.kube, left.drill)
    say(f"drill {left.drill} is taken back; namespace {place.kube.namespace} is free")


async def _restore(kube: Kube, left: Unfinished, say: Say) -> None:
    for change in await asyncio.to_thread(kube.restore, left.belongings):
        say(change)


def _environment(place: Place, variables: Mapping[str, str]) -> dict[str, str]:
    """What experiments read, as a drill gives it to them."""
    return {
        **marked(f"recover-{secrets.token_hex(6)}"),
        **(embedded.power_commands(place.root) if place.context is None else {}),
        "KUBECONFIG": str(place.kube.kubeconfig),
        **({"KUBERNETES_CONTEXT": place.context} if place.context else {}),
        **variables,
    }


def _roll_back(experiment: Played, env: Mapping[str, str], folder: Path, say: Say) -> str | None:
    """Run one experiment's rollbacks and wait for its steady state; returns what does not hold."""
    home = folder / experiment.name.replace("/", "_")
    for name, text in experiment.files.items():
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        (home / name).write_text(text)
    argv = [sys.executable, "-m", "simulator.drill.rolling_back", str(home / experiment.file), f"{STEADY_LIMIT_S:g}"]
    done = subprocess.run(argv, env=dict(env), cwd=home, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    try:
        result = json.loads(done.stdout.strip().splitlines()[-1])
    except (ValueError, IndexError):
        return f"the roll-backs of {experiment.name} ended with status {done.returncode}: {done.stderr.strip()[-300:]}"
    for name, failed in result["rollbacks"].items():
        say(f"roll-back {name}: {failed or 'done'}")
    say(f"the steady state of {experiment.name} {'does not hold' if result['deviation'] else 'holds'}")
    return f"{experiment.name}: {result['deviation']}" if result["deviation"] else None


async def _record_abort(left: Unfinished, say: Say) -> None:
    """Into the record of the run that died, unless its watchdog still did. One that is no longer readable is left."""
    tokens = {name: secrets.token_urlsafe(24) for name in ("FACILITATOR", "RESPONDER", "INGEST")}
    env = {
        **marked(f"recover-{secrets.token_hex(6)}"),
        **{f"GAMEDAY_{name}_TOKEN": token for name, token in tokens.items()},
    }
    argv = [sys.executable, "-m", "scoring", "serve", "--database", left.database]
    argv += ["--listen", "127.0.0.1:0", "--no-sign-in"]
    log = Path(left.database).with_name("recover.log")
    try:
        child = await start("scoring", argv, env=env, log=log)
        try:
            client = ScoringClient(str((await child.hear(SCORING_LIMIT_S))["url"]), tokens["FACILITATOR"])
            try:
                await _abort(client, left)
            finally:
                await client.close()
        finally:
            await child.stop()
    except NotPossible as error:
        say(f"it is not recorded as aborted: {error}")
    else:
        say(f"recorded as aborted in {left.database}")


async def _abort(client: ScoringClient, left: Unfinished) -> None:
    events, _ = await client.events(left.drill)
    if not any(event["kind"] in ("drill.ended", "drill.aborted") for event in events):
        reason = f"the runner and its watchdog died; {who_we_are()} took the fault back by 'gameday recover'"
        await client.post_event(left.drill, "drill.aborted", "runner", {"reason": reason})
        await client.end_drill(left.drill, datetime.now(UTC))


def _nothing(place: Place) -> str:
    return f"nothing to recover: no drill left anything in namespace {place.kube.namespace}"
