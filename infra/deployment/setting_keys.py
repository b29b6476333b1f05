"""The keys of settings: which exist, which is nearest to a wrong one, and the variables that they replace.

A figure of `core/figures` is a key in a table of its kind: `RU4M_LIMIT_INVITATIONS_DAY` of a function is
`invitations_day` in `[limit]`.
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields

from chalicelib.core import figures
from chalicelib.core.figures import FigureSet
from chalicelib.core.periods import PERIODS
from infra.build import ROOT

# Variables that functions read, and the keys from which they get their values.
_REPLACED = {
    f"RU4M_{key.replace('.', '_').upper()}": key
    for key in (
        "app.android_certificates", "app.android_hash", "app.android_package", "app.apple_ids",
        "app.domain", "app.minimum_android", "app.minimum_ios", "architecture", "company_number",
        "contact_email", "issuer", "mail_from", "operators", "periods", "sms.budgets", "sms.countries",
        "sms.routes_off", "sms.senders", "stage", "stream.api_key", "stream.erasure", "stream.file_hosts",
        "stream.url", "tax_number",
    )
}  # fmt: skip
# Those that deployments once read.
_OF_DEPLOYMENTS = {
    "RU4M_ARCHITECTURE", "RU4M_OPERATORS", "RU4M_PERIODS", "RU4M_SMS_BUDGETS", "RU4M_SMS_COUNTRIES",
    "RU4M_STREAM_ERASURE",
}  # fmt: skip
# The checks of the preflight that stop production unless its settings accept what they find.
ACCEPTABLE = ("alarms", "concurrency", "mail", "sms_limit", "sms_sandbox")
_VARIABLE = re.compile(r"RU4M_[A-Z0-9_]+(\*)?")


def kind_of(kind: type[FigureSet]) -> str:
    """The table of a kind of figures: `limit` for the variables `RU4M_LIMIT_...`."""
    return kind.prefix.removeprefix("RU4M_").rstrip("_").lower()


KINDS: Mapping[str, type[FigureSet]] = {kind_of(kind): kind for kind in figures.KINDS}


def figure_names(kind: str) -> list[str]:
    """The keys of a table of figures."""
    return [one.name for one in fields(KINDS[kind])]


def period_names() -> list[str]:
    """The keys of the table of periods."""
    return list(PERIODS)


def function_names() -> list[str]:
    """The functions for which concurrency can be reserved."""
    config = json.loads((ROOT / ".chalice" / "config.json").read_text(encoding="utf-8"))
    return [name for name in config["lambda_functions"] if name != "api_handler"]


def nearest(wrong: str, known: Iterable[str]) -> str | None:
    """The known key that is most like a wrong one; by its last part too, for a key in a wrong table."""
    names = sorted(known)
    if near := difflib.get_close_matches(wrong, names, n=1, cutoff=0.6):
        return near[0]
    last = wrong.rpartition(".")[2]
    by_last = {name.rpartition(".")[2]: name for name in reversed(names)}
    near = difflib.get_close_matches(last, list(by_last), n=1, cutoff=0.7)
    return by_last[near[0]] if near else None


def in_keys(text: str) -> str:
    """A text about variables of functions, with the keys of settings in their place."""
    return _VARIABLE.sub(lambda found: _key_of(found[0]), text)


def replaced(environment: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield each variable that deployments no longer read, and the key that replaces it."""
    for name in sorted(environment):
        if name in _OF_DEPLOYMENTS or figures.is_variable(name):
            yield name, _key_of(name)


def _key_of(variable: str) -> str:
    for kind, figure_set in KINDS.items():
        if variable.startswith(figure_set.prefix):
            return f"{kind}.{variable.removeprefix(figure_set.prefix).lower()}"
    return _REPLACED.get(variable, variable)
