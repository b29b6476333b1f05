"""Tests the modules that each function imports, since imports add to its cold start.

The tests count modules and not milliseconds, since the list does not depend on the machine.
"""

import json
import os
import subprocess
import sys
from importlib.util import find_spec

import pytest

from tests.support import environment

HEAVY = {
    "boto3",
    "botocore",
    "pydantic",
    "stream_chat",
    "aiohttp",
    "requests",
    "phonenumbers",
    "cryptography",
}
# Powertools' own package names its Tracer class; the cost would be the X-Ray SDK behind it.
NEVER = {"moto", "aws_xray_sdk", "pytest", "infra", "tests"}

ALLOWED = {
    ("app", "signup"): {"boto3", "botocore", "pydantic", "phonenumbers", "cryptography"},
    ("app", "sessions"): {"boto3", "botocore", "pydantic", "cryptography"},
    ("app", "profiles"): {"boto3", "botocore", "pydantic", "cryptography"},
    ("app", "contacts"): {"boto3", "botocore", "pydantic", "cryptography"},
    # It calls Stream within the request.
    ("app", "conversations"): {
        "boto3", "botocore", "pydantic", "cryptography", "stream_chat", "aiohttp", "requests",
    },
    ("app", "notices"): {"boto3", "botocore", "pydantic", "cryptography"},
    ("app", "consents"): {"boto3", "botocore", "pydantic", "cryptography"},
    ("app", "chat"): {"boto3", "botocore", "pydantic", "cryptography"},
    ("app", "usage"): {"boto3", "botocore", "pydantic", "cryptography"},
    ("app", "admin"): {"boto3", "botocore", "pydantic", "cryptography"},
    ("app", "rights"): {"boto3", "botocore", "pydantic", "cryptography"},
    ("app", "about"): {"boto3", "botocore", "pydantic"},
    # Only the empty package inside botocore, for which Powertools' user agent looks.
    ("chalicelib.sessions.authorizer", ""): {"botocore", "cryptography"},
    ("chalicelib.challenges.jobs", ""): {"boto3", "botocore", "pydantic", "cryptography"},
    ("chalicelib.consents.jobs", ""): {"boto3", "botocore", "pydantic", "cryptography"},
    ("chalicelib.ledger.jobs", ""): {"boto3", "botocore", "cryptography"},
    ("chalicelib.notices.jobs", ""): {"boto3", "botocore", "pydantic", "cryptography"},
    ("chalicelib.chat.jobs", ""): {"boto3", "botocore", "pydantic", "stream_chat", "aiohttp", "requests",
                                   "cryptography"},
    # The group of the sweep too. The modules of the worker are imported at its first message.
    ("chalicelib.rights.jobs", ""): {"boto3", "botocore", "pydantic", "cryptography"},
    ("chalicelib.usage.jobs", ""): {"boto3", "botocore", "pydantic", "cryptography"},
}  # fmt: skip


def loaded_by(module: str, group: str) -> set[str]:
    """Return the modules in memory after importing a function's handler in its own process."""
    script = f"import sys, json; import {module}; print(json.dumps(sorted(sys.modules)))"
    variables = {**os.environ, **environment.variables(), "RU4M_FUNCTION": group}
    done = subprocess.run(
        [sys.executable, "-c", script], env=variables, capture_output=True, text=True, check=True
    )
    return set(json.loads(done.stdout.splitlines()[-1]))


@pytest.mark.parametrize(("module", "group"), ALLOWED, ids=lambda part: part or "-")
def test_function_imports_only_what_it_needs(module: str, group: str) -> None:
    loaded = loaded_by(module, group)
    assert loaded & HEAVY <= ALLOWED[(module, group)]
    assert loaded & NEVER == set()


def test_function_imports_the_routes_of_its_own_group_only() -> None:
    import app

    others = {module for group, module in app.GROUPS.items() if group != "signup"} | set(app.JOBS)
    assert loaded_by("app", "signup") & others == set()


@pytest.mark.parametrize(
    ("module", "group"), [("app", "admin"), ("app", "rights"), ("chalicelib.rights.jobs", "")]
)
def test_intake_and_sweep_of_rights_requests_load_no_step_and_no_export(module: str, group: str) -> None:
    loaded = loaded_by(module, group)
    parts = ("chalicelib.rights.steps", "chalicelib.rights.export", "chalicelib.chat", "email_validator")
    assert all(find_spec(part) for part in parts)  # a renamed package would never be found in memory
    # The closed words of Stream's reports: no I/O, and no SDK (a contract of imports).
    words = {"chalicelib.chat", "chalicelib.chat.deletion_report"}
    assert {name for name in loaded if name.startswith(parts)} <= words
