"""The routes of each group, read from app.py itself."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from chalicelib.core.settings import Secret
from chalicelib.core.table_names import Table

Route = tuple[str, str]  # path, method

_QUEUES = (
    "announcements",
    "avatars",
    "breaches",
    "dead",
    "erasures",
    "hooks",
    "papers",
    "pushes",
    "renewals",
    "rights",
    "transfers",
)
# Settings with which app.py can be imported. None of them is packaged.
PLACEHOLDERS = {
    **{f"RU4M_{name.upper()}_QUEUE": f"https://packaging.example.org/{name}" for name in _QUEUES},
    **{f"RU4M_SECRET_{secret.upper()}": secret.value for secret in Secret},
    **{f"RU4M_TABLE_{table.upper()}": table.value for table in Table},
    "RU4M_AVATARS_BUCKET": "avatars",
    "AWS_DEFAULT_REGION": "eu-central-1",
    "AWS_REGION": "eu-central-1",
    "RU4M_CERTIFICATE_KEY": "certificates",
    "RU4M_CERTIFICATE_KEYS": '{"keys":[]}',
    "RU4M_CHECKPOINT_BUCKET": "checkpoints",
    "RU4M_CHECKPOINT_KEY": "checkpoints",
    "RU4M_COMPANY_NUMBER": "00000000",
    "RU4M_CONTACT_EMAIL": "packaging@example.org",
    "RU4M_EXPORT_BUCKET": "exports",
    "RU4M_PAPERS_BUCKET": "papers",
    "RU4M_REPORTED_BUCKET": "reported",
    "RU4M_ISSUER": "https://packaging.example.org",
    "RU4M_LOOKUP_VERSIONS": "1",
    "RU4M_MAIL_CONFIGURATION": "packaging",
    "RU4M_MAIL_FROM": "packaging@example.org",
    "RU4M_OPERATORS": "arn:aws:iam::000000000000:user/*",
    "RU4M_PUBLIC_KEYS": '{"keys":[]}',
    "RU4M_SIGNING_KID": "packaging",
    "RU4M_STAFF_VERSIONS": "1",
    "RU4M_STAGE": "local",
    "RU4M_STAGE_KEYS": '{"current":"1","versions":{}}',
    "RU4M_STREAM_API_KEY": "packaging",
    "RU4M_STREAM_URL": "https://packaging.example.org",
    "RU4M_TAX_NUMBER": "000000000",
    "RU4M_VERSION": "packaging",
}

# Notes which routes each blueprint adds to the app: a blueprint can be registered only once.
_ASK = """
import json
from chalice.app import Chalice

added, register = {}, Chalice.register_blueprint

def routes(app):
    return {(path, method) for path, methods in app.routes.items() for method in methods}

def register_and_note(app, blueprint, *more, **options):
    before = routes(app)
    register(app, blueprint, *more, **options)
    added[blueprint] = routes(app) - before

Chalice.register_blueprint = register_and_note
import app

groups = {
    name: sorted(route for module in modules for route in added[app._blueprint(module)])
    for name, modules in app.GROUPS.items()
}
print(json.dumps({"groups": groups, "all": sorted(routes(app.app))}))
"""


def clean_environment(**more: str) -> dict[str, str]:
    """Return the environment of a build, without the developer's RU4M_* and AWS_* settings."""
    inherited = {k: v for k, v in os.environ.items() if not k.startswith(("RU4M_", "AWS_", "PYTHON"))}
    return {**inherited, **PLACEHOLDERS, **more}


def routes_by_group(project: Path) -> dict[str, list[Route]]:
    """Return the routes of each group.

    Raises:
        ValueError: a route belongs to no group or to several.
        RuntimeError: app.py cannot be imported.
    """
    answer = subprocess.run(
        [sys.executable, "-c", _ASK],
        cwd=project,
        env=clean_environment(PYTHONPATH=str(project)),
        check=False,
        capture_output=True,
        text=True,
    )
    if answer.returncode:
        raise RuntimeError(f"app.py cannot be imported:\n{answer.stderr}")
    parsed: dict[str, Any] = json.loads(answer.stdout.splitlines()[-1])
    found = {group: _routes(listed) for group, listed in parsed["groups"].items()}
    claimed = sorted(route for routes in found.values() for route in routes)
    if claimed != _routes(parsed["all"]):
        raise ValueError(f"routes and groups do not match: {_difference(claimed, _routes(parsed['all']))}")
    return found


def _routes(listed: list[list[str]]) -> list[Route]:
    return [(path, method) for path, method in listed]


def _difference(some: Iterable[Route], others: Iterable[Route]) -> str:
    odd = {*some} ^ {*others}
    return ", ".join(f"{method} {path}" for path, method in sorted(odd)) or "one is claimed twice"
