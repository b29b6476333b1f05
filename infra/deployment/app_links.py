"""The settings `[app]`: which forms they have, and what production lacks without them (ADR 82, 84)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from chalicelib.accounts.challenges.messages import code_text
from chalicelib.core.apps import VERSION, Apps
from chalicelib.core.languages import Language


class _Form(NamedTuple):
    """The form of each value of a setting, an example, and the harm without the setting, if there is one."""

    pattern: str
    example: str
    without: str
    most: int = 100  # characters of the whole, as in the template: Lambda limits the environment to 4 KB


_BROWSER = "links open the browser on"
FORMS = {
    "domain": _Form(r"[a-z0-9-]+(\.[a-z0-9-]+)+", "api.ru4m.com", "iPhones offer codes to each app", most=60),
    "apple_ids": _Form(
        r"[A-Z0-9]{10}(\.[A-Za-z0-9-]+)+", "ABCDE12345.com.ru4m.app", f"{_BROWSER} iPhones", most=160
    ),
    "android_package": _Form(
        r"[A-Za-z][A-Za-z0-9_]*(\.[A-Za-z][A-Za-z0-9_]*)+", "com.ru4m.app", f"{_BROWSER} Android"
    ),
    "android_certificates": _Form(
        r"([0-9A-F]{2}:){31}[0-9A-F]{2}", "5F:02:..., 32 bytes in capitals", f"{_BROWSER} Android", most=287
    ),
    "android_hash": _Form(
        r"[A-Za-z0-9+/]{11}", "FA+9qCX9VSu", "the app for Android cannot fill codes in", most=11
    ),
    "minimum_ios": _Form(VERSION, "1.4.0", ""),
    "minimum_android": _Form(VERSION, "1.4.0", ""),
}
_LONGEST = 70  # characters of one part in Cyrillic script; all texts in Latin script are shorter than theirs


def check(name: str, apps: Apps, host: str) -> None:
    """Check a setting.

    Args:
        name: of the setting.
        apps: all of them.
        host: of the API.

    Raises:
        ValueError: it is malformed, lacks another one, or a text with a code would have two parts.
    """
    form, given = FORMS[name], _values(apps, name)
    if not all(re.fullmatch(form.pattern, one) for one in given):
        raise ValueError(f"it has to have the form {form.example}")
    if len(",".join(given)) > form.most:
        raise ValueError(f"it has more than {form.most} characters")
    if name == "domain" and given and not f".{host}".endswith(f".{apps.domain}"):
        raise ValueError(f"it has to be {host or 'the host of issuer'}, or a domain above it")
    if name == "android_certificates" and bool(given) is not bool(apps.android_package):
        raise ValueError("it and app.android_package need each other")
    if name in {"domain", "android_hash"} and given:
        length = len(code_text("123456", Language.SERBIAN_CYRILLIC, apps))
        if length > _LONGEST:
            raise ValueError(
                f"a text with a code has {length} characters in Cyrillic script, and {_LONGEST} fit"
            )


def missing(apps: Apps) -> Iterator[tuple[str, str]]:
    """Yield each setting that is not set and should be, and the harm."""
    for name, form in FORMS.items():
        if form.without and not any(_values(apps, name)):
            yield f"app.{name}", form.without


def _values(apps: Apps, name: str) -> tuple[str, ...]:
    value: str | tuple[str, ...] = getattr(apps, name)
    return tuple(filter(None, (value,))) if isinstance(value, str) else value
