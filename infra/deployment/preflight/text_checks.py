"""Checks of text messages: what is known of each served country, and whether the account has the senders."""

from __future__ import annotations

from collections.abc import Iterator

from chalicelib.core import countries
from infra.deployment.account import AwsAccount
from infra.deployment.findings import DeploymentFinding, ok, warning
from infra.deployment.target import DeploymentTarget
from infra.deployment.text_routes import FILE, ROUTES, UNVERIFIED, SenderRule


def routes(_: AwsAccount, target: DeploymentTarget) -> Iterator[DeploymentFinding]:
    """What each served country lacks: a source of its rule or price, a sender of ours, or its route."""
    off = sorted(countries.read_routes_off(target.sms_routes_off))
    if off:
        remedy = "Once texts arrive, remove it from sms.routes_off (deploy.md, Where texts do not arrive)."
        yield warning("SMS routes", f"{', '.join(off)}: no sign-up, and sign-in by mail only", remedy)
    senders = countries.read_senders(target.sms_senders)
    incomplete = False
    for country in sorted(countries.read(target.sms_countries)):
        row = ROUTES[country]
        lacks = {
            "its rule has no source": row.rule is SenderRule.UNVERIFIED,
            f"its price of {row.dollars} dollars has no source": row.price_source == UNVERIFIED,
            "SNS chooses its sender": country not in senders,
        }
        if missing := [text for text, is_missing in lacks.items() if is_missing]:
            incomplete = True
            remedy = f"Look it up, correct {FILE.name}, and set sms.senders.{country}."
            yield warning("SMS routes", f"{country}: {', '.join(missing)}", remedy)
    if not incomplete:
        yield ok("SMS routes", "each served country has a verified rule and price, and a sender")


def senders(account: AwsAccount, target: DeploymentTarget) -> Iterator[DeploymentFinding]:
    """Whether the account has the ids that need a registration, and the numbers."""
    found_ids = account.listed("pinpoint-sms-voice-v2", "describe_sender_ids", "SenderIds")
    ids = {(one["IsoCountryCode"], one["SenderId"]) for one in found_ids if one["Registered"]}
    found_numbers = account.listed("pinpoint-sms-voice-v2", "describe_phone_numbers", "PhoneNumbers")
    numbers = {one["PhoneNumber"].removeprefix("+") for one in found_numbers}
    lacking = False
    for country, sender in sorted(countries.read_senders(target.sms_senders).items()):
        if countries.OWN_NUMBER.fullmatch(sender):
            found = sender.removeprefix("+") in numbers
        else:
            found = ROUTES[country].rule is not SenderRule.REGISTERED or (country, sender) in ids
        if not found:
            lacking = True
            remedy = "Register it at AWS End User Messaging (docs/deploy.md, Senders of texts)."
            yield warning("SMS senders", f"the account has no {sender} for {country}", remedy)
    if not lacking:
        yield ok("SMS senders", "the account has each number and each registered id")
