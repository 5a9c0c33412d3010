"""The store folder: one gate at a time, the key from outside, the secret of the pages."""

import fcntl
import secrets
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path

from edge.config import Settings
from edge.domain.errors import ConfigError
from edge.journal import State


def take_folder(folder: Path, stack: ExitStack) -> None:
    """Make sure that no other gate runs on this store; raises ConfigError."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = stack.enter_context((folder / "gate.lock").open("w"))
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise ConfigError(
            f"[store] path: {folder}: another gate runs on this store / 已有门岗在使用"
        ) from None
    except OSError as error:
        raise ConfigError(f"[store] path: {folder}: {error.strerror} / 不能使用这个文件夹") from error


def outside_key(settings: Settings, environ: Mapping[str, str]) -> bytes | None:
    """Return the second key the site keeps elsewhere, None where it has none; raises ConfigError."""
    path, credentials = settings.store.key_file, environ.get("CREDENTIALS_DIRECTORY")
    if path is None and credentials and (Path(credentials) / "master-key").exists():
        path = Path(credentials) / "master-key"
    if path is None:
        return None
    try:
        return path.read_bytes().strip()
    except OSError as error:
        raise ConfigError(f"[store] key_file: {path}: {error.strerror} / 密钥文件读不出来") from error


def cookie_secret(state: State) -> bytes:
    """Return the key that signs log-in cookies, made at the first start."""
    found = state.get("web_secret")
    if found is None:
        found = {"hex": secrets.token_hex(32)}
        state.put("web_secret", found)
    return bytes.fromhex(found["hex"])


def boot_id() -> str:
    """Return the kernel's name for this boot; empty where it has none."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()
    except OSError:
        return ""
