"""Tests the modules that each function imports, since imports add to its cold start.

The tests count modules and bytes and not milliseconds, since those do not depend on the machine.
"""

import json
import os
import subprocess
import sys
from functools import cache
from importlib.util import find_spec
from typing import NamedTuple

import pytest

from chalicelib.rights.request import declaration
from tests.support.clouds import environment

HEAVY = {
    "boto3",
    "botocore",
    "pydantic",
    "stream_chat",
    "aiohttp",
    "requests",
    "phonenumbers",
    "cryptography",
    "jwt",
    "httpx2",
    "h2",
}
# Powertools' own package names its Tracer class; the cost would be the X-Ray SDK behind it.
NEVER = {"moto", "aws_xray_sdk", "pytest", "infra", "tests"}

ALLOWED = {
    ("app", "signup"): {"boto3", "botocore", "pydantic", "phonenumbers", "cryptography", "jwt"},
    ("app", "sessions"): {"boto3", "botocore", "pydantic", "cryptography", "jwt"},
    ("app", "profiles"): {"boto3", "botocore", "pydantic", "cryptography"},
    ("app", "contacts"): {"boto3", "botocore", "pydantic", "cryptography"},
    # It calls Stream within the request.
    ("app", "conversations"): {
        "boto3", "botocore", "pydantic", "cryptography", "jwt", "stream_chat", "aiohttp", "requests",
    },
    ("app", "notifications"): {"boto3", "botocore", "pydantic", "cryptography"},
    ("app", "notices"): {"boto3", "botocore", "pydantic", "cryptography"},
    ("app", "consents"): {"boto3", "botocore", "pydantic", "cryptography"},
    ("app", "chat"): {"boto3", "botocore", "pydantic", "cryptography"},
    ("app", "usage"): {"boto3", "botocore", "pydantic", "cryptography"},
    ("app", "admin"): {"boto3", "botocore", "pydantic", "cryptography"},
    ("app", "rights"): {"boto3", "botocore", "pydantic", "cryptography"},
    # It copies reported messages within the request.
    ("app", "reports"): {
        "boto3", "botocore", "pydantic", "cryptography", "jwt", "stream_chat", "aiohttp", "requests",
    },
    # Of botocore only the empty package, for which Powertools' user agent looks.
    ("app", "about"): {"botocore", "pydantic"},
    ("app", "site"): {"botocore", "pydantic"},
    ("chalicelib.accounts.sessions.authorizer", "access_token"): {"botocore", "cryptography", "jwt"},
    ("chalicelib.accounts.avatars.jobs", ""): {"boto3", "botocore", "pydantic", "cryptography"},
    ("chalicelib.accounts.challenges.jobs", ""): {"boto3", "botocore", "pydantic", "cryptography"},
    ("chalicelib.retention.consent_jobs", ""): {"boto3", "botocore", "pydantic", "cryptography"},
    ("chalicelib.operations.ledger_jobs", ""): {"boto3", "botocore", "cryptography"},
    ("chalicelib.consents.jobs", ""): {"boto3", "botocore", "pydantic", "cryptography"},
    # The group of the sweep too. The modules of the worker are imported at its first message.
    ("chalicelib.rights.jobs", ""): {"boto3", "botocore", "pydantic", "cryptography"},
    ("chalicelib.rights.papers.jobs", ""): {"boto3", "botocore", "pydantic", "cryptography"},
    ("chalicelib.usage.jobs", ""): {"boto3", "botocore", "pydantic", "cryptography"},
    ("app", "hooks"): {"boto3", "botocore", "pydantic", "cryptography"},
    ("chalicelib.operations.breaches.jobs", ""): {"boto3", "botocore", "pydantic", "cryptography"},
    ("chalicelib.operations.inbox.jobs", ""): {"boto3", "botocore", "pydantic", "cryptography"},
    ("chalicelib.operations.mail_jobs", ""): {"boto3", "botocore", "pydantic", "cryptography"},
    ("chalicelib.push.jobs", ""): {"boto3", "botocore", "pydantic", "cryptography", "jwt"},
    ("chalicelib.reconciliation.jobs", ""): {
        "boto3", "botocore", "pydantic", "stream_chat", "aiohttp", "requests", "cryptography", "jwt",
    },
    ("chalicelib.safety.jobs", ""): {
        "boto3", "botocore", "pydantic", "stream_chat", "aiohttp", "requests", "cryptography", "jwt",
    },
    ("chalicelib.retention.jobs", ""): {"boto3", "botocore", "pydantic", "cryptography"},
    ("chalicelib.rights.erasure.idle.jobs", ""): {"boto3", "botocore", "pydantic", "cryptography"},
    ("chalicelib.stream.settings.jobs", ""): {
        "boto3", "botocore", "pydantic", "stream_chat", "aiohttp", "requests", "cryptography", "jwt",
    },
}  # fmt: skip


class Budget(NamedTuple):
    """The modules outside the standard library, and the megabytes of their Python sources."""

    modules: int
    megabytes: float


BUDGETS = {
    ("app", "signup"): Budget(505, 6.1),
    ("app", "sessions"): Budget(452, 5.5),
    ("app", "profiles"): Budget(465, 5.53),
    ("app", "contacts"): Budget(473, 5.49),
    ("app", "conversations"): Budget(691, 8.07),
    ("app", "notifications"): Budget(482, 5.7),
    ("app", "notices"): Budget(428, 5.25),
    ("app", "consents"): Budget(447, 5.36),
    ("app", "chat"): Budget(375, 4.9),
    ("app", "usage"): Budget(425, 5.24),
    ("app", "admin"): Budget(644, 6.42),
    ("app", "reports"): Budget(757, 8.43),
    ("app", "rights"): Budget(601, 6.26),
    ("app", "about"): Budget(155, 2.2),
    ("app", "site"): Budget(175, 2.4),
    ("chalicelib.accounts.sessions.authorizer", "access_token"): Budget(140, 1.15),
    ("chalicelib.accounts.avatars.jobs", ""): Budget(365, 4.93),
    ("chalicelib.accounts.challenges.jobs", ""): Budget(350, 4.73),
    ("chalicelib.retention.consent_jobs", ""): Budget(420, 5.2),
    ("chalicelib.operations.ledger_jobs", ""): Budget(295, 3.45),
    ("chalicelib.consents.jobs", ""): Budget(445, 5.35),
    ("chalicelib.rights.jobs", ""): Budget(445, 5.35),
    ("chalicelib.rights.papers.jobs", ""): Budget(365, 4.9),
    ("chalicelib.safety.jobs", ""): Budget(731, 8.22),
    ("chalicelib.usage.jobs", ""): Budget(417, 5.22),
    ("app", "hooks"): Budget(357, 4.79),
    ("chalicelib.operations.breaches.jobs", ""): Budget(458, 5.41),
    ("chalicelib.operations.inbox.jobs", ""): Budget(551, 5.85),
    ("chalicelib.operations.mail_jobs", ""): Budget(450, 5.3),
    ("chalicelib.push.jobs", ""): Budget(525, 5.94),
    ("chalicelib.reconciliation.jobs", ""): Budget(718, 8.2),
    ("chalicelib.retention.jobs", ""): Budget(414, 5.16),
    ("chalicelib.rights.erasure.idle.jobs", ""): Budget(532, 5.9),
    ("chalicelib.stream.settings.jobs", ""): Budget(635, 7.72),
}

# Imported once, before the processes that import the functions which need all of them.
_COMMON = "import boto3, chalice.app, aws_lambda_powertools, pydantic"
_LEAST = "import chalice.app, aws_lambda_powertools"

# A process of its own imports each function, and begins with what is common to all.
_SCRIPT = """
import importlib, json, os, sys
def size(module):
    path = getattr(module, "__file__", None)
    return os.path.getsize(path) if path and path.endswith(".py") else 0
for module, group in json.loads(sys.argv[1]):
    read, write = os.pipe()
    if not os.fork():
        os.environ["RU4M_FUNCTION"] = group
        importlib.import_module(module)
        with os.fdopen(write, "w") as pipe:
            json.dump({name: size(one) for name, one in list(sys.modules.items())}, pipe)
        os._exit(0)
    os.close(write)
    with os.fdopen(read) as pipe:
        print(pipe.read())
    os.wait()
"""


@cache
def loaded() -> dict[tuple[str, str], dict[str, int]]:
    """Return the modules in memory after importing each function, and the bytes of their sources."""
    needs_all = {name for name, allowed in ALLOWED.items() if {"boto3", "pydantic"} <= allowed}
    variables = {**os.environ, **environment.variables()}
    found: dict[tuple[str, str], dict[str, int]] = {}
    for functions, common in ((needs_all, _COMMON), (ALLOWED.keys() - needs_all, _LEAST)):
        listed = sorted(functions)
        done = subprocess.run(
            [sys.executable, "-c", common + _SCRIPT, json.dumps(listed)],
            env=variables,
            capture_output=True,
            text=True,
            check=True,
        )
        found |= zip(listed, map(json.loads, done.stdout.splitlines()), strict=True)
    return found


def names(module: str, group: str) -> set[str]:
    return {*loaded()[module, group]}


@pytest.mark.parametrize(("module", "group"), ALLOWED, ids=lambda part: part or "-")
def test_function_imports_only_what_it_needs(module: str, group: str) -> None:
    assert names(module, group) & HEAVY <= ALLOWED[(module, group)]
    assert names(module, group) & NEVER == set()


def test_each_function_has_a_budget() -> None:
    import app

    modules = {("app", group) for group in app.GROUPS} | {(module, "") for module in app.JOBS}
    assert BUDGETS.keys() == ALLOWED.keys() == modules | {(app.AUTHORIZER, "access_token")}


@pytest.mark.parametrize(("module", "group"), ALLOWED, ids=lambda part: part or "-")
def test_imports_of_a_function_are_within_its_budget(module: str, group: str) -> None:
    budget, modules = BUDGETS[module, group], loaded()[module, group]
    counted = [size for name, size in modules.items() if name.split(".")[0] not in sys.stdlib_module_names]
    assert len(counted) <= budget.modules
    assert sum(counted) / 1e6 <= budget.megabytes


def test_function_imports_the_routes_of_its_own_group_only() -> None:
    import app

    others = {module for group, modules in app.GROUPS.items() if group != "signup" for module in modules}
    assert names("app", "signup") & {*others, *app.JOBS} == set()


@pytest.mark.parametrize(
    ("module", "group"), [("app", "admin"), ("app", "rights"), ("chalicelib.rights.jobs", "")]
)
def test_intake_and_sweep_of_rights_requests_load_no_step_and_no_export(module: str, group: str) -> None:
    code_of_steps = {f"chalicelib.rights.{step.module}" for step in declaration.steps().values()}
    of_copies = {f"chalicelib.rights.copy.{name}" for name in ("package", "contents", "reader", "page")}
    parts = (*code_of_steps, *of_copies, "chalicelib.rights.steps", "chalicelib.stream", "email_validator")
    assert all(find_spec(part) for part in parts)  # a renamed package would never be found in memory
    # The closed words of Stream's reports: no I/O, and no SDK (a contract of imports).
    words = {
        "chalicelib.stream",
        "chalicelib.stream.deletion",
        "chalicelib.stream.model",
    }
    assert {name for name in names(module, group) if name.startswith(parts)} <= words
