"""The words of decisions in English ("en") and Serbian ("sr", in Latin script), which all rights share.

Each right has words of its own, in its declaration. An outcome names its article in the GDPR and in
the ZZPL, the Serbian Law on Personal Data Protection ("Službeni glasnik RS", no. 87/2018). A right that
cannot be refused has no words for a refusal, so none can be written by mistake.
"""

from collections.abc import Iterable, Mapping

from chalicelib.core.languages import Language, counted
from chalicelib.core.phrases import in_language
from chalicelib.retention.model import HoldGround
from chalicelib.rights.request.declaration import Words, in_both
from chalicelib.rights.request.terms import RefusalReason, Status

# For an outcome that a right should not have.
GENERAL: Mapping[Status, Words] = {
    Status.COMPLETED: in_both("We fulfilled your request.", "Ispunili smo Vaš zahtev."),
    Status.PARTIALLY_COMPLETED: in_both(
        "We fulfilled a part of your request.", "Ispunili smo deo Vašeg zahteva."
    ),
    Status.REFUSED: in_both("We refused your request.", "Odbili smo Vaš zahtev."),
    Status.CANCELLED: in_both("Your request was cancelled.", "Vaš zahtev je otkazan."),
}

# What may be missing, by the words that requests store.
PARTS: Mapping[str, Words] = {
    "your chat data at Stream": in_both(
        "your chat data at Stream", "Vaši podaci iz ćaskanja kod kompanije Stream"
    ),
    "some records that could not be read": in_both(
        "some records that could not be read", "neki zapisi koji nisu mogli da se pročitaju"
    ),
}

# What is missing beside the copy, by the same words.
LACKING: Mapping[str, Words] = {
    "the transfer to the address that you named": in_both(
        "We could not send the copy to the address that you named.",
        "Kopiju nismo mogli da pošaljemo na adresu koju ste naveli.",
    ),
}

KEPT = in_both(
    "We deleted your account. We keep {things}, {why}. We moved this to locked storage, and use it for "
    "nothing else (Art. 17 GDPR, Art. 30 ZZPL).",
    "Obrisali smo Vaš nalog. Čuvamo {things}, {why}. Te podatke smo premestili u zaključano skladište i ne "
    "koristimo ih ni za šta drugo (čl. 17. GDPR, čl. 30. ZZPL).",
)
LISTED = in_both(
    "This answer lists it, with the reason and the last day. The certificate says what was deleted, and what "
    "else stays.",
    "Ovaj odgovor to navodi, sa razlogom i poslednjim danom. U potvrdi piše šta je obrisano i šta još "
    "ostaje.",
)
_WHY: Mapping[frozenset[HoldGround], Words] = {
    frozenset({HoldGround.LAW}): in_both("because a law requires it", "jer to nalaže zakon"),
    frozenset({HoldGround.CLAIMS}): in_both(
        "because of possible legal claims", "zbog mogućih pravnih zahteva"
    ),
    frozenset(HoldGround): in_both(
        "because a law requires it or because of possible legal claims",
        "jer to nalaže zakon ili zbog mogućih pravnih zahteva",
    ),
}
_NUMBERS = in_both(
    "one two three four five six seven eight nine", "jednu dve tri četiri pet šest sedam osam devet"
)
_NOUN = ("vrstu podataka", "vrste podataka", "vrsta podataka")


def kept(reasons: Iterable[tuple[str, HoldGround]], language: Language) -> str:
    """Say that an account was deleted, how many kinds of its records are kept, and why.

    Args:
        reasons: the kind and the ground of each part that is kept and may be disclosed; at least one.
        language: of the reader.
    """
    kinds, grounds = (frozenset(parts) for parts in zip(*reasons, strict=True))
    count, numbers = len(kinds), in_language(_NUMBERS, language).split()
    number = numbers[count - 1] if count <= len(numbers) else str(count)
    noun = in_language({"en": "things" if count > 1 else "thing", "sr": counted(count, *_NOUN)}, language)
    why = in_language(_WHY[grounds], language)
    return in_language(KEPT, language).format(things=f"{number} {noun}", why=why)


UNCONFIRMED = in_both(
    "Stream, which delivers our chat, no longer finds you as a user, but it did not confirm that your "
    "messages, files and calls were deleted. The certificate says what it reported.",
    "Stream, koji isporučuje poruke našeg ćaskanja, više Vas ne nalazi kao korisnika, ali nije potvrdio da "
    "su Vaše poruke, datoteke i pozivi obrisani. U potvrdi piše šta je javio.",
)
# What a restriction stops, and how its subject ends it.
RESTRICTED_WHOLLY = in_both(
    "We store your data, and use it only to sign you in, for your privacy rights, legal claims, security "
    "and legal duties. "
    "You can get a copy of it, use your privacy rights, and end the restriction under “Privacy and rights”, "
    "or write to us. If you made the request without the app, we send you a code for that first.",
    "Vaše podatke čuvamo, a koristimo ih samo za prijavu, Vaša prava, pravne zahteve, bezbednost i zakonske "
    "obaveze. Možete da dobijete njihovu kopiju, da ostvarujete svoja prava i da prekinete ograničenje, pod "
    "„Privatnost i prava“, ili pišite nama. Ako ste zahtev podneli bez aplikacije, pre toga Vam šaljemo kod.",
)
RESTRICTED_IN_PART = in_both(
    "We stopped the uses of your data that you named. You can end the restriction under “Privacy and "
    "rights”, or write to us.",
    "Prekinuli smo upotrebe Vaših podataka koje ste naveli. Ograničenje možete da prekinete pod „Privatnost "
    "i prava“, ili pišite nama.",
)
PRESERVED = in_both(
    "While the restriction lasts, we do not delete data of yours that we still had when you made the "
    "request.",
    "Dok ograničenje traje, takođe ne brišemo Vaše podatke koje smo još imali kada ste podneli zahtev.",
)
NOT_PRESERVED = in_both(
    "There is an exception that we could not preserve: {parts}.",
    "Postoji izuzetak koji nismo mogli da sačuvamo: {parts}.",
)
# No code stops these for one subject, so the answer does not say that they have stopped.
UPHELD_UNSTOPPED = in_both(
    "We accepted your objection (Art. 21 GDPR, Art. 37 ZZPL). We cannot switch off the security of the "
    "service, or the records that legal claims may need, for a single account. If you named other "
    "processing, it has stopped.",
    "Prihvatili smo Vaš prigovor (čl. 21. GDPR, čl. 37. ZZPL). Bezbednost usluge, kao ni zapise koji mogu da "
    "budu potrebni za pravne zahteve, ne možemo da isključimo samo za jedan nalog. Ako ste naveli i drugu "
    "obradu, ona je prekinuta.",
)
# Stream offers no chat without its moderation, rate limits and connection data.
CHAT_OFFER = in_both(
    "Our chat provider cannot separate its protection from abuse from chat. If you do not want it, you can "
    "close chat: restrict the use of your data, or delete your account, under “Privacy and rights”, or write "
    "to us.",
    "Naš pružalac usluge ćaskanja ne može da odvoji zaštitu od zloupotrebe od ćaskanja. Ako je ne želite, "
    "možete da zatvorite ćaskanje: ograničite upotrebu svojih podataka ili obrišite nalog, pod „Privatnost i "
    "prava“, ili pišite nama.",
)
MISSING = in_both(
    "Some data could not be included: {parts}. The copy lists what is missing and why.",
    "Neki podaci nisu mogli da se uključe: {parts}. U kopiji piše šta nedostaje i zašto.",
)

# Of a whole or partial refusal.
REASONS: Mapping[RefusalReason, Words] = {
    RefusalReason.IDENTITY_FAILURE: in_both(
        "Reason: we could not verify that the request came from you (Art. 12(2) and (6) GDPR, Art. 21 ZZPL). "
        "If the time for the proof was over, a program refused it. You can ask for a person to decide (Art. "
        "22 GDPR, Art. 38 ZZPL), or make the request again.",
        "Razlog: nismo mogli da proverimo da li ste zahtev podneli Vi (čl. 12. st. 2. i 6. GDPR, čl. 21. "
        "ZZPL). Ako je rok za dokaz istekao, odbio ga je program. Možete da tražite da odluči čovek (čl. 22. "
        "GDPR, čl. 38. ZZPL) ili da zahtev podnesete ponovo.",
    ),
    RefusalReason.MANIFESTLY_UNFOUNDED: in_both(
        "Reason: the request clearly has no basis in the law (Art. 12(5) GDPR, Art. 21 ZZPL).",
        "Razlog: zahtev je očigledno neosnovan (čl. 12. st. 5. GDPR, čl. 21. ZZPL).",
    ),
    RefusalReason.MANIFESTLY_EXCESSIVE: in_both(
        "Reason: you have made the same request too often, so the law does not oblige us to fulfil it again "
        "(Art. 12(5) GDPR, Art. 21 ZZPL).",
        "Razlog: isti zahtev ste podnosili prečesto, pa nas zakon ne obavezuje da ga ponovo ispunimo (čl. "
        "12. st. 5. GDPR, čl. 21. ZZPL).",
    ),
    RefusalReason.LEGALLY_REQUIRED: in_both(
        "Reason: a law requires us to keep the data that you asked us to delete (Art. 17(3)(b) GDPR, Art. 30 "
        "ZZPL).",
        "Razlog: zakon nas obavezuje da čuvamo podatke čije ste brisanje tražili (čl. 17. st. 3. tačka (b) "
        "GDPR, čl. 30. ZZPL).",
    ),
    RefusalReason.LEGAL_CLAIMS: in_both(
        "Reason: we need the data to establish, exercise or defend legal claims (Art. 17(3)(e) GDPR, Art. 30 "
        "ZZPL).",
        "Razlog: podaci su nam potrebni za podnošenje, ostvarivanje ili odbranu pravnog zahteva (čl. 17. st. "
        "3. tačka (e) GDPR, čl. 30. ZZPL).",
    ),
    RefusalReason.FREEDOM_OF_EXPRESSION: in_both(
        "Reason: we keep the data to protect other people's freedom of expression (Art. 17(3)(a) GDPR, "
        "Art. 30 ZZPL).",
        "Razlog: podatke čuvamo radi zaštite slobode izražavanja drugih ljudi (čl. 17. st. 3. tačka (a) "
        "GDPR, čl. 30. ZZPL).",
    ),
    RefusalReason.PUBLIC_INTEREST: in_both(
        "Reason: we need the data for a task in the public interest (Art. 17(3)(b) GDPR, Art. 30 ZZPL).",
        "Razlog: podaci su nam potrebni za posao u javnom interesu (čl. 17. st. 3. tačka (b) GDPR, čl. 30. "
        "ZZPL).",
    ),
    RefusalReason.PUBLIC_HEALTH: in_both(
        "Reason: we need the data for reasons of public health (Art. 17(3)(c) GDPR, Art. 30 ZZPL).",
        "Razlog: podaci su nam potrebni radi zaštite javnog zdravlja (čl. 17. st. 3. tačka (c) GDPR, čl. 30. "
        "ZZPL).",
    ),
    RefusalReason.ARCHIVING: in_both(
        "Reason: we need the data for archiving, research or statistics in the public interest (Art. "
        "17(3)(d) "
        "GDPR, Art. 30 ZZPL).",
        "Razlog: podaci su nam potrebni za arhiviranje u javnom interesu, istraživanje ili statistiku (čl. "
        "17. st. 3. tačka (d) GDPR, čl. 30. ZZPL).",
    ),
    RefusalReason.OTHERS_IN_COPY: in_both(
        "Reason: the copy would affect the rights and freedoms of other people (Art. 15(4) GDPR, Art. 26 "
        "ZZPL).",
        "Razlog: kopija bi ugrozila prava i slobode drugih ljudi (čl. 15. st. 4. GDPR, čl. 26. ZZPL).",
    ),
    RefusalReason.ACCURATE: in_both(
        "Reason: we checked the data, and it is accurate and complete (Art. 16 GDPR, Art. 29 ZZPL).",
        "Razlog: proverili smo podatke i oni su tačni i potpuni (čl. 16. GDPR, čl. 29. ZZPL).",
    ),
    RefusalReason.NO_GROUND_TO_RESTRICT: in_both(
        "Reason: none of the grounds that the law names for a restriction applies (Art. 18(1) GDPR, Art. 31 "
        "ZZPL).",
        "Razlog: ne postoji nijedan od osnova koje zakon predviđa za ograničenje obrade (čl. 18. st. 1. "
        "GDPR, čl. 31. ZZPL).",
    ),
    RefusalReason.NOT_PORTABLE: in_both(
        "Reason: you did not provide this data, or we do not process it on the basis of your consent or of a "
        "contract with you (Art. 20(1) GDPR, Art. 36 ZZPL).",
        "Razlog: ove podatke nam niste dali Vi, ili ih ne obrađujemo na osnovu Vašeg pristanka ili ugovora "
        "sa Vama (čl. 20. st. 1. GDPR, čl. 36. ZZPL).",
    ),
    RefusalReason.OTHERS_IN_TRANSFER: in_both(
        "Reason: the transfer would affect the rights and freedoms of other people (Art. 20(4) GDPR, Art. 36 "
        "ZZPL).",
        "Razlog: prenos bi ugrozio prava i slobode drugih ljudi (čl. 20. st. 4. GDPR, čl. 36. ZZPL).",
    ),
    RefusalReason.COMPELLING_GROUNDS: in_both(
        "Reason: compelling legitimate grounds for the processing override your interests, rights and "
        "freedoms (Art. 21(1) GDPR, Art. 37 ZZPL).",
        "Razlog: zakonski razlozi za obradu pretežu nad Vašim interesima, pravima i slobodama (čl. 21. st. "
        "1. GDPR, čl. 37. ZZPL).",
    ),
    RefusalReason.NEEDED_FOR_CLAIMS: in_both(
        "Reason: we need the processing to establish, exercise or defend legal claims (Art. 21(1) GDPR, "
        "Art. 37 ZZPL).",
        "Razlog: obrada nam je potrebna za podnošenje, ostvarivanje ili odbranu pravnog zahteva (čl. 21. st. "
        "1. GDPR, čl. 37. ZZPL).",
    ),
    RefusalReason.OTHER_BASIS: in_both(
        "Reason: this processing is not based on our legitimate interests, so the law gives no right to "
        "object to it (Art. 21(1) GDPR, Art. 37 ZZPL).",
        "Razlog: ova obrada se ne zasniva na našem legitimnom interesu, pa zakon ne daje pravo na prigovor "
        "(čl. 21. st. 1. GDPR, čl. 37. ZZPL).",
    ),
}
