"""The clauses and texts of the page that checks a certificate. `{file}` is the name of the signed file."""

from __future__ import annotations

from collections.abc import Mapping

from chalicelib.core.phrases import Catalogue
from chalicelib.privacy.clauses.binding import Single
from chalicelib.privacy.clauses.clause import clause

# Facts of the page.
FILE = {
    "certificate/file": "signed-certificate.json",
    "certificate/ok": "Verified OK",
    "certificate/programs": "openssl, curl",
}

ABOUT = (
    clause(
        "site.certificate.file",
        (),
        "When we have deleted an account, we issue a signed file, {file}. It states what was deleted, what "
        "stays, why, and until when. It names no person.",
        "Kada obrišemo nalog, izdajemo potpisanu datoteku, {file}. U njoj piše šta je obrisano, šta ostaje, "
        "zašto i do kada. Ona ne navodi nijednu osobu.",
        file=Single("certificate/file"),
    ),
    clause(
        "site.certificate.check",
        (),
        "Anyone who has the file can check that it is from RU4M, and that it was not changed.",
        "Svako ko ima datoteku može da proveri da je od RU4M i da nije menjana.",
    ),
)
COMMANDS = (
    clause(
        "site.certificate.terminal",
        (),
        "You need a terminal with {programs}. Open it in the folder of the file. If the last command prints "
        "{ok}, the file is genuine. If it prints anything else, write to us.",
        "Potreban Vam je terminal sa programima {programs}. Otvorite ga u folderu datoteke. Ako poslednja "
        "komanda ispiše {ok}, datoteka je verodostojna. Ako ispiše nešto drugo, pišite nam.",
        ok=Single("certificate/ok"),
        programs=Single("certificate/programs"),
    ),
)
UNPROVEN = (
    clause(
        "site.certificate.stream",
        (),
        "Whether messages are gone from Stream's storage: the certificate repeats what Stream reported.",
        "Da poruka više nema u skladištu kompanije Stream: potvrda ponavlja ono što je Stream javio.",
    ),
    clause(
        "site.certificate.whose",
        (),
        "Whose account it was: to show that it was yours, keep the file together with your receipt.",
        "Čiji je nalog bio: da biste pokazali da je bio Vaš, čuvajte datoteku zajedno sa potvrdom o prijemu.",
    ),
)

# What the script says, by the names that it uses: English phrases, some of which the certificate's page has.
TEXTS: Mapping[str, str] = {
    "loading": "Checking …",
    "genuine": "The certificate is genuine: RU4M signed it, and it was not changed.",
    "altered": "Not genuine: the file was changed after RU4M signed it, or RU4M did not sign it.",
    "unknown": "Not genuine: the key that it names is not a key of RU4M.",
    "malformed": "This file is not a certificate. Choose the file {file} as you saved it.",
    "large": "This file is too large to be a certificate. Choose the file {file}.",
    "unreachable": "We could not fetch our public keys, so nothing was checked. Try again.",
    "heading": "What the certificate states",
    "opened": "Erasure opened on",
    "begun": "Deletion began",
    "completed": "Deletion was complete",
    "key": "Key deleted",
    "request": "Number of the erasure",
    "controller": "Controller",
    "deleted": "What we deleted",
    "stream": "What Stream reported",
    "stays": "What stays, and why",
    "until": "Until",
    "backups": "Backups have readable data until",
    "sealed": "Encrypted data",
    "clear": "Random IDs and times",
    "hashes": "Hashes of your number and address",
    "held": "Data that we have to keep",
    "least": "at least {number}",
}
CHECKER: Catalogue = {
    "Choose the file {file}": "Izaberite datoteku {file}",
    "Your browser checks the file. It is not uploaded.": (
        "Datoteku proverava Vaš pregledač. Ona se ne šalje nama."
    ),
    "Your browser runs no script, so check the file with the commands below.": (
        "Vaš pregledač ne izvršava skripte, pa datoteku proverite komandama u nastavku."
    ),
    "Check it here": "Proverite je ovde",
    "Check it yourself": "Proverite je sami",
    "What a certificate does not prove": "Šta potvrda ne dokazuje",
    "Checking …": "Provera …",
    "The certificate is genuine: RU4M signed it, and it was not changed.": (
        "Potvrda je verodostojna: RU4M ju je potpisao i nije menjana."
    ),
    "Not genuine: the file was changed after RU4M signed it, or RU4M did not sign it.": (
        "Nije verodostojna: datoteka je izmenjena nakon što ju je RU4M potpisao, ili je RU4M nije potpisao."
    ),
    "Not genuine: the key that it names is not a key of RU4M.": (
        "Nije verodostojna: ključ koji navodi nije ključ RU4M."
    ),
    "This file is not a certificate. Choose the file {file} as you saved it.": (
        "Ova datoteka nije potvrda. Izaberite datoteku {file} kako ste je sačuvali."
    ),
    "This file is too large to be a certificate. Choose the file {file}.": (
        "Ova datoteka je prevelika da bi bila potvrda. Izaberite datoteku {file}."
    ),
    "We could not fetch our public keys, so nothing was checked. Try again.": (
        "Nismo mogli da preuzmemo naše javne ključeve, pa ništa nije provereno. Pokušajte ponovo."
    ),
    "What the certificate states": "Šta navodi potvrda",
    "Key deleted": "Ključ obrisan",
    "Backups have readable data until": "Rezervne kopije imaju čitljive podatke do",
}
