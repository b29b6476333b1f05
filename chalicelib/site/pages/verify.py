"""How to check the certificate of an erasure: in the page, or with a terminal (docs/certificates.md).

The script reads the file that the reader chooses, and sends nothing of it: it fetches our public keys, and
verifies the signature in the browser. A test runs the commands. Of a file that is large, malformed, altered
or signed by another key, the page says which; it shows the content only of a file that is genuine.
"""

import json
from collections.abc import Iterator
from pathlib import Path

from chalicelib.core.markup import Html, tag
from chalicelib.core.phrases import Phrasebook
from chalicelib.core.settings import settings
from chalicelib.privacy import words
from chalicelib.privacy.facts import Facts
from chalicelib.privacy.serbian import PRIVACY
from chalicelib.rights.erasure.certificates.model import CertifyingController, Ending, Reason, Remaining
from chalicelib.rights.erasure.certificates.serbian import CERTIFICATE
from chalicelib.rights.request.notes import DeletionPlace
from chalicelib.site.clauses import certificates as clauses
from chalicelib.site.clauses.certificates import ABOUT, CHECKER, FILE, TEXTS, UNPROVEN
from chalicelib.site.layout import Reader, policy_of, section
from chalicelib.site.pages import stated
from chalicelib.stream.model import StreamDataKind, StreamReport

TITLE = "Check a certificate"
SCRIPT = Path(__file__).with_suffix(".js").read_text(encoding="utf-8")
POLICY = policy_of(SCRIPT)

_SIGNED = (CertifyingController, DeletionPlace, Remaining, Reason, Ending, StreamDataKind, StreamReport)

FETCH = "curl --fail --silent --show-error --output keys.json {issuer}/v1/certificate-keys"
COMMANDS = r"""part() { sed "s/.*\"$1\":\"\([^\"]*\)\".*/\1/" signed-certificate.json; }
part certificate | tr -- '-_' '+/' | openssl base64 -d -A > certificate.json
part signature | tr -- '-_' '+/' | openssl base64 -d -A > signature.der
printf '%b' "$(tr '{' '\n' < keys.json | grep "$(part kid)" | sed 's/.*"pem":"\([^"]*\)".*/\1/')" > key.pem
openssl dgst -sha256 -verify key.pem -signature signature.der certificate.json"""


def parts(reader: Reader) -> Iterator[Html]:
    """Build the page."""
    say, facts = Phrasebook(reader.language, CHECKER, CERTIFICATE, PRIVACY), Facts(FILE)
    name = facts["certificate/file"]
    yield stated.said(reader, ABOUT, facts)
    label = tag("label", say("Choose the file {file}", file=name), for_="file")
    hint = tag("p", say("Your browser checks the file. It is not uploaded."), class_="hint", id="hint")
    chooser = tag("input", type="file", id="file", accept=".json", aria_describedby="hint")
    without = say("Your browser runs no script, so check the file with the commands below.")
    yield section(
        say("Check it here"),
        tag("div", label, hint, chooser, class_="field", id="checker", hidden="hidden"),
        tag("noscript", tag("p", without)),
        tag("div", role="status", id="result"),
        tag("div", id="stated"),
    )
    commands = tag("code", f"{FETCH.format(issuer=settings().issuer)}\n{COMMANDS}")
    explained = stated.said(reader, clauses.COMMANDS, facts)
    yield section(say("Check it yourself"), explained, tag("pre", commands, class_="v"), id="commands")
    yield section(say("What a certificate does not prove"), stated.said(reader, UNPROVEN, facts))
    yield tag("script", Html(_data(say, name)), type="application/json", id="texts")
    yield tag("script", Html(SCRIPT))


def _data(say: Phrasebook, file: str) -> str:
    """The texts and the signed words as JSON without `<`, so that no text can end the script element."""
    signed = {word: say(word) for one in _SIGNED for word in one}
    data = {
        "language": say.language,
        "texts": {name: say(text).replace("{file}", file) for name, text in TEXTS.items()},
        "words": signed | {kind: say(title) for kind, title in words.TITLES.items() if title in PRIVACY},
    }
    return json.dumps(data, ensure_ascii=False).replace("<", "\\u003c")
