"""The package of `clean_images` and `clean_avatars`: Pillow, and of the shared one only what they import.

So no other function has a decoder of images, and these, which read files of strangers, have little beside.
"""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

# Contracts of import-linter keep these modules from importing other rooms.
_OURS = re.compile(
    r"chalicelib/(__|core/|privacy/|rights/(__init__|__pycache__/__init__|papers/)"
    r"|accounts/(__init__|__pycache__/__init__|avatars/))"
)
_KEPT = frozenset(
    {
        "_cffi_backend", "annotated_types", "aws_lambda_powertools", "boto3", "botocore", "certifi",
        "chalice", "cryptography", "dateutil", "idna", "jmespath", "markupsafe", "pydantic", "pydantic_core",
        "rfc8785", "s3transfer", "six", "typing_extensions", "typing_inspection", "tzdata", "urllib3",
    }
)  # fmt: skip


def write_package(target: Path, shared: Path, pillow: Path) -> Path:
    """Write the package from the shared one and the archive of Pillow; equal inputs give equal bytes."""
    draft = target.with_suffix(".draft")
    with zipfile.ZipFile(draft, "w") as package:
        for source in (shared, pillow):
            with zipfile.ZipFile(source) as archive:
                for entry in archive.infolist():
                    if source is pillow or _is_needed(entry.filename):
                        package.writestr(entry, archive.read(entry), compresslevel=9)
    return draft.rename(target)


def _is_needed(name: str) -> bool:
    return bool(_OURS.match(name)) or re.split(r"[/.-]", name)[0] in _KEPT
