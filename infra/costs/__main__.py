"""`python -m infra.costs`: write the generated parts of docs/limits.md; part of `make generate`."""

from __future__ import annotations

from infra.build import build
from infra.costs.page import PAGE, written
from infra.costs.stage import StageParts

if __name__ == "__main__":
    PAGE.write_text(written(PAGE.read_text(), StageParts.of(build())))
