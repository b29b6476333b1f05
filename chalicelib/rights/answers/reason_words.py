"""The words of the reasons of refusals. `words` has the shared ones; outcomes are in each right's `words`."""

from collections.abc import Mapping

from chalicelib.rights.answers.words import Words, in_both
from chalicelib.rights.request.terms import RefusalReason

REASONS: Mapping[RefusalReason, Words] = {
    RefusalReason.IDENTITY_FAILURE: in_both(
        "Reason: we could not verify that the request came from you (Art. 12(2) and (6) GDPR, Art. 21 ZZPL).",
        "Razlog: nismo mogli da proverimo da li ste zahtev podneli Vi (čl. 12. st. 2. i 6. GDPR, čl. 21. "
        "ZZPL).",
    ),
    RefusalReason.MANIFESTLY_UNFOUNDED: in_both(
        "Reason: the request clearly has no basis in the law (Art. 12(5) GDPR, Art. 21 ZZPL).",
        "Razlog: zahtev je očigledno neosnovan (čl. 12. st. 5. GDPR, čl. 21. ZZPL).",
    ),
    RefusalReason.MANIFESTLY_EXCESSIVE: in_both(
        "Reason: you have made the same request too often, so the law does not oblige us to fulfil it again "
        "(Art. 12(5) GDPR, Art. 21 ZZPL).",
        "Razlog: isti zahtev ste podnosili prečesto, pa nas zakon ne obavezuje da ga ponovo ispunimo (čl. "
        "12. "
        "st. 5. GDPR, čl. 21. ZZPL).",
    ),
    RefusalReason.LEGALLY_REQUIRED: in_both(
        "Reason: a law requires us to keep the data that you asked us to delete (Art. 17(3)(b) GDPR, Art. 30 "
        "ZZPL).",
        "Razlog: zakon nas obavezuje da čuvamo podatke čije ste brisanje tražili (čl. 17. st. 3. tačka (b) "
        "GDPR, "
        "čl. 30. ZZPL).",
    ),
    RefusalReason.LEGAL_CLAIMS: in_both(
        "Reason: we need the data to establish, exercise or defend legal claims (Art. 17(3)(e) GDPR, Art. 30 "
        "ZZPL).",
        "Razlog: podaci su nam potrebni za podnošenje, ostvarivanje ili odbranu pravnog zahteva (čl. 17. "
        "st. 3. "
        "tačka (e) GDPR, čl. 30. ZZPL).",
    ),
    RefusalReason.FREEDOM_OF_EXPRESSION: in_both(
        "Reason: we keep the data to protect other people's freedom of expression (Art. 17(3)(a) GDPR, "
        "Art. 30 ZZPL).",
        "Razlog: podatke čuvamo radi zaštite slobode izražavanja drugih ljudi (čl. 17. st. 3. tačka (a) "
        "GDPR, "
        "čl. 30. ZZPL).",
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
        "17. "
        "st. 3. tačka (d) GDPR, čl. 30. ZZPL).",
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
        "GDPR, "
        "čl. 31. ZZPL).",
    ),
    RefusalReason.NOT_PORTABLE: in_both(
        "Reason: you did not provide this data, or we do not process it on the basis of your consent or of a "
        "contract with you (Art. 20(1) GDPR, Art. 36 ZZPL).",
        "Razlog: ove podatke nam niste dali Vi, ili ih ne obrađujemo na osnovu Vašeg pristanka ili ugovora "
        "sa "
        "Vama (čl. 20. st. 1. GDPR, čl. 36. ZZPL).",
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
        "1. "
        "GDPR, čl. 37. ZZPL).",
    ),
    RefusalReason.NEEDED_FOR_CLAIMS: in_both(
        "Reason: we need the processing to establish, exercise or defend legal claims (Art. 21(1) GDPR, "
        "Art. 37 ZZPL).",
        "Razlog: obrada nam je potrebna za podnošenje, ostvarivanje ili odbranu pravnog zahteva (čl. 21. "
        "st. 1. "
        "GDPR, čl. 37. ZZPL).",
    ),
    RefusalReason.OTHER_BASIS: in_both(
        "Reason: this processing is not based on our legitimate interests, so the law gives no right to "
        "object to it (Art. 21(1) GDPR, Art. 37 ZZPL).",
        "Razlog: ova obrada se ne zasniva na našem legitimnom interesu, pa zakon ne daje pravo na prigovor "
        "(čl. 21. st. 1. GDPR, čl. 37. ZZPL).",
    ),
}
