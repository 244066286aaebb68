"""Identity numbers at rest: encrypted columns, a blind index to find them by, and the mask that lists show."""

import hmac
import os
import re
from functools import lru_cache
from typing import Any

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.db import models

_VERSION = b"\x01"
_NONCE = 12
_NUMBER = re.compile(r"(?<!\d)\d{17}[\dXx](?!\d)")


@lru_cache(maxsize=4)
def _derived(purpose: bytes, secret: str) -> bytes:
    # One secret in the environment, two keys from it: who can look up an index must not be able to decrypt with it.
    return HKDF(algorithm=SHA256(), length=32, salt=b"huimin", info=purpose).derive(secret.encode())


@lru_cache(maxsize=4)
def _index_key(secret: str) -> bytes:
    return _derived(b"index", secret)


@lru_cache(maxsize=4)
def _cipher(secret: str) -> AESGCM:
    return AESGCM(_derived(b"encrypt", secret))


def seal(text: str | bytes) -> bytes:
    """Encrypt for the database (AES-256-GCM, a fresh nonce each time, so equal numbers look different)."""
    nonce = os.urandom(_NONCE)
    plain = text.encode() if isinstance(text, str) else text
    return _VERSION + nonce + _cipher(settings.IDENTITY_KEY).encrypt(nonce, plain, None)


def unseal_bytes(stored: bytes) -> bytes:
    """Decrypt what `seal` wrote. Raises cryptography's InvalidTag where a byte was changed or the key is another."""
    raw = bytes(stored)
    if raw[:1] != _VERSION:
        raise ValueError("unknown version of a sealed value")
    return _cipher(settings.IDENTITY_KEY).decrypt(raw[1 : 1 + _NONCE], raw[1 + _NONCE :], None)


def unseal(stored: bytes) -> str:
    return unseal_bytes(stored).decode()


def blind_index(text: str) -> str:
    """The same 32 hex digits for the same number, useless without the key: what unique constraints and searches use."""
    return hmac.digest(_index_key(settings.IDENTITY_KEY), text.strip().upper().encode(), "sha256").hex()[:32]


def mask(number: str) -> str:
    """Keep the first three and the last two characters: 140***********12."""
    if len(number) <= 5:
        return "*" * len(number)
    return f"{number[:3]}{'*' * (len(number) - 5)}{number[-2:]}"


def masked(text: str) -> str:
    """A text with every identity number in it masked."""
    return _NUMBER.sub(lambda found: mask(found.group()), text)


class SealedField(models.BinaryField):
    """A text that is readable in Python and encrypted in the column."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("editable", True)
        super().__init__(*args, **kwargs)

    def _check_str_default_value(self) -> list[Any]:
        return []  # unlike other binary columns, this one speaks text in Python

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> str | None:
        return None if value is None else unseal(value)

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        if value is None or isinstance(value, bytes | memoryview):
            return super().get_db_prep_value(value, connection, prepared)
        return super().get_db_prep_value(seal(value), connection, prepared)

    def to_python(self, value: Any) -> Any:
        return value

    def value_to_string(self, obj: models.Model) -> str:
        return mask(str(self.value_from_object(obj) or ""))
