"""Trust lists on disk: one JSON file for each carrier in one folder.

Reads and writes only; what is in a list, and whether it may be believed, is for `edge.codes.trust`.
"""

import fcntl
import hashlib
import json
import os
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from edge.codes import eu_rules_text
from edge.codes.eu_rules import EuRules
from edge.codes.trust import ALGORITHMS, TrustList, TrustStore
from edge.codes.trust_text import dump_list, parse_list
from edge.domain.errors import ConfigError
from edge.domain.model import Carrier

# 10,000 keys and 50,000 withdrawals take 4.5 MB; the largest published list, 961 keys, 0.2 MB.
MAX_FILE_BYTES = 16 * 1024 * 1024
CONTEXTS = "contexts"  # the folder of documents that linked data names by address
LOCK_S = 5.0
MAX_FILES = 20_000  # in the folders of one import


def load(folder: Path, *, accept_test_issuers: bool = False, max_age_us: int | None = None) -> TrustStore:
    """Return the lists in `folder`; ConfigError naming every file and every fault.

    A folder that is not there, a JSON file named after no carrier, and a list of a test issuer
    without `accept_test_issuers` are faults: a gate must not start believing less or more than its
    manager thinks.
    """
    if not folder.is_dir():
        raise ConfigError(f"{folder}: no such folder of trust lists; make one with `gatepost trust import`")
    faults: list[str] = []
    lists: list[TrustList] = []
    rules: EuRules | None = None
    for path in sorted(folder.glob("*.json")):
        try:
            if path.name == eu_rules_text.NAME:
                rules = eu_rules_text.parse_rules(read_text(path), str(path))
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
    if faults:
        raise ConfigError(faults)
    return TrustStore(tuple(lists), accept_test_issuers, max_age_us, load_documents(folder), eu_rules=rules)


def load_documents(folder: Path) -> Mapping[str, str]:
    """Return the contexts beside the trust lists, text by address; ConfigError for a file that is none."""
    found: dict[str, str] = {}
    for path in sorted((folder / CONTEXTS).glob("*.json")):
        try:
            entry = json.loads(read_text(path))
            address, document = entry["address"], entry["document"]
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise ConfigError(f"{path}: no context; make it with `gatepost trust context`") from error
        if not isinstance(address, str) or not isinstance(document, dict):
            raise ConfigError(f"{path}: no context; make it with `gatepost trust context`")
        found[address] = json.dumps(document, ensure_ascii=False)
    return found


def write_document(folder: Path, address: str, text: str, source: str) -> Path:
    """Put a context beside the trust lists, to be found under `address`; ConfigError where it is none."""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"{source}: not JSON: {error}") from error
    if not isinstance(document, dict) or "@context" not in document:
        raise ConfigError(f"{source}: a context is a JSON object with a member @context")
    path = folder / CONTEXTS / f"{hashlib.sha256(address.encode()).hexdigest()[:16]}.json"
    content = json.dumps({"address": address, "document": document}, ensure_ascii=False)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _replace(path, content.encode())
    except OSError as error:
        raise ConfigError(f"{path}: cannot be written: {error.strerror or error}") from error
    return path


def load_list(folder: Path, carrier: Carrier) -> TrustList:
    """Return the list of one carrier, an empty one where its file is not there yet."""
    path = folder / f"{carrier}.json"
    return _read_list(path) if path.exists() else TrustList(carrier)


def write_list(folder: Path, entry: TrustList) -> Path:
    """Put a list into its file, whole or not at all, and return the file's path."""
    path = folder / f"{entry.carrier}.json"
    try:
        data = dump_list(entry).encode()
        if len(data) > MAX_FILE_BYTES:  # or the next start would refuse what this one wrote
            raise ConfigError(f"{path}: larger than any trust list ({MAX_FILE_BYTES} bytes)")
        folder.mkdir(parents=True, exist_ok=True)
        _replace(path, data)
    except OSError as error:
        raise ConfigError(f"{path}: cannot be written: {error.strerror or error}") from error
    return path


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold the folder against everybody else who changes lists, so that nobody's change is lost between
    reading and writing. ConfigError where it cannot be had."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except OSError as error:
        raise ConfigError(f"{folder}: cannot be written: {error.strerror or error}") from error
    try:
        _take_lock(descriptor, folder)
        yield
    finally:
        os.close(descriptor)


def _take_lock(descriptor: int, folder: Path) -> None:
    # Whoever holds it longer has hung; the uplink must not wait for them.
    until = time.monotonic() + LOCK_S
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > until:
                raise ConfigError(f"{folder}: another program is changing the trust lists") from None
            time.sleep(0.05)
        else:
            return


def read_bytes(path: Path) -> bytes:
    """Return a published list, key or certificate; ConfigError where it cannot be one."""
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise ConfigError(f"{path}: larger than any trust list ({MAX_FILE_BYTES} bytes)")
        return path.read_bytes()
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror or error}") from error


def read_text(path: Path) -> str:
    """Return the text of a published list; ConfigError where it cannot be one."""
    try:
        return read_bytes(path).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: is not text in UTF-8") from error


def files_in(paths: Sequence[Path]) -> tuple[Path, ...]:
    """Return the files that are meant, each once and in order: a folder stands for every file below it,
    hidden ones and links to elsewhere left out. ConfigError where there are none, or too many."""
    found: set[Path] = set()
    for path in paths:
        if path.is_dir():
            below = (file for file in path.rglob("*") if file.is_file() and not file.is_symlink())
            for file in below:
                if not any(part.startswith(".") for part in file.relative_to(path).parts):
                    found.add(file)
                if len(found) > MAX_FILES:
                    raise ConfigError(f"{path}: more than {MAX_FILES} files")
        else:
            found.add(path)
    if not found:
        raise ConfigError("no file in " + ", ".join(str(path) for path in paths))
    return tuple(sorted(found))


def _read_list(path: Path) -> TrustList:
    if path.stem not in {str(carrier) for carrier in ALGORITHMS}:
        known = ", ".join(f"{carrier}.json" for carrier in ALGORITHMS)
        raise ConfigError(f"{path}: named after no carrier; there are {known}")
    entry = parse_list(read_text(path), str(path))
    if str(entry.carrier) != path.stem:
        raise ConfigError(f"{path}: carrier: says {entry.carrier}, its name says {path.stem}")
    return entry


def _replace(path: Path, data: bytes) -> None:
    descriptor, name = tempfile.mkstemp(prefix=f".{path.stem}.", dir=path.parent)
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
