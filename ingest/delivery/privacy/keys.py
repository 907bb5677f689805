"""Pseudonyms: who someone is, replaced by what only the holder of a key can find again.

A keyring lies outside the lake. New events take its newest key; the earlier ones stay, so that a person can be found
in what was stored under them.
"""

import base64
import json
import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from hashlib import blake2b

KEY_BYTES = 32
_PSEUDONYM_BYTES = 12
_FINGERPRINT_BYTES = 6
_REMEMBERED_MAX = 50_000

_PERSON, _TEXT, _ID, _FINGERPRINT = b"person", b"text", b"id", b"fingerprint"
"""Each use of a key by itself, so that what is known of one says nothing of another."""

_is_pseudonym = re.compile(r"p\d{1,4}-[0-9a-f]{24}", re.ASCII).fullmatch
_is_digest = re.compile(r"h\d{1,4}-[0-9a-f]{24}", re.ASCII).fullmatch


def is_pseudonym(value: str) -> bool:
    """Whether a value looks like what :meth:`Keyring.pseudonym` gives."""
    return _is_pseudonym(value) is not None


def is_digest(value: str) -> bool:
    """Whether a value looks like what :meth:`Keyring.digest` gives."""
    return _is_digest(value) is not None


class Keyring:
    """Keys of one lake, the oldest first.

    Raises:
        ValueError: there is none, or one is not ``KEY_BYTES`` long.
    """

    def __init__(self, keys: Sequence[bytes]) -> None:
        if not keys:
            raise ValueError("a keyring needs a key")
        if any(len(key) != KEY_BYTES for key in keys):
            raise ValueError(f"a key has {KEY_BYTES} bytes")
        self._keys = tuple(keys)
        self._current = len(keys)
        self.pseudonyms: Callable[[str], tuple[str, ...]] = lru_cache(_REMEMBERED_MAX)(self._pseudonyms)
        """All that a person was ever stored under, the newest last."""

    def pseudonym(self, identity: str) -> str:
        """``p<number of the key>-<24 hex digits>``: the same for the same person as long as the key is the newest."""
        return f"p{self._current}-{_keyed(identity, self._keys[-1], _PERSON)}"

    def _pseudonyms(self, identity: str) -> tuple[str, ...]:
        return tuple(f"p{n}-{_keyed(identity, key, _PERSON)}" for n, key in enumerate(self._keys, 1))

    def digest(self, text: str) -> str:
        """``h<number>-<24 hex digits>``: tells equal texts apart from others, and nothing else of them."""
        return f"h{self._current}-{_keyed(text, self._keys[-1], _TEXT)}"

    def opaque_id(self, identifier: str) -> str:
        """32 hex digits for an event's id that must not be kept as it is. Always by the first key: what is sent again
        after a rotation must still be known for a duplicate.
        """
        return blake2b(identifier.encode(), key=self._keys[0], person=_ID, digest_size=16).hexdigest()

    def fingerprints(self) -> tuple[str, ...]:
        """What tells the keys apart without telling them."""
        return tuple(
            blake2b(b"", key=key, person=_FINGERPRINT, digest_size=_FINGERPRINT_BYTES).hexdigest() for key in self._keys
        )


def parse_keys(text: str) -> list[bytes]:
    """The keys of a key document: ``{"keys": [{"key": "<base64>", …}, …]}``, the oldest first.

    Raises:
        ValueError: it is none.
    """
    try:
        return [base64.b64decode(entry["key"], validate=True) for entry in json.loads(text)["keys"]]
    except (KeyError, TypeError) as error:
        raise ValueError("no document of keys") from error


def _keyed(text: str, key: bytes, use: bytes) -> str:
    return blake2b(text.encode(errors="surrogatepass"), key=key, person=use, digest_size=_PSEUDONYM_BYTES).hexdigest()
