"""The JSON Schema of a copy of somebody's data, for docs/export.schema.json; part of `make generate`.

Made from the declarations of the records (chalicelib/rights/export/schema); each package has it, too.
"""

from __future__ import annotations

import os
from pathlib import Path

from chalicelib.rights.export import schema
from infra.packaging.groups import PLACEHOLDERS

PLACE = Path(__file__).parent.parent / "docs" / "export.schema.json"


def main() -> None:
    """Write it."""
    for name, value in PLACEHOLDERS.items():
        os.environ.setdefault(name, value)
    PLACE.write_text(schema.text())


if __name__ == "__main__":
    main()
