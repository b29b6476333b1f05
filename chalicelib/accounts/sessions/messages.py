"""The messages to an account's owner about a new device, and about a request for its number (ADR 68).

No message has a link: a stranger could imitate it. A mail that SES does not accept is counted by a metric,
and the sign-in goes on: otherwise an outage would disclose to a stranger whether the account has a mailbox.
"""

from contextlib import suppress
from datetime import datetime

from chalicelib.core.clock import day_of
from chalicelib.core.ids import MailId
from chalicelib.messages import mail, sms
from chalicelib.messages.letters import Addressee, Letters, ShortTexts, WrittenMessage
from chalicelib.messages.mail import MailNotSent
from chalicelib.messages.sms import TextMessage, TextRefused
from chalicelib.privacy.purposes import Purpose

_NEW_DEVICE: Letters = {
    "sr": (
        "RU4M: prijava na novom uređaju",
        (
            "Na Vaš nalog se kodom poslatim na Vaš broj prijavio uređaj koji do sada nije korišćen.",
            "Ako to niste bili Vi, odjavite ga u aplikaciji, u spisku uređaja, i pišite na {contact}.",
        ),
    ),
    "en": (
        "RU4M: a new device signed in",
        (
            "A device that was not used before signed in to your account with a code to your number.",
            "If it was not you, sign it out in the app, in the list of devices, and write to {contact}.",
        ),
    ),
}
_DEVICE_LINKED: Letters = {
    "sr": (
        "RU4M: prijava na novom uređaju",
        (
            "Jedan od Vaših prijavljenih uređaja je QR kodom prijavio nov uređaj na Vaš nalog.",
            "Ako to niste bili Vi, odjavite oba u aplikaciji, u spisku uređaja, i pišite na {contact}.",
        ),
    ),
    "en": (
        "RU4M: a new device signed in",
        (
            "One of your signed-in devices signed a new device in to your account, with a QR code.",
            "If it was not you, sign both out in the app, in the list of devices, and write to {contact}.",
        ),
    ),
}
_WAITING: Letters = {
    "sr": (
        "RU4M: nov uređaj čeka na Vaš nalog",
        (
            (
                "Nepoznat uređaj se prijavio kodom poslatim na broj Vašeg naloga. "
                "Taj uređaj čeka i ne vidi ništa sa naloga."
            ),
            (
                "Ako ste to Vi, zatražite u aplikaciji kod na ovu adresu, ili potvrdite uređaj na drugom "
                "prijavljenom uređaju. Kod ne dajte nikome."
            ),
            (
                "Ako niste, broj možda ima nekog drugog. Vaši podaci ostaju Vaši, ali posle sedam dana "
                "taj broj može da pređe na njegov, nov nalog. Pitanja pošaljite na {contact}."
            ),
        ),
    ),
    "en": (
        "RU4M: a new device waits for your account",
        (
            (
                "An unknown device signed in with a code to the number of your account. "
                "That device waits, and sees nothing of the account."
            ),
            (
                "If it is you, request a code to this address in the app, or confirm the device on another "
                "device that is signed in. Do not share the code with anyone."
            ),
            (
                "If it is not, another person may have the number. Your data stays yours, but after seven "
                "days the number can pass to a new account of theirs. Write to {contact} with questions."
            ),
        ),
    ),
}
# One part in each script, like every warning.
_WAITING_TEXT: ShortTexts = {
    "sr": "RU4M: nepoznat uređaj čeka na Vaš nalog. Ne vidi ništa. Ako to niste Vi, pišite na {contact}",
    "sr-Cyrl": "RU4M: nov uređaj čeka. Niste Vi? Pišite: {contact}",
    "en": "RU4M: a new device waits for your account. It sees nothing. If it is not you, write to {contact}",
}

_NUMBER_ASKED: Letters = {
    "sr": (
        "RU4M: drugi nalog traži broj Vašeg naloga",
        (
            "Neko drugi je kodom dokazao broj Vašeg naloga, i traži taj broj za svoj nalog.",
            (
                "Ako je broj Vaš, prijavite se njime pre {until}. godine na uređaju koji ste već "
                "koristili. Inače taj broj može da pređe na drugi nalog."
            ),
            "Vaši podaci ostaju na Vašem nalogu. Pitanja pošaljite na {contact}.",
        ),
    ),
    "en": (
        "RU4M: another account asks for the number of yours",
        (
            "Another person proved the number of your account by a code, and asks for the number.",
            (
                "If it is yours, sign in with it before {until}, on a device that you used before. Else "
                "the number can pass to the other account."
            ),
            "Your data stays in your account. Write to {contact} with questions.",
        ),
    ),
}
_NUMBER_ASKED_TEXT: ShortTexts = {
    "sr": "RU4M: drugi nalog traži ovaj broj. Ako je Vaš, prijavite se pre {until} na uređaju koji ste već "
    "koristili. {contact}",
    "en": "RU4M: another account asks for the number. If it is yours, sign in before {until} on a device "
    "that you used before. {contact}",
}
_NUMBER_PASSED: Letters = {
    "sr": (
        "RU4M: Vaš nalog više nema broj",
        (
            "Broj Vašeg naloga sada ima drugi nalog. Njegov korisnik ga je dokazao dva puta u sedam dana.",
            "Vaši podaci ostaju na Vašem nalogu. Taj broj ga više ne otvara. Pitanja šaljite na {contact}.",
        ),
    ),
    "en": (
        "RU4M: your account has no number any more",
        (
            "Another account has your number now: its user proved it twice, seven days apart.",
            "Your data stays in your account. The number does not open it. Questions? Write to {contact}.",
        ),
    ),
}


def announce_number_asked(holder: Addressee, until: datetime) -> None:
    """Notify every channel of the account that another person proved its number, before that counts.

    `until`: when the number can pass.

    Raises:
        TextUnavailable, TextInDoubt: as for `notify`.
    """
    notify(WrittenMessage(_NUMBER_ASKED, _NUMBER_ASKED_TEXT, {"until": day_of(until)}), holder)


def announce_number_passed(owner: Addressee) -> None:
    """Notify the mailbox of the account, if it has one, that its number belongs to another account."""
    _mail(WrittenMessage(_NUMBER_PASSED, None, {}), owner)


def announce_new_device(owner: Addressee) -> None:
    """Notify the mailbox of the account, if it has one, of a sign-in on a new device."""
    _mail(WrittenMessage(_NEW_DEVICE, None, {}), owner)


def announce_linked_device(owner: Addressee) -> None:
    """Notify the mailbox of the account, if it has one, of a device that another one signs in (ADR 105)."""
    _mail(WrittenMessage(_DEVICE_LINKED, None, {}), owner)


def announce_waiting(owner: Addressee) -> None:
    """Notify every channel of the account that a new device waits; before the session is opened.

    Raises:
        TextUnavailable, TextInDoubt: as for `notify`.
    """
    notify(WrittenMessage(_WAITING, _WAITING_TEXT, {}), owner)


def notify(message: WrittenMessage, owner: Addressee) -> None:
    """Send a message to the number and to the mailbox of an account's owner, as far as there are any.

    A number that SNS refuses for good cannot be notified. The mail is sent at most once per call; a metric
    counts one that SES does not accept.

    Raises:
        TextUnavailable: SNS did not accept the text message.
        TextInDoubt: it is unknown whether it did.
    """
    if owner.phone:
        with suppress(TextRefused):
            sms.send(TextMessage(owner.phone, message.text(owner.locale)), Purpose.AUTHENTICATION)
    _mail(message, owner)


def _mail(message: WrittenMessage, owner: Addressee) -> None:
    if owner.email:
        with suppress(MailNotSent):
            letter = message.mail(MailId.new(), owner.email, owner.locale)
            mail.send(letter, Purpose.AUTHENTICATION, choices=None)
