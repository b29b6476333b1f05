"""RU4M's backend: the Chalice app and its function groups.

One Lambda serves one group, so it has its own role and imports nothing of the others: with
RU4M_FUNCTION set, only that group is registered. Without it (tests, `chalice local`, packaging) all are.

To read on: a group's `api` has its routes, `service` beside it the rules, `model` the words.
"""

import importlib
import os

from chalice.app import Blueprint, Chalice

from chalicelib.core import observe  # noqa: F401 - its logger has to exist before Chalice makes one
from chalicelib.core.http import contract
from chalicelib.core.settings import settings

GROUPS = {
    "signup": "chalicelib.signup.api",
    "sessions": "chalicelib.sessions.api",
    "profiles": "chalicelib.profiles.api",
    "notices": "chalicelib.notices.api",
    "consents": "chalicelib.consents.api",
    "chat": "chalicelib.chat.api",
    "usage": "chalicelib.usage.api",
    "rights": "chalicelib.rights.api",
    "about": "chalicelib.about.api",
    "admin": "chalicelib.admin.api",
}
AUTHORIZER = "chalicelib.sessions.authorizer"
JOBS = (
    "chalicelib.challenges.jobs",
    "chalicelib.chat.jobs",
    "chalicelib.consents.jobs",
    "chalicelib.ledger.jobs",
    "chalicelib.notices.jobs",
    "chalicelib.rights.jobs",
    "chalicelib.usage.jobs",
)


def _blueprint(module: str) -> Blueprint:
    """The one Blueprint that a module defines."""
    (found,) = (x for x in vars(importlib.import_module(module)).values() if isinstance(x, Blueprint))
    return found


def _blueprints(group: str | None) -> list[Blueprint]:
    """What a group consists of; the authorizer comes first, where a route has a caller."""
    found = [_blueprint(module) for module in ((GROUPS[group],) if group else (*GROUPS.values(), *JOBS))]
    guarded = any(route.caller for route in contract.routes())
    return [_blueprint(AUTHORIZER), *found] if guarded else found


app = Chalice(app_name="ru4m", configure_logs=False)

_group = os.environ.get("RU4M_FUNCTION")
if _group:
    settings()  # a function without contact, or outside the EU, does not start
for _part in _blueprints(_group):
    app.register_blueprint(_part)
