"""The target's manifests applied with the real kubectl, and the wait until every Deployment is whole."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import yaml

from simulator.drill.app.commands import objects_of
from simulator.drill.embedded import kubectl
from simulator.drill.kube import Kube
from simulator.drill.target import Target
from simulator.errors import NotPossible

READY_LIMIT_S = 90.0
PACE_S = 0.1

Say = Callable[[str], None]


async def deploy(kube: Kube, context: str | None, target: Target, folder: Path, say: Say) -> None:
    """Apply what the target says, if anything, then wait. Raises `NotPossible` with what kubectl said.

    `folder` gets the manifests that are made of a target's commands.
    """
    if target.commands:
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{target.name}.yaml"
        path.write_text(yaml.safe_dump_all(objects_of(target.commands, target.namespace), sort_keys=False))
        await _kubectl(kube, context, "apply", "-f", str(path))
    elif target.manifests is not None and is_kustomized(target.manifests):
        await _kubectl(kube, context, "apply", "-k", str(target.manifests))
    elif target.manifests is not None:
        if not await asyncio.to_thread(kube.exists):
            await _kubectl(kube, context, "create", "namespace", target.namespace)
        await _kubectl(kube, context, "apply", "-n", target.namespace, "-f", str(target.manifests))
    await wait_until_ready(kube, say)


def is_kustomized(folder: Path) -> bool:
    """Whether kubectl takes the folder with -k."""
    return any((folder / name).is_file() for name in ("kustomization.yaml", "kustomization.yml", "Kustomization"))


async def _kubectl(kube: Kube, context: str | None, *words: str) -> None:
    argv = [kubectl(), "--kubeconfig", str(kube.kubeconfig)]
    if context:
        argv += ["--context", context]
    process = await asyncio.create_subprocess_exec(
        *argv,
        *words,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await process.communicate()
    if process.returncode:
        raise NotPossible(f"kubectl {' '.join(words)} failed: {output.decode(errors='replace').strip()[-800:]}")


async def wait_until_ready(kube: Kube, say: Say) -> None:
    """Wait for all Deployments of the namespace. Raises `NotPossible` that names what is missing."""
    loop = asyncio.get_running_loop()
    deadline, told = loop.time() + READY_LIMIT_S, ""
    while waiting := ", ".join(await asyncio.to_thread(kube.unready)):
        if loop.time() > deadline:
            why = "; ".join([waiting, *await asyncio.to_thread(kube.troubles)])
            raise NotPossible(
                f"not ready after {READY_LIMIT_S:g} s: {why}; "
                f"see kubectl --kubeconfig {kube.kubeconfig} -n {kube.namespace} get pods,events"
            )
        if waiting != told:
            say(f"waiting for {waiting}")
            told = waiting
        await asyncio.sleep(PACE_S)
