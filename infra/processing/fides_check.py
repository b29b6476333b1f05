"""Checks the manifest with the fideslang package: its models, and the keys of its taxonomy."""

from __future__ import annotations

import subprocess
from pathlib import Path

from infra.environments import environment

_REQUIREMENTS = Path(__file__).with_name("requirements.txt")

# Runs in fideslang's environment. Prints one line per error.
_CHECK = """
import sys, yaml
from fideslang.default_taxonomy import DEFAULT_TAXONOMY
from fideslang.models import Taxonomy

manifest = yaml.safe_load(open(sys.argv[1]))
try:
    taxonomy = Taxonomy.model_validate(manifest)
except ValueError as error:
    sys.exit(f"not a manifest: {error}")
known = {name: {str(entry.fides_key) for entry in getattr(DEFAULT_TAXONOMY, name)}
         for name in ("data_category", "data_use", "data_subject")}
used = {"data_category": set(), "data_use": set(), "data_subject": set()}
for system in taxonomy.system:
    for declared in system.privacy_declarations:
        used["data_category"] |= {*map(str, declared.data_categories)}
        used["data_use"].add(str(declared.data_use))
        used["data_subject"] |= {*map(str, declared.data_subjects)}
    for flow in system.egress or []:
        used["data_category"] |= {*map(str, flow.data_categories)}
for dataset in taxonomy.dataset:
    for collection in dataset.collections:
        for field in collection.fields:
            used["data_category"] |= {*map(str, field.data_categories)}
for name, keys in used.items():
    for key in sorted(keys - known[name]):
        print(f"{name}: {key} is not in the taxonomy")
keys = [str(d.fides_key) for d in [*taxonomy.dataset, *taxonomy.system]]
for system in taxonomy.system:
    for reference in [r for d in system.privacy_declarations for r in d.dataset_references or []]:
        if str(reference) not in keys:
            print(f"dataset {reference} is not in the manifest")
print(f"{len(taxonomy.system)} systems, {len(taxonomy.dataset)} datasets", file=sys.stderr)
"""


def findings(manifest: Path) -> list[str]:
    """Return fideslang's errors in a manifest; empty if it is valid."""
    python = environment("fideslang", _REQUIREMENTS) / "bin" / "python"
    command = [str(python), "-I", "-c", _CHECK, str(manifest)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    errors = done.stdout.splitlines()
    return [*errors, done.stderr.strip()] if done.returncode else errors
