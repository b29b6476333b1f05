"""Kinds, fields and declarations in words for people.

A record class that has no words here is shown by its own name: `told_at` is "Told". So a new
one needs no entry, and gets one where its name says too little to somebody who is no engineer.
"""

from chalicelib.privacy.purposes import Category, LegalBasis, Source

_TITLES = {
    "acceptance": "Terms and notices that you accepted",
    "account": "Your account",
    "announcement": "Notices that you were told of",
    "challenge": "One-time codes",
    "chat_message": "Your chat messages",
    "claim": "Numbers and addresses that lead to your account",
    "code_count": "How many codes were sent to a country on a day",
    "code_history": "How many codes were verified in each country lately",
    "delivery": "Mails that were sent, in case one comes back",
    "diagnostics_event": "Faults and timings that your app reported",
    "evidence": "Evidence of your consents",
    "known_device": "Devices that were signed in lately, and can ask for a code more easily",
    "limit": "Counters against abuse",
    "export_file": "Copies of your data that were made for you",
    "open_request": "Rights that you are exercising now",
    "profile": "Your profile",
    "purposes": "What you agreed to and objected to",
    "request_evidence": "Evidence of your requests",
    "rights_request": "Requests that you made for your rights",
    "security_event": "When you signed in or out, or stepped up",
    "session": "Devices that are signed in",
    "usage_count": "How many events of use were accepted today",
    "usage_event": "How you used the app",
    "usage_partial": "Counts that figures of usage are made from",
    "walk": "Progress of telling everybody of a new notice",
}

_LABELS = {
    "at": "When",
    "avatar_url": "Picture",
    "carried_over_at": "Carried over to the current notice",
    "discoverable": "May be found by others (nothing acts on this yet)",
    "display_name": "Name that others see",
    "duration_ms": "Duration (ms)",
    "email": "Email address",
    "generation": "Times renewed",
    "lost": "Renewals that got lost",
    "live": "Account is in use",
    "name": "Name",
    "online_visible": "Others may see when you are online (nothing acts on this yet)",
    "os_version": "System version",
    "phone": "Phone number",
    "platform": "System",
    "renew_at": "To be asked again",
    "revoked_before": "Sign-ins end that began before",
    "telling": "Told so far",
    "user_id": "Number in the chat",
    "wholly_restricted": "All use restricted",
}

_CATEGORIES = {
    Category.CONTENT_PRIVATE: "what you wrote or shared",
    Category.DEVICE_ID: "a device's own number",
    Category.IP_ADDRESS: "IP address",
    Category.PSEUDONYM: "a random number that stands for you",
    Category.SELF_IMAGE: "a picture of you",
    Category.TELEMETRY: "technical reports",
}

_BASES = {
    LegalBasis.CONSENT: "your consent",
    LegalBasis.CONTRACT: "the contract with you",
    LegalBasis.LEGAL_OBLIGATION: "a law that we have to follow",
    LegalBasis.LEGITIMATE_INTERESTS: "our legitimate interests",
}

_SOURCES = {
    Source.PROVIDED: "from you",
    Source.OBSERVED: "seen while you used the service",
    Source.GENERATED: "made by the service",
}


def title(kind: str) -> str:
    """What a kind of record is called."""
    return _TITLES.get(kind) or _spelled(kind)


def label(field: str) -> str:
    """What a field is called."""
    if field in _LABELS:
        return _LABELS[field]
    if field.endswith("_id"):
        return _spelled(f"{field.removesuffix('_id')} number")
    return _spelled(field.removesuffix("_at"))


def category(of: Category | None) -> str:
    """What kind of personal data a field is; one without is an id, a state or a time."""
    if of is None:
        return "number, state or time"
    return _CATEGORIES.get(of) or of.name.replace("_", " ").lower()


def basis(of: LegalBasis) -> str:
    """A legal basis with its place in the law."""
    return f"{_BASES[of]} ({of.value} GDPR)"


def source(of: Source | None) -> str:
    """Where a value comes from."""
    return _SOURCES[of or Source.GENERATED]


def _spelled(name: str) -> str:
    words = name.replace("_", " ").strip()
    return words[:1].upper() + words[1:]
