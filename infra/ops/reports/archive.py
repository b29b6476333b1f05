"""Writes and verifies a regulator pack: a ZIP of files, and `manifest.json` with the hash of each.

Invariants:

- Equal contents give equal bytes: entries are stored without compression, in the order in which they are
  added, with one fixed time and mode. The directory names the cover first, which is written last.
- The file appears under its name when it is complete. A killed command leaves only `<name>.part`.
- Each file is hashed while it is written. Nothing is kept in memory.
"""

from __future__ import annotations

import hashlib
import json
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

FORMAT = "ru4m.regulator-pack.v1"
MANIFEST = "manifest.json"
_EARLIEST = (1980, 1, 1, 0, 0, 0)  # the first time that a ZIP can state
_MODE = 0o100644 << 16
_UNIX = 3
_BLOCK = 1 << 20
_MAX_MANIFEST = 1 << 20


@dataclass(frozen=True)
class PackedFile:
    """An entry of the manifest."""

    path: str
    what: str
    bytes: int
    sha256: str


@dataclass
class PackWriter:
    """A pack that is being written; `entries` has how many entries a file has, by its path."""

    archive: zipfile.ZipFile
    files: list[PackedFile] = field(default_factory=list)
    entries: dict[str, int] = field(default_factory=dict)

    def add(self, path: str, what: str, content: Iterable[str]) -> None:
        """Add a file of several pieces of text."""
        digest, size = hashlib.sha256(), 0
        with self.archive.open(_entry(path), "w", force_zip64=True) as out:
            for piece in content:
                written = piece.encode()
                digest.update(written)
                size += len(written)
                out.write(written)
        self.files.append(PackedFile(path, what, size, digest.hexdigest()))

    def add_json(self, path: str, what: str, content: object, entries: int | None = None) -> None:
        """Add a value as a file of JSON, with the number of its entries."""
        self.add(path, what, [json_text(content)])
        if entries is not None:
            self.entries[path] = entries

    def add_cover(self, path: str, what: str, content: Iterable[str]) -> None:
        """Add a file that says what the others hold, and name it first."""
        self.add(path, what, content)
        self.files.insert(0, self.files.pop())
        self.archive.filelist.insert(0, self.archive.filelist.pop())  # the directory of the ZIP

    def finish(self, facts: Mapping[str, object]) -> str:
        """Add the manifest; return its SHA-256, which stands for the whole pack."""
        manifest = {"format": FORMAT, **facts, "files": [asdict(one) for one in self.files]}
        written = json_text(manifest).encode()
        with self.archive.open(_entry(MANIFEST), "w") as out:
            out.write(written)
        return hashlib.sha256(written).hexdigest()


@contextmanager
def writing(path: Path) -> Iterator[PackWriter]:
    """Write a pack, which gets its name at the end; nothing is left after an error."""
    part = path.with_name(f"{path.name}.part")
    try:
        with zipfile.ZipFile(part, "w", zipfile.ZIP_STORED) as archive:
            yield PackWriter(archive)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def json_text(value: object) -> str:
    """Write a value as JSON, always in the same way."""
    return json.dumps(value, indent=1, ensure_ascii=False) + "\n"


@dataclass(frozen=True)
class PackVerdict:
    """The faults of a pack, in one line each, its manifest and the manifest's hash."""

    faults: tuple[str, ...]
    manifest: Mapping[str, Any] = field(default_factory=dict)
    sha256: str | None = None


def verify(path: Path) -> PackVerdict:
    """Compare each file of a pack with its manifest."""
    try:
        with zipfile.ZipFile(path) as archive:
            return _verified(archive)
    except (zipfile.BadZipFile, zipfile.LargeZipFile, OSError, NotImplementedError, RuntimeError):
        return PackVerdict((f"{path.name}: not a ZIP, or damaged",))


def _verified(archive: zipfile.ZipFile) -> PackVerdict:
    names = [info.filename for info in archive.infolist()]
    if names.count(MANIFEST) != 1:
        return PackVerdict(
            (f"{MANIFEST}: missing" if MANIFEST not in names else f"{MANIFEST}: there are several",)
        )
    if archive.getinfo(MANIFEST).file_size > _MAX_MANIFEST:
        return PackVerdict((f"{MANIFEST}: too large",))
    try:
        written = archive.read(MANIFEST)
    except (zipfile.BadZipFile, zlib.error, EOFError):
        return PackVerdict((f"{MANIFEST}: altered",))
    sha256 = hashlib.sha256(written).hexdigest()
    try:
        manifest = json.loads(written)
        listed = [PackedFile(**one) for one in manifest["files"]]
        if manifest["format"] != FORMAT:
            return PackVerdict((f"{MANIFEST}: of another format than {FORMAT}",), sha256=sha256)
    except (ValueError, KeyError, TypeError, RecursionError):
        return PackVerdict((f"{MANIFEST}: not the manifest of a pack",), sha256=sha256)
    return PackVerdict(tuple(_faults(archive, names, listed)), manifest, sha256)


def _faults(archive: zipfile.ZipFile, names: list[str], listed: list[PackedFile]) -> Iterator[str]:
    for one in listed:
        if names.count(one.path) != 1:
            yield f"{one.path}: missing" if one.path not in names else f"{one.path}: there are several"
        elif (found := _read(archive, one.path)) is None:
            yield f"{one.path}: altered: its checksum does not fit, or it cannot be read"
        elif found != (one.bytes, one.sha256):
            size, digest = found
            listed_as = f"the manifest has {one.bytes} bytes with {one.sha256}"
            yield f"{one.path}: altered: {size} bytes with SHA-256 {digest}, but {listed_as}"
    for name in sorted(set(names) - {MANIFEST} - {one.path for one in listed}):
        yield f"{PurePosixPath(name).name}: not in the manifest"


def _read(archive: zipfile.ZipFile, path: str) -> tuple[int, str] | None:
    """Return the size and the hash of a file; None if it cannot be read."""
    digest, size = hashlib.sha256(), 0
    try:
        with archive.open(path) as content:
            while block := content.read(_BLOCK):
                digest.update(block)
                size += len(block)
    except (zipfile.BadZipFile, zlib.error, OSError, EOFError):  # its checksum or its header does not fit
        return None
    return size, digest.hexdigest()


def _entry(path: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(path, _EARLIEST)
    info.create_system, info.external_attr = _UNIX, _MODE
    return info
