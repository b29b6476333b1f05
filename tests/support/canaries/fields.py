"""Which canary is in which personal field of which record.

A new record class or field fails tests/unit/test_canaries.py until it is added here. Seed its canary in
`subject`, in `operators` if staff store it, or in `inner_state` if no route does. Add a reason only if no
user or operator can choose the value, or if the record is never stored while the account is in use.
"""

from __future__ import annotations

from collections.abc import Mapping

_SWITCH = "yes or no; it is sealed in one blob with fields that have canaries"
_PLATFORM = "one of two words"
_OF_OTHERS = "the random id of another user, which stays with that user after the subject's erasure"

# (kind, field) to the names of the canaries in it.
SEEDED: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("account", "phone"): ("number",),
    ("account", "locale"): ("locale",),
    ("account", "pseudonym"): ("pseudonym",),
    ("profile", "display_name"): ("display name",),
    ("profile", "name"): ("name",),
    ("profile", "date_of_birth"): ("date of birth",),
    ("profile", "job_title"): ("job title",),
    ("profile", "employer"): ("employer",),
    ("profile", "country"): ("country",),
    ("profile", "avatar_url"): ("avatar",),
    ("profile", "email"): ("address",),
    ("purposes", "consents"): ("consent record 1",),
    ("purposes", "objections"): ("objection",),
    ("purposes", "restrictions"): ("restriction",),
    ("purposes", "restraints"): ("restraint",),
    ("session", "device"): ("device id", "device model", "device system", "device app"),
    ("challenge", "phone"): ("number",),
    ("challenge", "email"): ("other address",),
    ("challenge", "device"): ("device id", "device model", "device system", "device app"),
    ("challenge", "locale"): ("locale",),
    ("last_change", "email"): ("address",),
    ("usage_event", "name"): ("event name",),
    ("usage_event", "screen"): ("event screen",),
    ("usage_event", "duration_ms"): ("event duration",),
    ("diagnostics_event", "name"): ("fault name",),
    ("diagnostics_event", "screen"): ("fault screen",),
    ("diagnostics_event", "duration_ms"): ("fault duration",),
    ("diagnostics_event", "diagnostics"): (
        "fault error",
        "fault code",
        "fault memory",
        "fault free memory",
    ),
    ("diagnostics_event", "model"): ("usage model",),
    ("diagnostics_event", "os_version"): ("usage system",),
    ("diagnostics_event", "app_version"): ("usage app",),
    ("guest_draft", "device_id"): ("device id",),
    ("rights_request", "country"): ("country",),
    ("rights_request", "transfer_to"): ("transfer target",),
    ("rights_request", "decision_text"): ("decision",),
    ("rights_request", "correction"): ("statement",),
    ("rights_request", "reason"): ("reason",),
    ("statements", "statements"): ("statement",),
    ("invoice", "amount_minor"): ("amount",),
    ("invoice", "currency"): ("currency",),
    ("invoice", "service_from"): ("service from",),
    ("invoice", "service_to"): ("service to",),
    ("invoice", "provider_reference"): ("provider reference",),
    ("hold", "law"): ("law",),
    ("hold", "authority"): ("authority",),
    ("hold", "reason"): ("reason of the hold",),
    ("disclosure", "recipient"): ("recipient",),
    ("disclosure", "reference"): ("order",),
    ("disclosure", "extract"): ("extract",),
    ("disclosure", "reason"): ("reason of the disclosure",),
    ("disclosure", "review"): ("review",),
    ("disclosure", "secrecy_reference"): ("end of the secrecy",),
    ("disclosure", "secrecy_proposal"): ("proposed secrecy",),
}

NOT_SEEDED: Mapping[tuple[str, str], str] = {
    ("profile", "discoverable"): _SWITCH,
    ("profile", "online_visible"): _SWITCH,
    ("purposes", "wholly_restricted"): _SWITCH,
    ("purposes", "owed"): "stored only while the newest entry of the subject's history is altered",
    ("purposes", "to_delete"): "an instant of a withdrawal, which other records of that second have too",
    ("usage_event", "platform"): _PLATFORM,
    ("diagnostics_event", "platform"): _PLATFORM,
    ("contact", "user_id"): _OF_OTHERS,
    ("invitation", "user_id"): _OF_OTHERS,
    ("block_list", "blocks"): _OF_OTHERS,
    ("block_list", "links"): "ids and keyed hashes of other users, which are not the subject's data",
    ("block_list", "number_key"): "a random key, which nobody chooses",
    ("erasure_inputs", "phone"): "stored during the erasure only; the number is searched for after it",
    ("erasure_inputs", "email"): "stored during the erasure only; the address is searched for after it",
    ("last_change", "phone"): "stored if the number changes; it lies beside the mailbox of the same record",
    (
        "last_change",
        "locale",
    ): "stored if the language changes; it lies beside the mailbox of the same record",
    ("erasure_inputs", "locale"): "stored during the erasure only; the locale is searched for after it",
    ("erasure_inputs", "pseudonym"): "stored during the erasure only; the pseudonym is searched for after it",
    ("rights_request", "language"): "one of three words; the locale behind it is searched for",
    ("held_record", "source"): "the sort key of the record; it is sealed in one blob with its document",
    ("certificate", "document"): "made by the erasure; the search after it finds the pseudonym in it",
    ("rights_request", "lifting_text"): "stored only while operators end a restriction; sealed in one blob",
    ("guest_draft", "asked"): "what becomes the request, whose fields have canaries; sealed in one blob",
    ("rights_request", "contact_phone"): "stored in requests of people without an account, until the answer",
    ("rights_request", "contact_email"): "stored in requests of people without an account, until the answer",
    ("rights_request", "contact_locale"): "stored in requests of people without an account, until the answer",
    ("rights_request", "kept"): "made by the erasure; the search after it finds the law in it",
    ("held_record", "document"): "made by the erasure; the search after it finds profile and invoice in it",
    ("disclosure", "ground"): "a closed list",
    ("disclosure", "scope"): "a closed list",
}

# Kinds of records that show no canary before the erasure.
WITHOUT_CANARY: Mapping[str, str] = {
    "contact_request": "a keyed digest of a request, under a keyed id",
    "conversation_request": "a keyed digest of a request, under a keyed id",
    "limit": "counts under hashes of what is counted",
    "code_count": "counts of all subjects of a country together",
    "code_history": "counts of all subjects of a country together",
    "announcement_progress": "the progress of a job over all accounts of a shard",
    "renewal_progress": "the progress of a job over all accounts of a shard",
    "purge_progress": "the progress of a job in an index",
    "purge_budget": "a count of a day",
    "idle_state": "the progress of a job over all accounts",
    "reconciliation_state": "the progress of a job over all users of Stream",
    "stream_case": "written only if a user was deleted at Stream, but not by us",
    "stream_check": "made by the erasure",
    "stream_hook": "the hash of a body that is not stored",
    "stream_orphan": "about a user who has no account",
    "usage_partial": "counts of a shard, deleted once the day is published",
    "open_request": "stored while a request is open",
    "affected_list": "written only if operators list the accounts that a breach affected",
    "breach_letter": "the texts of operators, which are the same for everyone",
    "breach_progress": "the progress of a job over all accounts of a shard",
    "erasure_inputs": "stored during the erasure only",
    "certificate": "made by the erasure",
    "held_record": "made by the erasure",
}
