"""The keys of an account: issued, switched off and on again."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Key:
    """A key of the account `name`, which is what quotas and metrics go by; `id` may be shown, the secret never is."""

    id: str
    name: str
    is_active: bool = True


class Keys:
    """Every key that was ever issued. `initial` maps a secret to the name of its account, the first key's id too."""

    def __init__(self, initial: Mapping[str, str]) -> None:
        self._keys: dict[str, Key] = {}
        for secret, name in initial.items():
            self._keys[secret] = Key(self._free_id(name), name)
        self.names = tuple(dict.fromkeys(initial.values()))

    def account_of(self, secret: str) -> str | None:
        """The account that an active key belongs to; None for a key that is unknown or switched off."""
        key = self._keys.get(secret)
        return key.name if key is not None and key.is_active else None

    def issue(self, name: str) -> tuple[Key, str]:
        """A new key and its secret, which is told this once. Raises `KeyError` for an account that does not exist."""
        if name not in self.names:
            raise KeyError(name)
        secret = f"sk-{name}-{secrets.token_urlsafe(12)}"
        self._keys[secret] = Key(self._free_id(name), name)
        return self._keys[secret], secret

    def switch(self, id_: str, *, is_active: bool) -> Key:
        """Revoke a key, or take it back into service. Raises `KeyError` for an id that was never issued."""
        for secret, key in self._keys.items():
            if key.id == id_:
                self._keys[secret] = replace(key, is_active=is_active)
                return self._keys[secret]
        raise KeyError(id_)

    def all(self) -> list[Key]:
        """In the order of issue."""
        return list(self._keys.values())

    def _free_id(self, name: str) -> str:
        taken = sum(key.name == name for key in self._keys.values())
        return f"{name}-{taken + 1}" if taken else name
