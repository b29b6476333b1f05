"""The record of processing as Markdown, JSON and CSV."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from typing import Any

from chalicelib.privacy.controller import CONTROLLER
from chalicelib.privacy.recipients import Recipient
from infra.processing.record import MEASURES, Row

_CONTACT = "the address that `GET /v1/controller` names; a stage without one does not start"
_CONTROLLER = f"{CONTROLLER.name}, {CONTROLLER.address}, {CONTROLLER.country}"
_COLUMNS = (
    "controller", "kind", "what", "where", "purpose", "legal basis", "subjects", "categories", "recipients",
    "transfers and safeguards", "kept", "measures",
)  # fmt: skip


def as_json(rows: Sequence[Row]) -> str:
    """Everything, for programs."""
    document = {
        "controller": {
            "name": CONTROLLER.name,
            "address": CONTROLLER.address,
            "country": CONTROLLER.country,
            "contact": _CONTACT,
            "supervisory_authorities": [vars(authority) for authority in CONTROLLER.authorities],
        },
        "processing": [_row(row) for row in rows],
        "recipients": [_recipient(recipient) for recipient in Recipient],
        "measures": list(MEASURES),
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def as_csv(rows: Sequence[Row]) -> str:
    """One line per kind of data, in the order of Art. 30(1), for spreadsheets."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(_COLUMNS)
    for row in rows:
        writer.writerow(
            [
                _CONTROLLER,
                row.kind,
                row.what,
                row.where,
                row.purpose.plainly,
                row.basis.value,
                _joined(row.subjects),
                _joined(category.value for category in row.categories),
                _joined(recipient.label for recipient in row.recipients),
                _joined(f"{r.label}: {r.entry.mechanism.value}" for r in row.transfers),
                row.kept,
                row.protected,
            ]
        )
    return out.getvalue()


def as_markdown(rows: Sequence[Row]) -> str:
    """For people."""
    parts = [
        "# Record of processing\n",
        "Art. 30(1) GDPR and Art. 47 ZZPL, the Serbian law on personal data protection.\n",
        "Made by `make generate` from the record classes' declarations; do not edit.\n",
        f"**Controller:** {_CONTROLLER}. Contact: {_CONTACT}.\n",
        "![Data map: which record goes to whom](data-map.svg)\n",
        "## At a glance\n",
        "| kind | where | purpose | basis | kept |\n|---|---|---|---|---|",
        *(_line(row) for row in rows),
        "\n## What is processed\n",
        *(_section(row) for row in rows),
        "## Recipients\n",
        *(_recipient_section(recipient) for recipient in Recipient),
        "## Measures for all of it\n",
        *(f"- {measure}" for measure in MEASURES),
        "",
        "Purposes and categories carry keys of the fideslang taxonomy by Ethyca (CC BY 4.0).",
    ]
    return "\n".join(parts) + "\n"


def _line(row: Row) -> str:
    cells = [f"[{row.kind}](#{row.kind})", row.where, row.purpose.plainly, row.basis.value, row.kept]
    return f"| {' | '.join(cells)} |"


def _section(row: Row) -> str:
    lines = [
        f"### {row.kind}\n",
        f"{row.what}\n",
        f"- **purpose:** {row.purpose.plainly} (`{row.purpose.use}`), {row.basis.value}",
        f"- **subjects:** {_joined(row.subjects)}",
        f"- **recipients:** {_joined(recipient.label for recipient in row.recipients)}",
        *(f"- **transfer:** {r.label}: {r.entry.mechanism.value}" for r in row.transfers),
        f"- **kept:** {row.kept}",
        f"- **protected:** {row.protected}",
    ]
    if row.fields:
        lines += ["", "| field | category | source | corrected |", "|---|---|---|---|"]
        lines += [f"| {f.name} | `{f.category.value}` | {f.source} | {f.correction} |" for f in row.fields]
    elif row.categories:
        lines.append(f"- **categories:** {_joined(f'`{category.value}`' for category in row.categories)}")
    return "\n".join([*lines, ""])


def _recipient_section(recipient: Recipient) -> str:
    entry = recipient.entry
    lines = [
        f"### {entry.label}\n",
        f"- **role:** {entry.role.value}; {entry.told}",
        f"- **where:** {entry.country}; {entry.mechanism.value}",
        f"- **purposes:** {_joined(sorted(p.value for p in entry.purposes))}",
        f"- **categories:** {_joined(f'`{name}`' for name in sorted(recipient.categories))}",
    ]
    if entry.collects:
        lines.append(f"- **gets from users' devices:** {_joined(f'`{c}`' for c in sorted(entry.collects))}")
    lines.append(f"- **safeguards:** {_joined(entry.safeguards)}")
    if entry.agreement:
        lines.append(
            f"- **agreement:** {entry.agreement.name}; to be looked at by {entry.agreement.review_by}"
        )
    return "\n".join([*lines, ""])


def _row(row: Row) -> dict[str, Any]:
    return {
        "kind": row.kind,
        "what": row.what,
        "where": row.where,
        "purpose": {"word": row.purpose.value, "plainly": row.purpose.plainly, "fideslang": row.purpose.use},
        "legal_basis": row.basis.value,
        "subjects": list(row.subjects),
        "categories": [category.value for category in row.categories],
        "recipients": [recipient.name.lower() for recipient in row.recipients],
        "transfers": [
            {"to": r.name.lower(), "country": r.country, "mechanism": r.entry.mechanism.value}
            for r in row.transfers
        ],
        "kept": row.kept,
        "period": row.period,
        "protected": row.protected,
        "fields": [
            {
                "name": field.name,
                "category": field.category.value,
                "source": field.source,
                "correction": field.correction,
                "recipients": [recipient.name.lower() for recipient in field.recipients],
            }
            for field in row.fields
        ],
    }


def _recipient(recipient: Recipient) -> dict[str, Any]:
    entry = recipient.entry
    agreement = entry.agreement
    return {
        "id": recipient.name.lower(),
        "name": entry.label,
        "country": entry.country,
        "role": entry.role.value,
        "does": entry.told,
        "categories": sorted(recipient.categories),
        "collects": sorted(category.value for category in entry.collects),
        "purposes": sorted(recipient.purposes),
        "mechanism": entry.mechanism.value,
        "safeguards": list(entry.safeguards),
        "agreement": {"name": agreement.name, "review_by": str(agreement.review_by)} if agreement else None,
    }


def _joined(words: Any) -> str:  # noqa: ANN401 - any iterable of texts
    return "; ".join(words)
