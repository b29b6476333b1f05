"""Writes docs/export.schema.json, the JSON Schema of a copy; part of `make generate`.

It is made from the declarations of the records (chalicelib/rights/copy/schema). Each package contains it.
"""

from __future__ import annotations

import os
from pathlib import Path

from chalicelib.rights.copy import schema
from infra.packaging.groups import PLACEHOLDERS

PLACE = Path(__file__).parent.parent / "docs" / "export.schema.json"


def main() -> None:
    """Write the schema."""
    for name, value in PLACEHOLDERS.items():
        os.environ.setdefault(name, value)
    PLACE.write_text(schema.text())


if __name__ == "__main__":
    main()
