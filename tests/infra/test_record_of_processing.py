"""The manifest of the record of processing passes the package that defines manifests."""

from pathlib import Path

import pytest

from infra.processing.__main__ import DOCS
from infra.processing.fides_check import findings

MANIFEST = DOCS / "record-of-processing.fides.yml"


@pytest.mark.proof
def test_fideslang_accepts_every_key_of_the_manifest() -> None:
    assert findings(MANIFEST) == []


@pytest.mark.proof
def test_key_outside_the_taxonomy_is_reported(tmp_path: Path) -> None:
    changed = tmp_path / "manifest.yml"
    changed.write_text(MANIFEST.read_text().replace("- user.job_title", "- user.job"))
    assert findings(changed) == ["data_category: user.job is not in the taxonomy"]
