"""Messages about a request: to subjects and to persons without an account, mails to operators.

The mails to subjects refer to the app for the answer, because a mailbox is less protected than a session.
They say themselves where to complain, and name the court (RGT-9). The reminders to operators name a request
by its id, and no person.

A message about a request without a session may reach a person who did not make it (RGT-11, ADR 49): a number
or mailbox has a new owner, or was stolen. So none has a name, and only the messages to a person without an
account have a link with the receipt: the receipt of a copy opens the copy.
"""

from contextlib import suppress
from datetime import datetime
from functools import partial

from chalicelib.core import clock
from chalicelib.core.clock import day_of
from chalicelib.core.ids import MailId
from chalicelib.core.phrases import in_language
from chalicelib.core.settings import settings
from chalicelib.messages import mail
from chalicelib.messages.letters import Letters, MessageWithRemedies, ShortTexts, Words, WrittenMessage
from chalicelib.messages.mail import Mail, MailNotSent
from chalicelib.privacy.purposes import Purpose
from chalicelib.rights.request import receipts
from chalicelib.rights.request.model import RightsRequest
from chalicelib.rights.request.terms import Right

_ANSWERED: Letters = {
    "sr": (
        "RU4M: odgovor na Vaš zahtev",
        (
            "Odgovorili smo na Vaš zahtev od {day}.",
            "Odgovor je u aplikaciji, pod „Privatnost i prava“, i uz potvrdu o prijemu.",
        ),
    ),
    "en": (
        "RU4M: we have answered your request",
        (
            "We have answered the request of {day}.",
            "The answer is in the app, under “Privacy and rights”, and with your receipt.",
        ),
    ),
}

_EXTENDED: Letters = {
    "sr": (
        "RU4M: za Vaš zahtev nam treba više vremena",
        (
            "Za zahtev od {day}. godine treba nam više vremena. Odgovorićemo najkasnije {until}.",
            "Razlog je u aplikaciji, pod „Privatnost i prava“, i uz potvrdu o prijemu.",
        ),
    ),
    "en": (
        "RU4M: we need more time for your request",
        (
            "We need more time for the request of {day}. We will answer it by {until}.",
            "The reason is in the app, under “Privacy and rights”, and with your receipt.",
        ),
    ),
}

_LIFTED: Letters = {
    "sr": (
        "RU4M: ograničenje obrade prestaje",
        (
            "Ograničenje obrade Vaših podataka, koje ste tražili {day}. godine, prestaje {until}. godine.",
            "Razlog je u aplikaciji, pod „Privatnost i prava“, i uz potvrdu o prijemu.",
        ),
    ),
    "en": (
        "RU4M: the restriction of your data will end",
        (
            "The restriction of your data that you requested on {day} ends on {until}.",
            "The reason is in the app, under “Privacy and rights”, and with your receipt.",
        ),
    ),
}


_ANSWERED_GUEST: Letters = {
    "sr": (
        "RU4M: odgovor na Vaš zahtev",
        (
            "Odgovorili smo na zahtev od {day}. godine.",
            "Odgovor je na vezi ispod.",
            "Sačuvajte ovu poruku. Posle nje brišemo ovu adresu.",
        ),
    ),
    "en": (
        "RU4M: we have answered your request",
        (
            "We have answered the request of {day}.",
            "The link below shows the answer.",
            "Keep this mail. After it, we delete this address.",
        ),
    ),
}

_EXTENDED_GUEST: Letters = {
    "sr": (
        "RU4M: za Vaš zahtev nam treba više vremena",
        (
            (
                "Za odgovor na zahtev od {day}. godine treba nam više vremena. "
                "Odgovorićemo najkasnije {until}. godine."
            ),
            "Razlog je na vezi ispod.",
        ),
    ),
    "en": (
        "RU4M: we need more time for your request",
        (
            "We need more time for the request of {day}. We will answer it by {until}.",
            "The link below shows the reason.",
        ),
    ),
}

_EXTENDED_TEXT: ShortTexts = {
    "sr": "RU4M: za Vaš zahtev nam treba više vremena, do {until} Razlog: {link} Pritužba: {complaints}",
    "sr-Cyrl": "RU4M: za zahtev nam treba više vremena, do {until} Razlog: {link} Pritužba: {complaints}",
    "en": "RU4M: we need more time for your request, until {until}. The reason: {link} Complaints: "
    "{complaints}",
}

_ANSWERED_TEXT: ShortTexts = {
    "sr": "RU4M: odgovorili smo na Vaš zahtev: {link} Posle ove poruke brišemo Vaš broj. Pritužba: "
    "{complaints}",
    "sr-Cyrl": "RU4M: odgovor na Vaš zahtev: {link} Posle ovoga brišemo broj. Pritužba: {complaints}",
    "en": "RU4M: we have answered your request: {link} After this message, we delete your number. "
    "Complaints: {complaints}",
}

_PROOF: Letters = {
    "sr": (
        "RU4M: Vaš zahtev čeka",
        (
            "Zahtev od {day}. godine čeka da potvrdite da ste ga podneli Vi.",
            (
                "Potvrdite drugim brojem ili drugom adresom naloga, uz potvrdu o prijemu, ili pišite na "
                "{contact}. Ne tražimo lična dokumenta."
            ),
            (
                "Ako to ne učinite do {until}. godine, program odbija zahtev. Tada tražite da odluči čovek "
                "(čl. 22. GDPR, čl. 38. ZZPL), ili podnesite nov. Ako zahtev nije Vaš, otkažite ga u "
                "aplikaciji, pod „Privatnost i prava“, ili zanemarite poruku: bez dokaza se ništa ne dešava."
            ),
        ),
    ),
    "en": (
        "RU4M: your request is waiting",
        (
            "The request of {day} waits for proof that it came from you.",
            (
                "Use another number or address of the account, with your receipt, or write to "
                "{contact}. We do not ask for identity documents."
            ),
            (
                "If there is no proof by {until}, a program refuses the request. Then ask for a person to "
                "decide (Art. 22 GDPR, Art. 38 ZZPL), or make it again. If it is not yours, cancel it in the "
                "app, under “Privacy and rights”, or ignore this mail: without a proof nothing happens."
            ),
        ),
    ),
}

_PROOF_TEXT: ShortTexts = {
    "sr": "RU4M: do {until} dokažite da je zahtev Vaš. Ako nije, zanemarite.",
    "en": "RU4M: a request waits for proof that it is yours, until {until}. Not yours? Ignore this.",
}

_RELEASE: Letters = {
    "sr": (
        "RU4M: Vaš zahtev čeka proveru",
        (
            (
                "Dokaze uz zahtev od {day}. godine smo primili. Vlasnika naloga ne možemo da upozorimo "
                "drugim putem, pa dvoje naših ljudi proverava ko je podneo zahtev. Pišite na {contact}. "
                "Ne tražimo lična dokumenta."
            ),
            (
                "Bez provere program odbija zahtev {until}. godine. Možete da ga podnesete ponovo ili da "
                "tražite da odluči čovek (čl. 22. GDPR, čl. 38. ZZPL). Ako zahtev nije Vaš, otkažite ga u "
                "aplikaciji, pod „Privatnost i prava“, ili odgovorite na ovu poruku."
            ),
        ),
    ),
    "en": (
        "RU4M: your request waits for a check",
        (
            (
                "We got the proofs for the request of {day}. We cannot warn the owner of the account in any "
                "other way, so two of our staff check who made it. Write to {contact}. We do not ask for "
                "identity documents."
            ),
            (
                "Without the check, a program refuses the request on {until}. You can make it again, or ask "
                "for a person to decide (Art. 22 GDPR, Art. 38 ZZPL). If the request is not yours, cancel it "
                "in the app, under “Privacy and rights”, or reply to this mail."
            ),
        ),
    ),
}

_RELEASE_TEXT: ShortTexts = {
    "sr": "RU4M: Vaš zahtev čeka proveru do {until} Pišite na {contact}.",
    "en": "RU4M: two of our staff have to check your request until {until}. Write to {contact}.",
}

_WARNED: Letters = {
    "sr": (
        "RU4M: zahtev bez prijave u aplikaciju",
        (
            (
                "{day}. godine je bez prijave u aplikaciju zatraženo: {what}. To neće biti učinjeno pre "
                "{until}. godine."
            ),
            (
                "Ako to niste bili Vi, otkažite zahtev u aplikaciji, pod „Privatnost i prava“, ili odmah "
                "odgovorite na ovu poruku."
            ),
        ),
    ),
    "en": (
        "RU4M: a request without the app",
        (
            "On {day} this was requested without signing in: {what}. It will not be done before {until}.",
            (
                "If this was not you, cancel the request in the app, under “Privacy and rights”, or reply "
                "to this mail now."
            ),
        ),
    ),
}

_WARNED_TEXT: ShortTexts = {
    "sr": "RU4M: bez prijave je zatraženo: {what}, ne pre {until} Niste Vi? Otkažite u aplikaciji ili "
    "pišite na {contact}.",
    "en": "RU4M: requested without signing in: {what}, not before {until}. Not you? Cancel it in the "
    "app or write to {contact}.",
}

# A number that operators let the account's owner have. A session does not cancel that: they decide again.
_WARNED_OF_NUMBER: Letters = {
    "sr": (
        "RU4M: traži se drugi broj za Vaš nalog",
        (
            "Od {day}. godine imamo zahtev da nalog dobije drugi broj. To neće biti pre {until}. godine.",
            "Niste Vi? Usprotivite se u aplikaciji ili odgovorite: dvoje naših ljudi odlučuje ponovo.",
        ),
    ),
    "en": (
        "RU4M: another number for your account",
        (
            "On {day} another number for the account was requested. It will not change before {until}.",
            "Not you? Say no in the app, or reply to this mail: two of our staff then decide again.",
        ),
    ),
}

_WARNED_OF_NUMBER_TEXT: ShortTexts = {
    "sr": "RU4M: drugi broj za nalog, ne pre {until} Niste Vi? Usprotivite se u aplikaciji ili na {contact}",
    "en": "RU4M: another number for the account from {until}. Not you? Say no in the app or at {contact}",
}

_COPY = {"sr": "kopija podataka", "en": "a copy of the data"}
_WHAT = {
    Right.ERASURE: {"sr": "brisanje naloga", "en": "the deletion of the account"},
    Right.RECTIFICATION: {"sr": "ispravka podataka", "en": "a correction of the data"},
}

_EXTENDED_ACCOUNT_TEXT: ShortTexts = {
    "sr": "RU4M: za Vaš zahtev nam treba više vremena, do {until} Razlog je u aplikaciji i uz potvrdu o "
    "prijemu. Pritužba: {complaints}",
    "en": "RU4M: we need more time for your request, until {until}. The reason is in the app and with your "
    "receipt. Complaints: {complaints}",
}

_LIFTED_TEXT: ShortTexts = {
    "sr": "RU4M: ograničenje obrade Vaših podataka prestaje {until} Razlog je u aplikaciji i uz potvrdu o "
    "prijemu. Pritužba: {complaints}",
    "en": "RU4M: the restriction of your data ends on {until}. The reason is in the app and with your "
    "receipt. Complaints: {complaints}",
}

_ANSWERED_LOCKED_OUT_TEXT: ShortTexts = {
    "sr": "RU4M: odgovor na Vaš zahtev je u aplikaciji i uz potvrdu o prijemu. Pritužba: {complaints}",
    "en": "RU4M: we have answered your request. The answer is in the app and with your receipt. "
    "Complaints: {complaints}",
}


def lifting(request: RightsRequest, ends_at: datetime) -> WrittenMessage:
    """The message that we end a restriction (Art. 18(3) GDPR)."""
    words = {"day": day_of(request.received_at), "until": day_of(ends_at)}
    return MessageWithRemedies(_LIFTED, _LIFTED_TEXT, words, country=request.country)


def answer(request: RightsRequest) -> WrittenMessage:
    """The message of the answer.

    A person without an account gets a link. Others see the answer in the app. The text message, for an
    account without a mailbox, has no link: with the receipt of a copy, the number alone would open the copy.
    """
    words, country = {"day": day_of(request.received_at)}, request.country
    if request.without_account:
        link = receipts.link(request.request_id)
        return MessageWithRemedies(_ANSWERED_GUEST, _ANSWERED_TEXT, words, link, country=country)
    return MessageWithRemedies(_ANSWERED, _ANSWERED_LOCKED_OUT_TEXT, words, country=country)


def extension(request: RightsRequest, until: datetime) -> WrittenMessage:
    """The message of the extended deadline (Art. 12(3) GDPR); with a link as that of the answer."""
    words, country = {"day": day_of(request.received_at), "until": day_of(until)}, request.country
    if request.without_account:
        link = receipts.link(request.request_id)
        return MessageWithRemedies(_EXTENDED_GUEST, _EXTENDED_TEXT, words, link, country=country)
    return MessageWithRemedies(_EXTENDED, _EXTENDED_ACCOUNT_TEXT, words, country=country)


def proof(request: RightsRequest, until: datetime) -> WrittenMessage:
    """The reminder that proof of identity is outstanding, and until when."""
    return WrittenMessage(_PROOF, _PROOF_TEXT, {"day": day_of(request.received_at), "until": day_of(until)})


def release(request: RightsRequest, until: datetime) -> WrittenMessage:
    """The message that operators have to check the subject's identity, and until when."""
    words = {"day": day_of(request.received_at), "until": day_of(until)}
    return WrittenMessage(_RELEASE, _RELEASE_TEXT, words)


def warning(request: RightsRequest, until: datetime) -> WrittenMessage:
    """The warning of what was requested without a session.

    It has no link: a thief of the mailbox must not get the receipt, which opens the copy.
    """
    days: Words = {"day": day_of(request.received_at), "until": day_of(until)}
    if request.gives_number:
        return WrittenMessage(_WARNED_OF_NUMBER, _WARNED_OF_NUMBER_TEXT, days)
    what = partial(in_language, _WHAT.get(request.right, _COPY))
    return WrittenMessage(_WARNED, _WARNED_TEXT, {**days, "what": what})


def mail_operators(request: RightsRequest) -> None:
    """Mail the controller's contact that an answer is due or late.

    A mail that is not sent raises no error; an alarm reports it.
    """
    now = clock.now()
    due = request.clock.due_at(now)
    text = Mail(
        mail_id=MailId.new(),
        to=settings().contact_email,
        language="en",
        subject="A rights request is overdue" if now > due else "A rights request is due soon",
        paragraphs=(
            f"Request {request.request_id} ({request.right}) has to be answered by {clock.to_text(due)}.",
            f"It is {request.status.replace('_', ' ')}.",
            f"Look at it with `python -m infra.ops rights show {request.request_id}`.",
        ),
    )
    with suppress(MailNotSent):
        mail.send(text, Purpose.LEGAL_OBLIGATION, choices=None)
