"""Names of kinds, fields, categories, bases and sources for readable pages.

A kind or field without an entry is shown under its own name: `created_at` becomes "Created". An entry is
needed only if a reader who is not an engineer would not understand that name.
"""

from chalicelib.privacy.purposes import Category, LegalBasis, Source

TITLES = {
    "abuse_report": "Reports of abuse that you made",
    "abuse_report_evidence": "Evidence of who decided on reports of abuse",
    "acceptance": "Terms and notices that you accepted",
    "account": "Your account",
    "account_notice": "Notices to you: of new terms and policies, and of breaches of your data",
    "affected_list": "Users whom a breach of personal data concerns, by random ids",
    "block_list": "Users whom you block",
    "blocked_by": "Users who block you",
    "breach": "Our record of a breach of personal data",
    "breach_evidence": "Evidence of who did what about a breach of personal data",
    "breach_fact": "What we found out about a breach of personal data",
    "breach_letter": "The text of a notice about a breach of personal data",
    "breach_progress": "Progress of notifying the people whom a breach concerns",
    "certificate": "Certificates of the deletion of your data",
    "challenge": "One-time codes",
    "chat_message": "Your chat messages",
    "chat_protection": "What protects chat from abuse",
    "claim": "Phone numbers, addresses and usernames linked to your account",
    "code_count": "Codes sent to each country per day",
    "code_history": "Codes verified recently in each country",
    "complaint": "Complaints about our answers to your privacy requests",
    "complaint_evidence": "Evidence of who decided on complaints about our answers",
    "contact": "Your contacts",
    "contact_code": "Your contact code",
    "contact_code_owner": "How your contact code is found",
    "contact_count": "Number of your contacts",
    "contact_request": "Marks of requests about contacts, in case they are repeated",
    "conversation": "The members of your conversations",
    "conversation_name": "Names of groups",
    "conversation_request": "Marks of requests that open conversations, in case they are repeated",
    "membership": "Conversations of which you are a member",
    "delivery": "Mails that we sent, kept in case they cannot be delivered",
    "diagnostics_event": "Faults that your app reported",
    "disclosure_evidence": "Evidence of who decided on disclosures of your data",
    "erasure_inputs": "What is needed to complete the deletion of an account",
    "disclosure": "Disclosures of your data to authorities and other parties",
    "disclosure_place": "Where we find a disclosure",
    "evidence": "Evidence of your consents, and of changes of your number, email address and language",
    "held_record": "Data that we had to keep when an account was deleted",
    "hold": "Duties to keep some of your data",
    "hold_evidence": "Evidence of who placed, confirmed and lifted a duty to keep your data",
    "holds_version": "Number of changes of the duties to keep your data",
    "invitation": "Invitations that you received",
    "invoice": "Your invoices",
    "invoice_evidence": "Evidence of who recorded your invoices",
    "known_device": "Devices that were signed in recently and can request a code more easily",
    "limit": "Counters that prevent abuse",
    "missed_call": "Calls that you missed",
    "notification_choices": "What you do not want to be notified of",
    "push_claim": "Which device gets the notifications of a phone",
    "push_proof": "Proofs that a phone is yours, for notifications",
    "push_count": "The newest message of a conversation about which each member was notified",
    "push_devices": "Phones to which we send notifications",
    "avatar": "Your avatar",
    "avatar_picture": "Files of your avatar",
    "export_copy": "Copies of your data, as files",
    "export_file": "Copies of your data that we made for you",
    "identity_paper": "Files by which you prove your identity",
    "reported_file": "Files of your messages, and your picture, that another user reported",
    "identity_papers": "What became of the files by which you prove your identity",
    "guest_draft": "Privacy requests that wait for a code",
    "open_request": "Privacy requests that we have not answered yet",
    "matched_numbers": "Numbers of your address book that you compare",
    "numbers_of_others": "Numbers of other people in address books",
    "preserved_messages": "Your messages, kept while a restriction stops their deletion",
    "profile": "Your profile",
    "purge_budget": "Number of expired records deleted on a day",
    "purge_progress": "Progress of deleting expired records",
    "purposes": "Your consents and objections",
    "inbox_state": "Progress of reporting what waits for our staff",
    "idle_state": "Progress of closing accounts that are not used any more",
    "chosen_secret": "Your PIN and your password",
    "last_change": "Your last number, email address and language, in case a backup is restored",
    "last_use": "When an account was last used, and whether we warned that it will be closed",
    "reconciliation_state": "Progress of comparing our chat provider's users with ours",
    "request_evidence": "Evidence of your privacy requests",
    "rights_request": "Your privacy requests",
    "security_event": "When you signed in, signed out or confirmed your identity",
    "sent_invitation": "Invitations that you sent",
    "session": "Devices that are signed in",
    "session_device": "Models of devices that are or were signed in",
    "session_link": "Devices that wait until another one signs them in",
    "table_removal": "Removals of tables that two members of staff decide",
    "table_removal_evidence": "Evidence of who proposed and approved the removal of a table",
    "staff_look": "When our staff looked at your account",
    "statements": "What you stated to complete or correct your data",
    "stream_case": "Your user at our chat provider was deleted or deactivated, but not by us",
    "stream_check": "Checks that a deleted user stays deleted at our chat provider",
    "stream_hook": "Hashes of reports by our chat provider, so that none is used twice",
    "stream_orphan": "Users of our chat provider without an account",
    "report_draft": "Reports of abuse that wait for a code",
    "support_draft": "Messages to our support that wait for a code",
    "support_message": "Your messages to our support, and our answers",
    "support_message_evidence": "Evidence of who answered messages to our support",
    "suppression": "Numbers and mailboxes that get no direct marketing, by keyed hash",
    "barred_number": "Hash of a number with which no account can be opened",
    "discoverable_number": "Hash of a number by which its user can be found",
    "number_objection": "Objections to a refusal of your number",
    "safety_decision": "Decisions about your account because of reports of abuse",
    "tombstone": "Mark of your deletion, so that a restored backup repeats it",
    "usage_count": "Number of usage events accepted today",
    "usage_event": "How you used the app",
    "usage_partial": "Intermediate counts for usage figures",
    "announcement_progress": "Progress of announcing a new notice to all users",
}

_LABELS = {
    "upload": "Newest upload",
    "upload_flaw": "Why the upload was rejected",
    "upload_offered_at": "Upload offered",
    "upload_progress": "State of the upload",
    "amount_minor": "Amount",
    "at": "When",
    "authority": "Who requires it",
    "carried_over_at": "Last recorded again",
    "appeals": "Is an appeal",
    "described": "Whom you mean",
    "mailbox": "Email address for our answer",
    "found_under": "Entry by which you are found",
    "discoverable": "Anyone who has your number sees your name and picture",
    "display_name": "Name that others see",
    "disclosed_at": "Data handed over",
    "duration_ms": "Duration (ms)",
    "email": "Email address",
    "ends_at": "Ends",
    "generation": "Number of renewals",
    "ground": "Ground",
    "open_at": "No try before",
    "secret": "PIN or password",
    "set_at": "Set",
    "extract": "Which of your data",
    "in_force_from": "In force since",
    "kinds": "Kinds of data",
    "law": "Law",
    "locale": "Language and region",
    "lifting_text": "Why we end the restriction",
    "lost": "Renewals that were repeated",
    "loss": "What happened",
    "name": "Name",
    "muted_conversations": "Conversations without notifications",
    "muted_users": "Users whose messages cause no notifications",
    "off": "Kinds that are switched off",
    "of_age": "Age that you said you have reached",
    "online_visible": "Others in your conversations may see when you are online",
    "os_version": "Version of the operating system",
    "phone": "Phone number",
    "tokens": "What Apple or Google calls the app on your phone",
    "platform": "Operating system",
    "placed_at": "Recorded",
    "provider_reference": "Reference of the payment provider",
    "restraints": "Your restrictions and objections in force",
    "sessions_since": "Sign-ins before this time have ended",
    "origin_id": "Earlier session of the device",
    "revoked_before": "Chat access issued before this time is invalid",
    "announced_at": "Announced",
    "campaign": "Occasion",
    "proposed_at": "Recorded",
    "recipient": "Disclosed to",
    "reference": "Order or law",
    "reviewed_at": "Approved",
    "scope": "Kinds of data",
    "secret_until": "Kept secret until, because of an order",
    "service_from": "First day of the service",
    "service_to": "Last day of the service",
    "user_id": "User ID",
    "username": "Username",
    "wholly_restricted": "All use of your data restricted",
}

_CATEGORIES = {
    Category.BEHAVIOR: "how you use the app",
    Category.CONTACTS: "people whom you know or block",
    Category.CONTENT_PRIVATE: "what you wrote or shared",
    Category.USERNAME: "username",
    Category.CREDENTIALS: "what proves who signs in",
    Category.DEVICE_ID: "ID of a device",
    Category.EMAIL: "email address",
    Category.FINANCIAL: "what you paid",
    Category.IP_ADDRESS: "IP address",
    Category.LOCATION: "position",
    Category.PSEUDONYM: "a random ID that stands for you",
    Category.SELF_IMAGE: "a picture of you",
    Category.TELEMETRY: "technical reports",
}

# With the article of the ZZPL.
_BASES = {
    LegalBasis.CONSENT: ("your consent", "Art. 12(1)(1)"),
    LegalBasis.CONTRACT: ("the contract with you", "Art. 12(1)(2)"),
    LegalBasis.LEGAL_OBLIGATION: ("a legal obligation", "Art. 12(1)(3)"),
    LegalBasis.LEGITIMATE_INTERESTS: ("our legitimate interests", "Art. 12(1)(6)"),
}

_SOURCES = {
    Source.PROVIDED: "from you",
    Source.OBSERVED: "recorded while you used the service",
    Source.GENERATED: "created by the service",
    Source.PAYMENT_PROVIDER: "from the payment provider, which makes the invoices",
}


def title(kind: str) -> str:
    """Return the name of a kind of record."""
    return TITLES.get(kind) or _spelled(kind)


def label(field: str) -> str:
    """Return the name of a field."""
    if field in _LABELS:
        return _LABELS[field]
    if field.endswith("_id"):
        return _spelled(f"{field.removesuffix('_id')} ID")
    return _spelled(field.removesuffix("_at"))


def category(of: Category | None) -> str:
    """Return the name of a field's category; a field without one is an id, a state or a time."""
    if of is None:
        return "ID, state or time"
    return _CATEGORIES.get(of) or of.name.replace("_", " ").lower()


def basis(of: LegalBasis) -> str:
    """Return the name of a legal basis with its article in both laws."""
    name, serbian = _BASES[of]
    return f"{name} ({of.value} GDPR, {serbian} ZZPL)"


def source(of: Source | None) -> str:
    """Return the name of a value's source."""
    return _SOURCES[of or Source.GENERATED]


def _spelled(name: str) -> str:
    words = name.replace("_", " ").strip()
    return words[:1].upper() + words[1:]
