"""Passwords as they are kept: a line `name:scrypt:n:r:p:salt:hash` for each user, salt and hash in base64.

A check costs processor time on purpose, so that guesses do.
"""

import hashlib
import hmac
import os
from base64 import b64decode, b64encode
from dataclasses import dataclass

SCHEME = "scrypt"
_FIELDS = 7
# About 6 ms of a core (RFC 7914: n is the cost, r the block size, p the parallel lanes).
_N, _R, _P = 2048, 8, 1


@dataclass(frozen=True)
class KeptPassword:
    """What is kept of a password."""

    n: int
    r: int
    p: int
    salt: bytes
    hash: bytes

    def fits(self, password: str) -> bool:
        """Whether it is this password; takes as long either way."""
        return hmac.compare_digest(_scrypt(password, self.salt, self.n, self.r, self.p), self.hash)


NOBODYS = KeptPassword(_N, _R, _P, b"nobody's salt", b"")
"""Checked in place of a user's that there is not, so that the time tells nobody which names exist."""


def line_of(name: str, password: str) -> str:
    """The line to keep for a user, with a new salt."""
    salt = os.urandom(16)
    kept = _scrypt(password, salt, _N, _R, _P)
    return ":".join([name, SCHEME, str(_N), str(_R), str(_P), b64encode(salt).decode(), b64encode(kept).decode()])


def read_lines(text: str) -> dict[str, KeptPassword]:
    """Users by name, without empty lines and `#` comments. Raises `ValueError` with the number of a bad line."""
    users = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        fields = line.strip().split(":")
        if len(fields) != _FIELDS or not fields[0] or fields[1] != SCHEME:
            raise ValueError(f"line {number} is not name:{SCHEME}:n:r:p:salt:hash")
        try:
            n, r, p = map(int, fields[2:5])
            users[fields[0]] = KeptPassword(n, r, p, *(b64decode(field, validate=True) for field in fields[5:]))
        except ValueError:
            raise ValueError(f"line {number} holds a number or base64 that is none") from None
    return users


def _scrypt(password: str, salt: bytes, n: int, r: int, p: int) -> bytes:
    return hashlib.scrypt(password.encode(), salt=salt, n=n, r=r, p=p, dklen=32)
