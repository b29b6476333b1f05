"""Readers of the deployed local cloud."""

from typing import Any

from infra.local.cloud import LocalCloud


def history(cloud: LocalCloud, request_id: str) -> list[str]:
    """Return the events in a rights request's history in the Ledger, oldest first."""
    entries: list[dict[str, Any]] = cloud.evidence()
    own = [entry for entry in entries if entry["pk"]["S"] == f"rights#{request_id}" and "event" in entry]
    return [entry["event"]["S"] for entry in sorted(own, key=lambda entry: str(entry["sk"]["S"]))]
