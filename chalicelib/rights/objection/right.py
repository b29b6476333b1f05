"""Objections: weighed, or to direct marketing, which cannot be refused (Art. 21 GDPR, ADR 47, ADR 48)."""

from chalicelib.rights.request.declaration import (
    ANNOUNCE,
    IN_GENERAL,
    RightDeclaration,
    RightWords,
    in_both,
)
from chalicelib.rights.request.notes import CopyNotes, RestraintNotes
from chalicelib.rights.request.terms import RefusalReason, Right, Status
from chalicelib.rights.restriction.right import END_RESTRAINT, UPHOLD, WEIGH

_WORDS_OF_OBJECTION = RightWords(
    title="Objection",
    outcomes={
        Status.COMPLETED: in_both(
            "We stopped the processing to which you objected (Art. 21 GDPR, Art. 37 ZZPL).",
            "Prekinuli smo obradu na koju ste podneli prigovor (čl. 21. GDPR, čl. 37. ZZPL).",
        ),
        Status.PARTIALLY_COMPLETED: in_both(
            "We stopped a part of the processing to which you objected (Art. 21 GDPR, Art. 37 ZZPL).",
            "Prekinuli smo deo obrade na koju ste podneli prigovor (čl. 21. GDPR, čl. 37. ZZPL).",
        ),
        Status.REFUSED: in_both(
            "We did not accept your objection to the processing of your data (Art. 21 GDPR, Art. 37 ZZPL).",
            "Nismo prihvatili Vaš prigovor na obradu podataka (čl. 21. GDPR, čl. 37. ZZPL).",
        ),
        Status.CANCELLED: in_both(
            "Your objection to the processing of your data was cancelled.",
            "Vaš prigovor na obradu podataka je otkazan.",
        ),
    },
    nothing_held=in_both("So there is no processing to stop.", "Zato nema obrade koju bismo prekinuli."),
    on_page=(
        "Objection",
        "object to processing that is based on our legitimate interests (Art. 21(1) GDPR, Art. 37 ZZPL)",
    ),
)
_WORDS_OF_MARKETING_OBJECTION = RightWords(
    title="Objection to direct marketing",
    outcomes={
        Status.COMPLETED: in_both(
            "We stopped direct marketing to you (Art. 21(2) and (3) GDPR, Art. 37 ZZPL). A message that was "
            "already on its way may still arrive.",
            "Prekinuli smo direktno oglašavanje prema Vama (čl. 21. st. 2. i 3. GDPR, čl. 37. ZZPL). Poruka "
            "koja je već poslata može još da stigne.",
        ),
        Status.CANCELLED: in_both(
            "Your objection to direct marketing was cancelled.",
            "Vaš prigovor na direktno oglašavanje je otkazan.",
        ),
    },
    nothing_held=in_both(
        "We send marketing to accounts that agreed to it, and to no others, so we send none to you. "
        "From now on we remember this number or address for {suppressed}, as a keyed hash without a name, "
        "and "
        "send it no marketing, even if an account has it. Only a later consent of that account ends this.",
        "Oglasne poruke šaljemo samo nalozima koji su na njih pristali, pa ih Vama ne šaljemo. Od "
        "sada ovaj broj ili adresu pamtimo {suppressed}, kao heš-vrednost zaštićenu ključem, bez imena, i na "
        "njih ne šaljemo oglasne poruke, ni ako ih dobije neki nalog. To prestaje samo kasnijim pristankom "
        "tog naloga.",
    ),
    on_page=(
        "Objection to direct marketing",
        "object at any time, without giving a reason (Art. 21(2) GDPR, Art. 37 ZZPL)",
    ),
)

OBJECTION = RightDeclaration(
    right=Right.OBJECTION,
    dpv="A21",
    notes=RestraintNotes,
    intake="objection.intake:OBJECTION",
    words=_WORDS_OF_OBJECTION,
    steps=(WEIGH, ANNOUNCE, UPHOLD),
    endings={
        Status.CANCELLED: (),
        Status.REFUSED: (ANNOUNCE, END_RESTRAINT),
        None: (ANNOUNCE, UPHOLD),
    },
    refusals=IN_GENERAL
    | {RefusalReason.COMPELLING_GROUNDS, RefusalReason.NEEDED_FOR_CLAIMS, RefusalReason.OTHER_BASIS},
)
# The intake has the whole effect.
MARKETING_OBJECTION = RightDeclaration(
    right=Right.MARKETING_OBJECTION,
    dpv="A21",
    notes=CopyNotes,  # of no use here; stored requests have them, and no note is ever removed
    intake="objection.intake:MARKETING_OBJECTION",
    words=_WORDS_OF_MARKETING_OBJECTION,
    steps=(ANNOUNCE,),
    endings={Status.CANCELLED: (), None: (ANNOUNCE,)},
)
