"""Makes the secrets of a trial machine once; a production site brings its own in the environment."""

import base64
import os
import secrets
from pathlib import Path

ENV_FILE = Path(__file__).resolve().parent.parent / ".env"

TRIAL = """\
# Made for this machine on first start. Never commit it: IDENTITY_KEY opens every identity number stored under it.
LOCAL=true
SECRET_KEY={secret}
IDENTITY_KEY={identity}
"""


def ensure(path: Path = ENV_FILE) -> bool:
    """Write fresh keys to `path` unless the file is there; an existing one is never touched. True where made."""
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return False
    identity = base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()
    with open(handle, "w", encoding="utf-8") as file:
        file.write(TRIAL.format(secret=secrets.token_urlsafe(50), identity=identity))
    return True


def lend(path: Path = ENV_FILE) -> None:
    """Keys for this process alone, where the machine has none: for commands that read and write no record."""
    if not path.exists():
        for name in ("SECRET_KEY", "IDENTITY_KEY"):
            os.environ.setdefault(name, secrets.token_urlsafe(32))


if __name__ == "__main__":
    if ensure():
        print(f"已为本机生成密钥: {ENV_FILE}")
