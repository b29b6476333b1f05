"""Restriction: the data is only stored, in the purposes that the request names (Art. 18 GDPR, ADR 48)."""

from chalicelib.rights.copy.right import ASK_STREAM, AWAIT_STREAM
from chalicelib.rights.request.declaration import (
    ANNOUNCE,
    IN_GENERAL,
    PIN,
    At,
    RightDeclaration,
    RightWords,
    in_both,
)
from chalicelib.rights.request.notes import RestraintNotes
from chalicelib.rights.request.terms import RefusalReason, Right, Status

_STEPS = At("restriction.steps")

# Suspend the user at Stream while all use is restricted.
RESTRICT_AT_STREAM = _STEPS.step("restrict_at_stream")
# Keep the subject's messages, which Stream deletes by age.
PRESERVE_MESSAGES = _STEPS.step("preserve_messages")
CONCLUDE = _STEPS.step("conclude")  # the restriction is carried out; this is the answer
WEIGH = _STEPS.step("weigh")  # wait for the weighing of an objection
# As long as a restriction or objection lasts: keep its request and what it preserves; end a restriction when
# operators do.
UPHOLD = _STEPS.step("uphold")
# After a refusal: end the restriction or objection once it was announced.
END_RESTRAINT = _STEPS.step("end_restraint")
RELEASE_AT_STREAM = _STEPS.step("release_at_stream")  # let the user connect to Stream again
DISCARD_PRESERVED = _STEPS.step("discard_preserved")  # delete the preserved messages

_AFTERWARDS = (RELEASE_AT_STREAM, DISCARD_PRESERVED)

# Variants. Without one, all use but storage stops, and so does deletion: records are pinned, messages copied.
WHOLLY = "wholly"  # all use stops, and deletion goes on
PRESERVING = "preserving"  # some uses stop, and so does deletion
IN_PART = "in_part"  # some uses stop; the intake has the whole effect

_WORDS = RightWords(
    title="Restriction",
    outcomes={
        Status.COMPLETED: in_both(
            "We restricted the processing that you named (Art. 18 GDPR, Art. 31 ZZPL). We store the data, "
            "and "
            "use it otherwise only as these articles allow. Before we lift the restriction, we will inform "
            "you.",
            "Ograničili smo obradu koju ste naveli (čl. 18. GDPR, čl. 31. ZZPL). Podatke čuvamo, a inače ih "
            "koristimo samo kako ovi članovi dozvoljavaju. Obavestićemo Vas pre nego što ograničenje "
            "prestane.",
        ),
        Status.PARTIALLY_COMPLETED: in_both(
            "We restricted the processing that you named, but could not preserve all data (Art. 18 GDPR, "
            "Art. 31 ZZPL). Before we lift the restriction, we will inform you.",
            "Ograničili smo obradu koju ste naveli, ali nismo mogli da sačuvamo sve podatke (čl. 18. GDPR, "
            "čl. 31. ZZPL). Obavestićemo Vas pre nego što ograničenje prestane.",
        ),
        Status.REFUSED: in_both(
            "We did not restrict the processing of your data (Art. 18 GDPR, Art. 31 ZZPL).",
            "Nismo ograničili obradu Vaših podataka (čl. 18. GDPR, čl. 31. ZZPL).",
        ),
        Status.CANCELLED: in_both(
            "Your request to restrict the processing of your data was cancelled.",
            "Vaš zahtev za ograničenje obrade podataka je otkazan.",
        ),
    },
    nothing_held=in_both("So there is no processing to restrict.", "Zato nema obrade koju bismo ograničili."),
    on_page=(
        "Restriction",
        "have us only store your data, and use it only as the law still allows (Art. 18 GDPR, Art. 31 ZZPL)",
    ),
)

RESTRICTION = RightDeclaration(
    right=Right.RESTRICTION,
    dpv="A18",
    notes=RestraintNotes,
    intake="restriction.intake:RESTRICTION",
    words=_WORDS,
    steps=(
        RESTRICT_AT_STREAM, PIN, ASK_STREAM, AWAIT_STREAM, PRESERVE_MESSAGES, CONCLUDE,
        ANNOUNCE, UPHOLD, *_AFTERWARDS,
    ),
    variants={
        WHOLLY: (RESTRICT_AT_STREAM, CONCLUDE, ANNOUNCE, UPHOLD, *_AFTERWARDS),
        PRESERVING: (PIN, CONCLUDE, ANNOUNCE, UPHOLD),
        IN_PART: (ANNOUNCE, UPHOLD),
    },
    endings={
        Status.CANCELLED: _AFTERWARDS,
        Status.REFUSED: (ANNOUNCE, END_RESTRAINT, *_AFTERWARDS),
        None: (ANNOUNCE, UPHOLD, *_AFTERWARDS),
    },
    refusals=IN_GENERAL | {RefusalReason.NO_GROUND_TO_RESTRICT},
)  # fmt: skip
