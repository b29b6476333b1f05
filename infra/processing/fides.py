"""The same as a fideslang manifest: one system with a declaration per kind of data, one dataset per table.

What fideslang asks for and we do not say stands at its default. The package is no dependency (it caps
pydantic); `checking` holds the manifest against it.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Any

import yaml

from chalicelib.privacy.controller import CONTROLLER
from chalicelib.privacy.purposes import LegalBasis
from chalicelib.privacy.recipients import Mechanism, Recipient, Role
from infra.processing.record import Row

_BASES = {
    LegalBasis.CONSENT: "Consent",
    LegalBasis.CONTRACT: "Contract",
    LegalBasis.LEGAL_OBLIGATION: "Legal obligations",
    LegalBasis.LEGITIMATE_INTERESTS: "Legitimate interests",
}

# fideslang has no word for Art. 49, nor for what the subject directs.
_MECHANISMS = {
    Mechanism.SCCS: "SCCs",
    Mechanism.FOR_THE_CONTRACT: "Other",
    Mechanism.SUBJECT_DIRECTS_IT: "Other",
    Mechanism.OWN_STAFF: "SCCs",
}


def as_yaml(rows: Sequence[Row]) -> str:
    """The manifest."""
    manifest = {
        "organization": [
            {
                "fides_key": "ru4m",
                "name": CONTROLLER.name,
                "controller": {
                    "name": CONTROLLER.name,
                    "address": f"{CONTROLLER.address}, {CONTROLLER.country}",
                    "email": "as GET /v1/controller tells",
                    "phone": "",
                },
            }
        ],
        "dataset": [_dataset(where, list(held)) for where, held in groupby(rows, key=lambda row: row.where)],
        "system": [_ours(rows), *(_theirs(r) for r in Recipient if r.entry.role is not Role.OURSELVES)],
    }
    head = "# Made by `make generate`; do not edit. Keys of the fideslang taxonomy by Ethyca, CC BY 4.0.\n"
    return head + yaml.safe_dump(manifest, sort_keys=False, allow_unicode=True, width=110)


def _key(name: str) -> str:
    return name.lower().replace(" ", "_")


def _dataset(where: str, rows: list[Row]) -> dict[str, Any]:
    return {
        "fides_key": f"ru4m_{_key(where)}",
        "organization_fides_key": "ru4m",
        "name": where,
        "collections": [
            {
                "name": row.kind,
                "description": row.what,
                "fields": [
                    {"name": field.name, "data_categories": [field.category.value]} for field in row.fields
                ]
                or [{"name": "all", "data_categories": [c.value for c in row.categories]}],
            }
            for row in rows
        ],
    }


def _ours(rows: Sequence[Row]) -> dict[str, Any]:
    abroad = {recipient for row in rows for recipient in row.transfers}
    return {
        "fides_key": "ru4m_backend",
        "organization_fides_key": "ru4m",
        "name": "RU4M backend",
        "system_type": "Service",
        "processes_personal_data": True,
        "does_international_transfers": bool(abroad),
        "legal_basis_for_transfers": sorted({_MECHANISMS[r.entry.mechanism] for r in abroad}),
        "egress": [
            {"fides_key": f"ru4m_{_key(r.name)}", "type": "system", "data_categories": sorted(r.categories)}
            for r in Recipient
            if r.entry.role is not Role.OURSELVES
        ],
        "privacy_declarations": [_declaration(row) for row in rows],
    }


def _declaration(row: Row) -> dict[str, Any]:
    third = [r.label for r in row.recipients if r is not Recipient.AWS]
    return {
        "name": row.kind,
        "data_categories": [category.value for category in row.categories],
        "data_use": row.purpose.use,
        "data_subjects": list(row.subjects),
        "dataset_references": [f"ru4m_{_key(row.where)}"],
        "legal_basis_for_processing": _BASES[row.basis],
        "retention_period": row.kept,
        "data_shared_with_third_parties": bool(third),
        "third_parties": "; ".join(third) or None,
        "shared_categories": sorted({f.category.value for f in row.fields if len(f.recipients) > 1}),
    }


def _theirs(recipient: Recipient) -> dict[str, Any]:
    return {
        "fides_key": f"ru4m_{_key(recipient.name)}",
        "organization_fides_key": "ru4m",
        "name": recipient.label,
        "description": recipient.activity,
        "system_type": "Third party",
        "does_international_transfers": recipient.entry.mechanism is not Mechanism.NO_TRANSFER,
        "privacy_declarations": [],
    }
