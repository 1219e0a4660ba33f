"""The account that signs: from a keystore file (Web3 Secret Storage) or from the environment. Never shown.

Errors of this module never carry what was read.
"""

from __future__ import annotations

import json
from pathlib import Path

from eth_account import Account
from eth_account.signers.local import LocalAccount

from protocol.errors import CommonholdError
from protocol.settings import Settings

GROUP_OR_OTHERS = 0o077


class KeyMissing(CommonholdError):
    """No key is configured."""


class KeyInvalid(CommonholdError):
    """A key, keystore or password that cannot be used. The message names where it came from, not what it is."""


def load_account(settings: Settings) -> LocalAccount:
    """The account of the settings. Raises `KeyMissing` or `KeyInvalid`."""
    if settings.private_key is not None and settings.keystore is not None:
        raise KeyInvalid("both COMMONHOLD_PRIVATE_KEY and COMMONHOLD_KEYSTORE are set: unset one")
    if settings.private_key is not None:
        return _from_key(settings.private_key.get_secret_value())
    if settings.keystore is not None:
        return _from_keystore(settings.keystore, settings.password_file)
    raise KeyMissing(
        "no key: set COMMONHOLD_KEYSTORE and COMMONHOLD_PASSWORD_FILE to a keystore file and its password, "
        "or COMMONHOLD_PRIVATE_KEY"
    )


def save_keystore(path: Path, account: LocalAccount, password: str) -> None:
    """Writes a new keystore file that only its owner may read. Raises `FileExistsError`."""
    path.touch(mode=0o600, exist_ok=False)
    path.write_text(json.dumps(account.encrypt(password)))


def _from_key(key: str) -> LocalAccount:
    try:
        account: LocalAccount = Account.from_key(key.strip())
    except Exception:  # whatever is wrong with it, nothing of it may travel in the error
        raise KeyInvalid("COMMONHOLD_PRIVATE_KEY is not a private key: 32 bytes in hexadecimal") from None
    return account


def _from_keystore(path: Path, password_file: Path | None) -> LocalAccount:
    if password_file is None:
        raise KeyMissing("COMMONHOLD_KEYSTORE is set, COMMONHOLD_PASSWORD_FILE is not")
    password = _read(password_file, "password file").rstrip("\r\n")
    try:
        key = Account.decrypt(json.loads(_read(path, "keystore")), password)
    except (ValueError, KeyError, TypeError):
        raise KeyInvalid(f"keystore {path} is damaged, or {password_file} does not hold its password") from None
    account: LocalAccount = Account.from_key(key)
    return account


def _read(path: Path, what: str) -> str:
    try:
        if path.stat().st_mode & GROUP_OR_OTHERS:
            raise KeyInvalid(f"{what} {path} can be read by others: chmod 600 {path}")
        return path.read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise KeyInvalid(f"{what} {path} cannot be read: {type(error).__name__}") from None
