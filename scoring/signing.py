"""Ed25519 keys of a scoring service: made once, kept readable for their owner only, used to sign what leaves it.

A signer is known by its fingerprint: the SHA-256 of its public key in DER, 64 hexadecimal digits, which
`openssl pkey -pubin -in key.pem -outform DER | sha256sum` shows as well. Signatures are raw Ed25519 (RFC 8032).
"""

import os
import re
import secrets
from collections.abc import Mapping
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from scoring.errors import ScoringError

KEY_VARIABLE = "GAMEDAY_SIGNING_KEY"
KEY_FILE = "signing-key.pem"
SIGNERS_FILE = "trusted-signers"
_FINGERPRINT = re.compile(r"[0-9a-f]{64}")


class SigningError(ScoringError):
    """A key cannot be read, or must not be used as it is kept."""


def sign(key: Ed25519PrivateKey, message: bytes) -> bytes:
    """The signature, 64 bytes; the same key and message give the same one."""
    return key.sign(message)


def is_signed(public_pem: bytes, message: bytes, signature: bytes) -> bool:
    """Whether the owner of this public key signed exactly this message. Raises SigningError for what is no key."""
    try:
        _public(public_pem).verify(signature, message)
    except InvalidSignature:
        return False
    return True


def public_pem(key: Ed25519PrivateKey) -> bytes:
    """The public half, as OpenSSL reads it."""
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def fingerprint(pem: bytes) -> str:
    """The fingerprint of a public key. Raises SigningError."""
    return sha256(_public(pem).public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).hexdigest()


def load_key(pem: bytes, where: str) -> Ed25519PrivateKey:
    """A private key from PEM text; `where` names it in errors. Raises SigningError."""
    try:
        key = load_pem_private_key(pem, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise SigningError(f"{where}: this is no PEM of an Ed25519 private key without a passphrase; {_MAKE}") from None
    if not isinstance(key, Ed25519PrivateKey):
        raise SigningError(f"{where}: this is a key of another kind than Ed25519; {_MAKE}")
    return key


def own_key(folder: Path, environment: Mapping[str, str]) -> Ed25519PrivateKey:
    """The service's key: GAMEDAY_SIGNING_KEY (PEM text, or the path of a PEM file), else one kept in `folder`.

    The one in the folder is made when it is first asked for. Raises SigningError, also for a key that others may read.
    """
    given = environment.get(KEY_VARIABLE, "").strip()
    if given.startswith("-----BEGIN"):
        return load_key(given.encode(), KEY_VARIABLE)
    path = Path(given) if given else folder / KEY_FILE
    if not given and not path.exists():
        _make_key(path)
    try:
        if path.stat().st_mode & 0o077:
            raise SigningError(f"{path}: others may read this private key; run 'chmod 600 {path}'")
        return load_key(path.read_bytes(), str(path))
    except OSError as error:
        raise SigningError(f"{path}: the signing key cannot be read: {error.strerror}; see {KEY_VARIABLE}") from None


def fingerprint_of(key_or_fingerprint: str) -> str:
    """The fingerprint that a person gives, as such or as the path of a public key's PEM file. Raises SigningError."""
    plain = key_or_fingerprint.strip().lower().removeprefix("sha256:")
    if _FINGERPRINT.fullmatch(plain):
        return plain
    try:
        return fingerprint(Path(key_or_fingerprint).read_bytes())
    except OSError:
        raise SigningError(
            f"'{key_or_fingerprint}' is neither a fingerprint of 64 hexadecimal digits nor a public key's PEM file"
        ) from None


def trusted_signers(folder: Path) -> frozenset[str]:
    """Fingerprints that were accepted here. Raises SigningError where the list cannot be read."""
    path = folder / SIGNERS_FILE
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
    except FileNotFoundError:
        return frozenset()
    except (OSError, UnicodeDecodeError) as error:
        raise SigningError(f"{path}: the list of trusted signers cannot be read: {error}") from None
    return frozenset(line.strip() for line in lines if _FINGERPRINT.fullmatch(line.strip()))


def known_signers(folder: Path, environment: Mapping[str, str]) -> frozenset[str]:
    """Those whose archives are taken without asking: the trusted ones, and ourselves. Raises SigningError."""
    has_own = environment.get(KEY_VARIABLE) or (folder / KEY_FILE).exists()
    own = {fingerprint(public_pem(own_key(folder, environment)))} if has_own else set()
    return trusted_signers(folder) | own


def trust(folder: Path, signer: str) -> None:
    """Accept a signer from now on. Raises SigningError."""
    if signer in trusted_signers(folder):
        return
    path = folder / SIGNERS_FILE
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with path.open("a", encoding="utf-8") as file:
            file.write(f"{signer}\n")
    except OSError as error:
        raise SigningError(f"{path}: the list of trusted signers cannot be written: {error.strerror}") from None


_MAKE = "make one with 'openssl genpkey -algorithm ed25519 -out key.pem'"


def _public(pem: bytes) -> Ed25519PublicKey:
    try:
        key = load_pem_public_key(pem)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise SigningError("this is no PEM of a public key") from None
    if not isinstance(key, Ed25519PublicKey):
        raise SigningError("this is a public key of another kind than Ed25519")
    return key


def _make_key(path: Path) -> None:
    """Write a new key whole or not at all; of two who do so at once, the first one's key stays."""
    pem = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(pem)
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):
            path.hardlink_to(draft)
    except OSError as error:
        raise SigningError(f"{path}: the signing key cannot be written: {error.strerror}; see {KEY_VARIABLE}") from None
    finally:
        with suppress(OSError):
            draft.unlink()
