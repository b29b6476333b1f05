"""Reproducible zip files: equal inputs give equal bytes."""

from __future__ import annotations

import hashlib
import shutil
import zipfile
from pathlib import Path

_EPOCH = (1980, 1, 1, 0, 0, 0)
_PLAIN_FILE = 0o100644 << 16
_UNIX = 3


def write_archive(target: Path, tree: Path, *, base: Path | None = None) -> Path:
    """Write all files of `tree` to an archive, after those of the archive `base` if given."""
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
    """Return one hash of the names and contents of files, and of `extra` words."""
    digest = hashlib.sha256("\0".join(extra).encode())
    for path in sorted(paths):
        digest.update(f"\0{path.relative_to(root).as_posix()}\0".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()
