"""What a field of a kind is, as the policy lists it, where the label alone does not say it."""

from chalicelib.privacy import words

FIELDS = {
    "account/pseudonym": "random ID that stands for you",
    "block_list/blocks": "the users whom you block, and since when",
    "block_list/links": "a keyed hash of the number of each, by which a block recognises the user again",
    "block_list/number_key": "the key of those hashes",
    "certificate/document": "what was deleted, what stays and why, under a random ID",
    "challenge/device": "random ID, model and operating system of the device, and version of the app",
    "contact/user_id": "the user ID of each contact",
    "diagnostics_event/diagnostics": "what failed, and the memory that was in use",
    "diagnostics_event/duration_ms": "how long it took",
    "diagnostics_event/model": "model of the device",
    "diagnostics_event/name": "name of the event",
    "diagnostics_event/screen": "screen of the app",
    "disclosure/reason": "why the ground applies",
    "disclosure/recipient": "who received the data",
    "disclosure/review": "the assessment of a second member of our staff",
    "disclosure/secrecy_proposal": "proposed changes of a secrecy that an order requires",
    "disclosure/secrecy_reference": "the order that requires secrecy",
    "erasure_inputs/pseudonym": "random ID that stands for you",
    "guest_draft/asked": "what you request",
    "guest_draft/device_id": "random ID of the device",
    "held_record/document": "the records, with all their data",
    "held_record/source": "where each record was stored",
    "hold/reason": "why we have to keep the data",
    "invitation/user_id": "the user ID of the person who invited you",
    "invoice/amount_minor": "amount",
    "profile/avatar_url": "picture (not used yet)",
    "profile/discoverable": "whether others may find you by number (not used yet)",
    "profile/online_visible": "whether others may see when you are online (not used yet)",
    "purposes/consents": "consents given or refused",
    "purposes/owed": "withdrawals that are still to be recorded",
    "purposes/restraints": "the requests that caused restrictions and objections",
    "purposes/to_delete": "purposes whose data is still to be deleted",
    "purposes/wholly_restricted": "whether all use of your data is restricted",
    "rights_request/contact_email": "email address for the answer",
    "rights_request/contact_locale": "language and region for the answer",
    "rights_request/contact_phone": "phone number for the answer",
    "rights_request/correction": "the correction that you ask for",
    "rights_request/decision_text": "our decision",
    "rights_request/kept": "what is kept after a deletion, and until when",
    "rights_request/lifting_text": "why we end a restriction",
    "rights_request/reason": "the reasons that you give",
    "rights_request/transfer_to": "the service to which your data is to be sent",
    "session/device": "random ID, model and operating system of the device, and version of the app",
    "usage_event/duration_ms": "how long it took",
    "usage_event/name": "name of the event",
    "usage_event/screen": "screen of the app",
}


def field(kind: str, name: str) -> str:
    """Return what a field of a kind is."""
    return FIELDS.get(f"{kind}/{name}") or words.label(name)
