"""Zip files that come out the same, byte by byte, from the same inputs."""

from __future__ import annotations

import hashlib
import shutil
import zipfile
from pathlib import Path

_EPOCH = (1980, 1, 1, 0, 0, 0)
_PLAIN_FILE = 0o100644 << 16
_UNIX = 3


def write_archive(target: Path, tree: Path, *, base: Path | None = None) -> Path:
    """All files of `tree`, appended to a copy of the archive `base` if there is one."""
    draft = target.with_suffix(".draft")
    draft.unlink(missing_ok=True)
    if base:
        shutil.copyfile(base, draft)
    with zipfile.ZipFile(draft, "a", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for path in sorted(p for p in tree.rglob("*") if p.is_file()):
            entry = zipfile.ZipInfo(path.relative_to(tree).as_posix(), _EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = _PLAIN_FILE
            entry.create_system = _UNIX
            archive.writestr(entry, path.read_bytes())
    return draft.rename(target)


def fingerprint(root: Path, paths: list[Path], *extra: str) -> str:
    """One hash over names and contents of files, and over `extra` words."""
    digest = hashlib.sha256("\0".join(extra).encode())
    for path in sorted(paths):
        digest.update(f"\0{path.relative_to(root).as_posix()}\0".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()
