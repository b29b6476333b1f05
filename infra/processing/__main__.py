"""`python -m infra.processing`: write the record of processing; part of `make generate`."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path

from chalicelib.privacy.processing import Row, rows
from infra.packaging.groups import PLACEHOLDERS
from infra.processing import fides, picture, texts

DOCS = Path(__file__).parent.parent.parent / "docs"

FORMS: dict[str, Callable[[Sequence[Row]], str]] = {
    "record-of-processing.md": texts.as_markdown,
    "record-of-processing.json": texts.as_json,
    "record-of-processing.csv": texts.as_csv,
    "record-of-processing.fides.yml": fides.as_yaml,
    "data-map.svg": picture.as_svg,
}


def main() -> None:
    """Write every form, with the periods of the environment (RU4M_PERIODS) or the defaults."""
    for name, value in PLACEHOLDERS.items():
        os.environ.setdefault(name, value)
    for name, form in FORMS.items():
        (DOCS / name).write_text(form(rows()))


if __name__ == "__main__":
    main()
