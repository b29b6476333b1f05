"""RU4M's backend: the Chalice app and its function groups.

Each group is served by a Lambda of its own, with its own role, which imports nothing of the other groups. If
RU4M_FUNCTION is set, only that group is registered. If not (tests, `chalice local`, packaging), all groups
and all jobs are.

In a concept's folder, `api` has the routes, `service` the rules, `store` all DynamoDB, `jobs` the handlers of
events and schedules, and `model` the types. Routes of operators are in `operations/admin`, by subject.
Handlers that compose several rooms are in `consent_jobs` and `mail_jobs`; those of the Ledger, which is in
core, are in `ledger_jobs`. A module as `start_api` or `notices_api` has routes of its folder that another
function serves.
"""

import importlib
import os
import sys
from itertools import chain

from chalice.app import Blueprint, Chalice

from chalicelib.core import (
    aws,
    observe,  # noqa: F401 - its logger must exist before Chalice creates one
)
from chalicelib.core.http import contract
from chalicelib.core.settings import settings

GROUPS = {
    "signup": (
        "chalicelib.signup.api",
        "chalicelib.accounts.pins.api",
        "chalicelib.accounts.passwords.api",
        "chalicelib.accounts.recoveries.api",
    ),
    "sessions": (
        "chalicelib.accounts.sessions.api",
        "chalicelib.accounts.openings.api",
        "chalicelib.accounts.links.api",
    ),
    "profiles": (
        "chalicelib.accounts.profiles.api",
        "chalicelib.accounts.avatars.api",
        "chalicelib.consents.profile_changes.api",
    ),
    "contacts": ("chalicelib.people.contacts.api", "chalicelib.people.api"),
    "conversations": ("chalicelib.people.conversations.api",),
    "notifications": ("chalicelib.push.api",),
    "notices": (
        "chalicelib.consents.notices.api",
        "chalicelib.operations.breaches.api",
        "chalicelib.site.pages.notices_api",
    ),
    "consents": ("chalicelib.consents.api",),
    "chat": ("chalicelib.stream.api",),
    "usage": ("chalicelib.usage.api",),
    "reports": ("chalicelib.safety.api",),
    "rights": (
        "chalicelib.rights.guests.api",
        "chalicelib.rights.api",
        "chalicelib.site.forms.api",
        "chalicelib.staff.support.api",
    ),
    "hooks": ("chalicelib.stream.webhook.api",),
    "about": ("chalicelib.site.about.api",),
    "site": ("chalicelib.site.pages.api", "chalicelib.site.forms.start_api"),
    "admin": (
        "chalicelib.operations.admin.abuse",
        "chalicelib.operations.admin.breaches",
        "chalicelib.operations.admin.complaints",
        "chalicelib.operations.admin.disclosures",
        "chalicelib.operations.admin.holds",
        "chalicelib.operations.admin.inbox",
        "chalicelib.operations.admin.ledger",
        "chalicelib.operations.admin.recipients",
        "chalicelib.operations.admin.reports",
        "chalicelib.operations.admin.stream_cases",
        "chalicelib.operations.admin.subjects",
        "chalicelib.operations.admin.support",
        "chalicelib.operations.admin.table_removals",
        "chalicelib.operations.admin.upkeep",
        "chalicelib.operations.admin.requests",
        "chalicelib.operations.admin.erasures",
        "chalicelib.operations.admin.invoices",
    ),
}
AUTHORIZER = "chalicelib.accounts.sessions.authorizer"
JOBS = (
    "chalicelib.operations.breaches.jobs",
    "chalicelib.operations.inbox.jobs",
    "chalicelib.accounts.avatars.jobs",
    "chalicelib.accounts.challenges.jobs",
    "chalicelib.stream.settings.jobs",
    "chalicelib.operations.ledger_jobs",
    "chalicelib.consents.jobs",
    "chalicelib.push.jobs",
    "chalicelib.operations.mail_jobs",
    "chalicelib.reconciliation.jobs",
    "chalicelib.retention.consent_jobs",
    "chalicelib.rights.erasure.idle.jobs",
    "chalicelib.retention.jobs",
    "chalicelib.rights.jobs",
    "chalicelib.rights.papers.jobs",
    "chalicelib.safety.jobs",
    "chalicelib.usage.jobs",
)


def _blueprint(module: str) -> Blueprint:
    """The only Blueprint that a module defines."""
    (found,) = (x for x in vars(importlib.import_module(module)).values() if isinstance(x, Blueprint))
    return found


def _blueprints(group: str | None) -> list[Blueprint]:
    """The blueprints of a group; the authorizer is first if a route needs a caller."""
    modules = GROUPS[group] if group else (*chain.from_iterable(GROUPS.values()), *JOBS)
    found = [_blueprint(module) for module in modules]
    guarded = any(route.caller for route in contract.routes())
    return [_blueprint(AUTHORIZER), *found] if guarded else found


app = Chalice(app_name="ru4m", configure_logs=False)

_group = os.environ.get("RU4M_FUNCTION")
if _group:
    settings()  # refuses to start without a contact address or outside the EU
for _part in _blueprints(_group):
    app.register_blueprint(_part)
if _group and "chalicelib.core.table" in sys.modules:
    aws.client("dynamodb")  # while Lambda starts the container: the first request would wait for it
