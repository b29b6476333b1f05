"""Access and portability: a copy of the subject's data (Art. 15 and 20 GDPR)."""

from chalicelib.rights.request.declaration import (
    ANNOUNCE,
    IN_GENERAL,
    PIN,
    At,
    RightDeclaration,
    RightWords,
    in_both,
)
from chalicelib.rights.request.notes import CopyNotes
from chalicelib.rights.request.terms import Destination, RefusalReason, Right, Status

_COPY = At("copy.steps")
# It may send data out of our account, so it has a role of its own.
_TRANSFER = At("copy.transfer", Destination.TRANSFERS)

ASK_STREAM = _COPY.step("ask_stream")  # request an export of the subject's data from Stream
AWAIT_STREAM = _COPY.step("await_stream")  # wait for that export
ASSEMBLE = _COPY.step("assemble")  # pack all data into one file
TRANSFER = _TRANSFER.step("transfer")  # send the file to the controller that the subject named
DELIVER = _COPY.step("deliver")  # let the subject fetch the file; this is the answer
DISCARD = _COPY.step("discard")  # delete the file once its retention period ends

# The variant of a request that names another controller.
HANDED_ON = "handed_on"

_STEPS = (PIN, ASK_STREAM, AWAIT_STREAM, ASSEMBLE, DELIVER, ANNOUNCE, DISCARD)
_STEPS_HANDED_ON = (PIN, ASK_STREAM, AWAIT_STREAM, ASSEMBLE, TRANSFER, DELIVER, ANNOUNCE, DISCARD)
_ENDINGS = {Status.CANCELLED: (DISCARD,), None: (ANNOUNCE, DISCARD)}

_WORDS_OF_ACCESS = RightWords(
    title="Copy of the data (access)",
    outcomes={
        Status.COMPLETED: in_both(
            "We made your copy, and keep it for some days. It shows what we store about you, why, for how "
            "long, and who received it (Art. 15 GDPR, Art. 26 ZZPL).",
            "Napravili smo Vašu kopiju i čuvamo je nekoliko dana. Ona prikazuje koje podatke o Vama čuvamo, "
            "zašto, koliko dugo i ko ih je primio (čl. 15. GDPR, čl. 26. ZZPL).",
        ),
        Status.PARTIALLY_COMPLETED: in_both(
            "We made your copy, and keep it for some days, but it is not complete (Art. 15 GDPR, Art. 26 "
            "ZZPL).",
            "Napravili smo Vašu kopiju i čuvamo je nekoliko dana, ali nije potpuna (čl. 15. GDPR, čl. 26. "
            "ZZPL).",
        ),
        Status.REFUSED: in_both(
            "We refused your request for a copy of your data (Art. 15 GDPR, Art. 26 ZZPL).",
            "Odbili smo Vaš zahtev za kopiju podataka (čl. 15. GDPR, čl. 26. ZZPL).",
        ),
        Status.CANCELLED: in_both(
            "Your request for a copy of your data was cancelled. You do not get a copy.",
            "Vaš zahtev za kopiju podataka je otkazan. Nećete dobiti kopiju.",
        ),
    },
    nothing_held=in_both("So there is no copy of data.", "Zato nema kopije podataka."),
    on_page=(
        "Access",
        "know which data about you we process, and get a copy of it (Art. 15 GDPR, Art. 26 ZZPL)",
    ),
)
_WORDS_OF_PORTABILITY = RightWords(
    title="Copy for another service (portability)",
    outcomes={
        Status.COMPLETED: in_both(
            "We made a copy of your data, in a format that other services can read, and keep it for some "
            "days (Art. 20 GDPR, Art. 36 ZZPL).",
            "Napravili smo kopiju Vaših podataka, u obliku koji druge usluge mogu da čitaju, i čuvamo je "
            "nekoliko dana (čl. 20. GDPR, čl. 36. ZZPL).",
        ),
        Status.PARTIALLY_COMPLETED: in_both(
            "We made a copy of your data, in a format that other services can read, and keep it for some "
            "days, but a part of your request was not fulfilled (Art. 20 GDPR, Art. 36 ZZPL).",
            "Napravili smo kopiju Vaših podataka, u obliku koji druge usluge mogu da čitaju, i čuvamo je "
            "nekoliko dana, ali deo Vašeg zahteva nije ispunjen (čl. 20. GDPR, čl. 36. ZZPL).",
        ),
        Status.REFUSED: in_both(
            "We refused your request to transfer your data (Art. 20 GDPR, Art. 36 ZZPL).",
            "Odbili smo Vaš zahtev za prenos podataka (čl. 20. GDPR, čl. 36. ZZPL).",
        ),
        Status.CANCELLED: in_both(
            "Your request to transfer your data was cancelled. Nothing was transferred.",
            "Vaš zahtev za prenos podataka je otkazan. Ništa nije preneto.",
        ),
    },
    nothing_held=in_both("So there is no data to transfer.", "Zato nema podataka za prenos."),
    on_page=(
        "Portability",
        (
            "get your data in a format that another service can read, or have it sent there (Art. 20 GDPR, "
            "Art. 36 ZZPL)"
        ),
    ),
)

ACCESS = RightDeclaration(
    right=Right.ACCESS,
    dpv="A15",
    notes=CopyNotes,
    intake="copy.intake:ACCESS",
    words=_WORDS_OF_ACCESS,
    steps=_STEPS,
    variants={HANDED_ON: _STEPS_HANDED_ON},
    endings=_ENDINGS,
    refusals=IN_GENERAL | {RefusalReason.OTHERS_IN_COPY},
    cools_before=ASK_STREAM,
)
PORTABILITY = RightDeclaration(
    right=Right.PORTABILITY,
    dpv="A20",
    notes=CopyNotes,
    intake="copy.intake:PORTABILITY",
    words=_WORDS_OF_PORTABILITY,
    steps=_STEPS,
    variants={HANDED_ON: _STEPS_HANDED_ON},
    endings=_ENDINGS,
    refusals=IN_GENERAL | {RefusalReason.NOT_PORTABLE, RefusalReason.OTHERS_IN_TRANSFER},
    cools_before=ASK_STREAM,
)
