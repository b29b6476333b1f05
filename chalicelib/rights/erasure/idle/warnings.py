"""Sends one warning to the owner of an idle account: a mail, or a text message (RET-5).

The record says that a warning is being sent before it is. So a killed run leaves a warning whose outcome is
unknown. A mail is not sent again: it counts as undelivered, so the account is closed 60 days later, and the
second mail follows. A text message is the only warning, so it is sent once more.

A number or address may have a new owner by now. So a warning has no name and no link: it says what happens,
and that signing in prevents it, or a person whom the owner asks. A text message fits into one part, and into
two in Cyrillic script.
"""

from datetime import datetime
from functools import partial

from chalicelib.accounts.model import LastUse, WarningStage
from chalicelib.accounts.service import LastUseMoved, last_uses
from chalicelib.core import clock, metrics
from chalicelib.core.clock import Pace, day_of
from chalicelib.core.errors import Unavailable
from chalicelib.core.ids import MailId
from chalicelib.core.languages import Language, counted
from chalicelib.core.metrics import Metric
from chalicelib.core.phrases import in_script
from chalicelib.core.settings import settings
from chalicelib.core.transactions import Write, commit
from chalicelib.messages import mail, sms
from chalicelib.messages.campaigns import service as campaigns
from chalicelib.messages.campaigns.model import CampaignKind, Delivery
from chalicelib.messages.letters import Addressee, Letters, ShortTexts, WrittenMessage
from chalicelib.messages.mail import MailInDoubt, MailRefused, MailUnavailable
from chalicelib.messages.sms import TextInDoubt, TextMessage, TextRefused, TextUnavailable
from chalicelib.privacy.purposes import Purpose
from chalicelib.rights.erasure.idle import plan

_WARNING: Letters = {
    "sr": (
        "RU4M: Vaš nalog će biti obrisan ako se ne prijavite",
        (
            (
                "Dugo niste koristili svoj RU4M nalog. Nalog koji se ne koristi {months} brišemo, "
                "zajedno sa podacima, osim onih koje moramo da čuvamo po zakonu ili zbog pravnih zahteva. "
                "Tako piše i u našoj politici privatnosti."
            ),
            (
                "Vaš nalog brišemo posle {day}. Ako želite da ga zadržite, prijavite se pre toga u "
                "aplikaciji RU4M. Ništa drugo nije potrebno. To radi program. Ako ne možete da se prijavite "
                "ili želite da odluči čovek, pišite na {contact} (čl. 22. GDPR, čl. 38. ZZPL)."
            ),
            "Ako Vam nalog više ne treba, ne morate ništa da uradite.",
        ),
    ),
    "en": (
        "RU4M: your account will be deleted unless you sign in",
        (
            (
                "You have not used your RU4M account for a long time. We delete an account that is not used "
                "for {months}, and its data except what we have to keep by law or for legal claims. Our "
                "privacy policy says so."
            ),
            (
                "We will delete your account after {day}. To keep it, sign in with the RU4M app before then. "
                "Nothing else is needed. A program does this. If you cannot sign in, or want a person to "
                "decide, write to {contact} (Art. 22 GDPR, Art. 38 ZZPL)."
            ),
            "If you no longer need the account, you do not have to do anything.",
        ),
    ),
}

_TEXT: ShortTexts = {
    "sr": "RU4M: dugo ne koristite nalog. Brišemo ga posle {day} Da biste ga zadržali, prijavite se pre toga "
    "ili pišite na {contact}",
    "en": "RU4M: you have not used your account for long. We delete it after {day}. To keep it, sign in "
    "before then, or write to {contact}",
}


def warning(closes_at: datetime) -> WrittenMessage:
    """The warning, the first or the second one, with the day after which the account is closed."""
    months = partial(_months, settings().idle.after_months)
    return WrittenMessage(_WARNING, _TEXT, {"day": day_of(closes_at), "months": months})


def _months(count: int, language: Language) -> str:
    """A number of months, at least two, in words of a language."""
    if not language.is_serbian:
        return f"{count} months"
    return in_script(f"{count} {counted(count, 'mesec', 'meseca', 'meseci')}", language)


class WarningNotTaken(Exception):
    """A service takes no message now; the warning stays due. `by_mail`: SES, else SNS."""

    def __init__(self, *, by_mail: bool) -> None:
        self.by_mail = by_mail


def warn(use: LastUse, owner: Addressee, pace: Pace) -> None:
    """Send the warning that is due, by mail, else by text, else not at all, and record it.

    Raises:
        LastUseMoved: the account was used, or another run warned its owner; nothing was sent by this call,
            or what was sent is recorded as begun.
        WarningNotTaken: the service takes no message now; nothing was sent.
    """
    now = clock.now()
    if use.sending and (use.mail_id or use.sending is WarningStage.LAST):  # by runs that were killed
        metrics.count(Metric.IDLE_WARNING_UNDELIVERED)
        _record(use, plan.warned(use, now, has_more=use.mail_id is not None, arrived=False))
        return
    if owner.email:
        pace.wait()
    begun = _begin(use, owner)
    try:
        arrived = _send(begun, owner)
    except WarningNotTaken:
        _record(begun, use)
        raise
    _record(begun, plan.warned(begun, now, has_more=owner.email is not None, arrived=arrived))
    metrics.count(Metric.IDLE_OWNER_WARNED, int(arrived))
    metrics.count(Metric.IDLE_WARNING_UNDELIVERED, int(not arrived))


def record_bounce(delivery: Delivery) -> None:
    """Let an account be closed later, because a warning by mail did not arrive.

    Raises:
        Unavailable: the run that sent it has not recorded that yet.
    """
    use = last_uses.read(delivery.account_id)
    if use is None or use.mail_id != delivery.mail_id or use.stage is WarningStage.CLOSING:
        return
    if use.sending:
        raise Unavailable
    metrics.count(Metric.IDLE_WARNING_UNDELIVERED)
    try:
        _record(use, plan.undelivered(use))
    except LastUseMoved:
        raise Unavailable from None


def _begin(use: LastUse, owner: Addressee) -> LastUse:
    """Record that a warning is being sent; LAST: no more follows if this run is killed."""
    is_repeated = use.sending is not None
    stage = WarningStage.FIRST if use.stage is None and not is_repeated else WarningStage.LAST
    mail_id = MailId.new() if owner.email else None
    begun = use.model_copy(
        update={
            "sending": stage,
            "warned_for": use.used_at,
            "mail_id": mail_id,
            "version": (use.version or 0) + 1,
        }
    )
    writes: list[Write] = [last_uses.moving(use, begun, plan.place(use))]
    if mail_id:
        writes.append(campaigns.delivery_creation(mail_id, use.account_id, CampaignKind.IDLE_WARNING))
    commit(*writes)
    return begun


def _record(before: LastUse, after: LastUse) -> None:
    last_uses.move(before, after, plan.place(after))


def _send(use: LastUse, owner: Addressee) -> bool:
    """Send the warning; return whether it is known to be on its way."""
    message = warning(plan.closes_at_if_warned(use, clock.now()))
    try:
        if owner.email and use.mail_id:
            letter = message.mail(use.mail_id, owner.email, owner.locale)
            mail.send(letter, Purpose.LEGAL_OBLIGATION, choices=None)
        elif owner.phone:
            text = message.text(owner.locale)
            sms.send(TextMessage(owner.phone, text), Purpose.LEGAL_OBLIGATION)
    except MailUnavailable:
        raise WarningNotTaken(by_mail=True) from None
    except TextUnavailable:
        raise WarningNotTaken(by_mail=False) from None
    except (MailRefused, MailInDoubt, TextRefused, TextInDoubt):
        return False
    return bool(owner.email or owner.phone)
