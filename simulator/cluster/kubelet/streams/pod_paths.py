"""What an absolute path means in a command that a client runs inside a container. Pure but for looking at files.

A container has no file system of its own here: its image is the machine's, and what the pod has beyond that lies below
the pod's root. So a word of a command that is an absolute path is looked for in the pod's root first and in the image
then, as in an overlay: `kubectl exec web -- cat /etc/app/config.yaml` shows the mounted file. `tar`, by which
`kubectl cp` reads and writes, always writes into the pod's root. Text inside a word (`sh -c "cat /etc/app/x"`) is not
looked into; there `$GAMEDAY_POD_ROOT` names the root.

A path becomes one relative to the working folder, so that tar's member names are those that a real container gives.
"""

import os
from collections.abc import Sequence
from pathlib import Path

from simulator.cluster.kubelet import volumes

_MAKE = 'mkdir -p -- "$0" && exec "$@"'
"""Makes a folder in the container's own sandbox: what the pod has put into its root may lead anywhere."""


def inside(command: Sequence[str], root: Path, folder: Path) -> list[str]:
    """`command` with absolute paths found below `root`, told from the working folder `folder`."""
    program, *words = command
    folder = folder.resolve()  # a mount is a link here, and `..` leads on from where it points
    if Path(program).name == "tar":
        return _of_tar(words, root, folder)
    return [_found(word, root, folder) for word in command]


def _found(word: str, root: Path, folder: Path) -> str:
    if not word.startswith("/"):
        return word
    own = volumes.inside(root, word)
    return os.path.relpath(own, folder) if os.path.lexists(own) and own != root else word


def _of_tar(words: list[str], root: Path, folder: Path) -> list[str]:
    told, made = [], ""
    links = False
    for before, word in zip(["", *words], words, strict=False):
        if not word.startswith("/"):
            told.append(word)
            continue
        own = volumes.inside(root, word)
        path = os.path.relpath(own, folder)
        is_of_image = not os.path.lexists(own) and os.path.lexists(word)
        if before in ("-C", "--directory") and is_of_image:
            made = path
        links = links or own.is_symlink()
        told.append(word if is_of_image and not made else path)
    # A mount is a link here and a folder in a real container: it is read as the folder.
    tar = ["tar", *told, "--dereference"] if links else ["tar", *told]
    return ["sh", "-c", _MAKE, made, *tar] if made else tar
