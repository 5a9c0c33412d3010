"""Trust lists on disk: one JSON file for each carrier in one folder, the EU's rules and contexts beside.

Reads and writes only; what is in a list, and whether it may be believed, is for `edge.codes.trust`.
The list that was in force before the last change stays beside each, as `hc1.json.before`.
"""

import fcntl
import json
import os
import stat
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from edge.codes import eu_rules_text
from edge.codes.eu_rules import EuRules
from edge.codes.linked_data import Contexts
from edge.codes.trust import ALGORITHMS, TrustList, TrustStore
from edge.codes.trust_documents import dump_document, parse_document
from edge.codes.trust_text import dump_list, parse_list
from edge.domain.errors import ConfigError
from edge.domain.model import Carrier

# 10,000 keys and 50,000 withdrawals take 4.5 MB; the largest published list, 961 keys, 0.2 MB.
MAX_FILE_BYTES = 16 * 1024 * 1024
CONTEXTS = "contexts"  # the folder of documents that linked data names by address
BEFORE = ".before"
LOCK_S = 5.0

Mark = tuple[str, int, int, int, int]


def load(folder: Path, *, accept_test_issuers: bool = False, max_age_us: int | None = None) -> TrustStore:
    """Return the lists in `folder`; ConfigError naming every file and every fault.

    A folder that is not there, a JSON file named after no carrier, and a list of a test issuer
    without `accept_test_issuers` are faults: a gate must not start believing less or more than its
    manager thinks.
    """
    faults: list[str] = []
    lists: list[TrustList] = []
    rules: EuRules | None = None
    for path in _json_files(folder):
        try:
            if path.name == eu_rules_text.NAME:
                rules = load_rules(folder)
                continue
            entry = _read_list(path)
        except ConfigError as error:
            faults.extend(error.faults)
            continue
        if entry.test and not accept_test_issuers:
            faults.append(
                f"{path}: holds keys of a test issuer; remove them, or set accept_test_issuers = true "
                "in [codes] where nobody real passes"
            )
        lists.append(entry)
    documents = _documents(folder, faults)
    if faults:
        raise ConfigError(faults)
    return TrustStore(tuple(lists), accept_test_issuers, max_age_us, Contexts(documents), eu_rules=rules)


def fingerprint(folder: Path) -> tuple[Mark, ...]:
    """Return what differs once any file that `load` reads was changed, replaced, added or taken away.

    Never raises: what cannot be looked at, such as a link to nowhere, is told by `load`.
    """
    found: list[Mark] = []
    for below in (folder, folder / CONTEXTS):
        try:
            found += [_mark(path) for path in _json_names(below)]
        except OSError as error:
            found.append((str(below), error.errno or 0, -1, -1, -1))
    return tuple(found)


def write_document(folder: Path, address: str, text: str, source: str) -> Path:
    """Put a context beside the trust lists, to be found under `address`; ConfigError where it is none."""
    name, content = dump_document(address, text, source)
    path = folder / CONTEXTS / name
    _write(path, content.encode())
    return path


def load_list(folder: Path, carrier: Carrier) -> TrustList:
    """Return the list of one carrier, an empty one where its file is not there yet."""
    path = folder / f"{carrier}.json"
    # A link to nowhere is no file that is not there yet: somebody meant it to be.
    return _read_list(path) if os.path.lexists(path) else TrustList(carrier)


def write_list(folder: Path, entry: TrustList) -> Path:
    """Put a list into its file, whole or not at all, keep the one before beside it, and return the
    file's path."""
    path = folder / f"{entry.carrier}.json"
    _keep_and_write(path, dump_list(entry).encode())
    return path


def load_rules(folder: Path) -> EuRules | None:
    """Return the EU's rules, None where there are none; ConfigError where they cannot be used."""
    path = folder / eu_rules_text.NAME
    return eu_rules_text.parse_rules(_regular(path), str(path)) if os.path.lexists(path) else None


def write_rules(folder: Path, text: str) -> Path:
    """Put the EU's rules into their file, as `write_list` does."""
    path = folder / eu_rules_text.NAME
    _keep_and_write(path, text.encode())
    return path


def take_back(folder: Path, name: str) -> None:
    """Let a file of the folder (`hc1.json`) change places with the one before it; done twice, nothing
    has changed. ConfigError where there is none before, or it cannot be used."""
    path, before = folder / name, folder / (name + BEFORE)
    if not before.is_file():
        raise ConfigError(f"{path}: there is no list before this one / 没有更早的名单")
    old, new = read_bytes(before), read_bytes(path) if path.exists() else None
    read = eu_rules_text.parse_rules if name == eu_rules_text.NAME else parse_list
    read(read_text(before), str(before))
    _write(path, old)
    if new is not None:
        _write(before, new)


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold the folder against everybody else who changes lists, so that nobody's change is lost between
    reading and writing. ConfigError where it cannot be had."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except OSError as error:
        raise ConfigError(_unwritable(folder, error)) from error
    try:
        _take_lock(descriptor, folder)
        yield
    finally:
        os.close(descriptor)


def read_bytes(path: Path) -> bytes:
    """Return a published list, key or certificate; ConfigError where it cannot be one."""
    try:
        with path.open("rb") as file:
            data = file.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise ConfigError(_unreadable(path, error)) from error
    if len(data) > MAX_FILE_BYTES:
        raise ConfigError(f"{path}: larger than any trust list ({MAX_FILE_BYTES} bytes) / 文件过大")
    return data


def read_text(path: Path) -> str:
    """Return the text of a published list; ConfigError where it cannot be one."""
    try:
        return read_bytes(path).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: is not text in UTF-8") from error


def _json_files(folder: Path) -> list[Path]:
    try:
        return _json_names(folder)
    except (FileNotFoundError, NotADirectoryError):
        raise ConfigError(
            f"{folder}: no such folder of trust lists; make one with `gatepost trust import` / 没有这个文件夹"
        ) from None
    except OSError as error:
        raise ConfigError(_unreadable(folder, error)) from error


def _json_names(folder: Path) -> list[Path]:
    # Not glob: it passes over a folder that may not be read, as if nothing were in it.
    return sorted(path for path in folder.iterdir() if path.suffix == ".json" and path.name[0] != ".")


def _mark(path: Path) -> Mark:
    try:
        found = path.stat()
    except OSError:
        return path.name, -1, -1, -1, -1
    # A file that takes another's place within one tick of the clock is told by its number, one that is
    # written anew under an old date by when that was done.
    return path.name, found.st_mtime_ns, found.st_ctime_ns, found.st_size, found.st_ino


def _documents(folder: Path, faults: list[str]) -> Mapping[str, str]:
    found: dict[str, str] = {}
    try:
        paths = _json_names(folder / CONTEXTS)
    except OSError as error:
        if os.path.lexists(folder / CONTEXTS):
            faults.append(_unreadable(folder / CONTEXTS, error))
        return found
    for path in paths:
        try:
            address, document = parse_document(_regular(path), str(path))
        except ConfigError as error:
            faults.extend(error.faults)
        else:
            found[address] = document
    return found


def _read_list(path: Path) -> TrustList:
    if path.stem not in {str(carrier) for carrier in ALGORITHMS}:
        known = ", ".join(f"{carrier}.json" for carrier in ALGORITHMS)
        raise ConfigError(f"{path}: named after no carrier; there are {known}")
    entry = parse_list(_regular(path), str(path))
    if str(entry.carrier) != path.stem:
        raise ConfigError(f"{path}: carrier: says {entry.carrier}, its name says {path.stem}")
    return entry


def _regular(path: Path) -> str:
    """Read a file of the trust folder: a pipe or a device there would hold the gate up for ever."""
    try:
        mode = path.stat().st_mode
    except OSError as error:
        raise ConfigError(_unreadable(path, error)) from error
    if not stat.S_ISREG(mode):
        raise ConfigError(f"{path}: cannot be read: not a file / 不是普通文件")
    return read_text(path)


def _keep_and_write(path: Path, data: bytes) -> None:
    if len(data) > MAX_FILE_BYTES:  # or the next start would refuse what this one wrote
        raise ConfigError(f"{path}: larger than any trust list ({MAX_FILE_BYTES} bytes) / 文件过大")
    with suppress(OSError, ValueError, AttributeError, RecursionError):  # a withdrawal must not fail for it
        kept = path.read_bytes()
        if kept == data:
            return
        # A damaged file is nothing to go back to, and neither is the same list under an older date.
        if _undated(kept) != _undated(data):
            _replace(path.with_name(path.name + BEFORE), kept)
    _write(path, data)


def _undated(data: bytes) -> dict[str, object]:
    return {name: value for name, value in json.loads(data).items() if name != "as_of"}


def _write(path: Path, data: bytes) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _replace(path, data)
    except OSError as error:
        raise ConfigError(_unwritable(path, error)) from error


def _replace(path: Path, data: bytes) -> None:
    for left in path.parent.glob(f".{path.name}.*"):  # of a write that the power ended
        left.unlink(missing_ok=True)
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(0o644)  # public keys: the daemon reads what the manager imported
        Path(name).replace(path)
    except OSError:
        Path(name).unlink(missing_ok=True)
        raise
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _take_lock(descriptor: int, folder: Path) -> None:
    # Whoever holds it longer has hung; the uplink must not wait for them.
    until = time.monotonic() + LOCK_S
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > until:
                raise ConfigError(
                    f"{folder}: another program is changing the trust lists / 另一个程序正在修改信任名单"
                ) from None
            time.sleep(0.05)
        else:
            return


def _unreadable(path: Path, error: OSError) -> str:
    if isinstance(error, FileNotFoundError) and path.is_symlink():
        return f"{path}: a link to a file that is not there / 链接指向的文件不存在"
    return f"{path}: cannot be read: {error.strerror or error} / 读不出来"


def _unwritable(path: Path, error: OSError) -> str:
    return f"{path}: cannot be written: {error.strerror or error} / 写不进去"
