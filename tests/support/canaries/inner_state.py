"""What no route of the app stores yet, written by the service's own stores; and ids that no route shows."""

from __future__ import annotations

from datetime import UTC, datetime

from chalicelib.accounts.model import ClaimKind
from chalicelib.accounts.service import OPEN_ACCOUNT
from chalicelib.consents import store as consents
from chalicelib.consents.notices.model import (
    NoticeVersion,
)
from chalicelib.consents.service import PURPOSES
from chalicelib.core import clock, keyring, needs
from chalicelib.core.ids import AccountId, MailId, RightsRequestId
from chalicelib.core.settings import Secret
from chalicelib.messages.campaigns import store as campaigns
from chalicelib.messages.campaigns.model import (
    AccountNotice,
    CampaignKind,
    NoticeChannel,
    NoticeState,
)
from chalicelib.messages.suppressions import service as suppressions
from chalicelib.messages.suppressions.model import Addresses, AddressKind
from chalicelib.privacy.purposes import Purpose
from chalicelib.privacy.restraint import Restraint, RestraintKind
from chalicelib.privacy.subject_keys import DATA_KEY
from infra.local.cloud import LocalCloud
from tests.support.canaries.sealed import acting_as_the_service
from tests.support.canaries.values import CanarySet, digits

# Longer ago than any version that a test announces.
_VERSION = NoticeVersion("terms-2023-01-01")


def complete(cloud: LocalCloud, canaries: CanarySet) -> None:
    """Add an objection, a restriction and a mailed notice; make canaries of inner ids."""
    owner = AccountId(canaries["account id"])
    with acting_as_the_service(cloud):
        _set_choices(owner, canaries)
        _mail_notice(owner, canaries)
        _add_hashes(owner, canaries)


def _set_choices(owner: AccountId, canaries: CanarySet) -> None:
    (row,) = needs.read_accounts([owner], (PURPOSES, DATA_KEY))
    before = row[PURPOSES]
    assert before is not None
    chosen = {
        "objections": {Purpose.PERSONALISED_ADS: _instant(canaries, "objection")},
        "restrictions": {Purpose.PERSONALISED_ADS: _instant(canaries, "restriction")},
        "restraints": {RightsRequestId.new(): _contest(canaries)},
    }
    after = before.model_copy(update={**chosen, "version": before.version + 1})
    consents.keep(before, after, row[DATA_KEY])
    addresses = Addresses(canaries["number"], canaries["address"])
    suppressions.commit_revised(lambda: suppressions.placing(addresses, clock.now()))


def _contest(canaries: CanarySet) -> Restraint:
    return Restraint(
        kind=RestraintKind.CONTEST, since=_instant(canaries, "restraint"), purposes=(Purpose.ANALYTICS,)
    )


def _instant(canaries: CanarySet, name: str) -> datetime:
    """An instant at which nothing else happened."""
    chosen = datetime(2015, 1, 1, tzinfo=UTC) + (clock.from_epoch(int(digits(8))) - clock.from_epoch(0))
    canaries.add(name, clock.to_text(chosen))
    return chosen


def _mail_notice(owner: AccountId, canaries: CanarySet) -> None:
    """Store what remains of a mailed notice, which would concern all accounts if it were announced."""
    mail_id = MailId(canaries.add("mail id", MailId.new()))
    announced = AccountNotice(
        campaign=CampaignKind.ANNOUNCEMENT,
        about=_VERSION,
        state=NoticeState.ANNOUNCED,
        channel=NoticeChannel.EMAIL,
        announced_at=clock.now(),
        mail_id=mail_id,
    )
    campaigns.begin_mail(owner, None, announced, mail_id)


def _add_hashes(owner: AccountId, canaries: CanarySet) -> None:
    """Make canaries of the pseudonym, and of the keyed hashes under which values are found."""
    (row,) = needs.read_accounts([owner], (OPEN_ACCOUNT, DATA_KEY))
    account = row[OPEN_ACCOUNT]
    assert account is not None
    canaries.add("pseudonym", account.pseudonym)
    number, device = canaries["number"], canaries["device id"]
    hashed = {
        "hash of the number": (ClaimKind.PHONE, number),
        "hash of the address": (ClaimKind.EMAIL, canaries["address"]),
        "hash of the user id": (ClaimKind.USER, canaries["user id"]),
        "hash of the unwanted number": (AddressKind.PHONE, number),
        "hash of the unwanted address": (AddressKind.EMAIL, canaries["address"]),
        "hash of the device": ("known_device", f"{number} {device}"),
    }
    for name, (kind, value) in hashed.items():
        (label, *_) = keyring.mac_keys(Secret.LOOKUP).lookup_keys(kind, value)
        canaries.add(name, label.rpartition("#")[2])
