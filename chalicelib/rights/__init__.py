"""Rights: requests of subjects, answered in time and on record (Art. 12 to 22 GDPR).

A request comes in by `api` (from the app), `guest_api` (by a code, without a session), `unsubscribe/` (by a
link) or `operators/enter` (from anywhere else). `engine` then advances it step by step, in the order that
`procedures` lists, until its answer is delivered and announced.

The subject's side:

    api          routes
    guest_api    routes of requests without a session
    guests/      the draft of such a request, its code, and proofs of identity
    contact_owners  the account that has a number or mailbox
    identity     which proofs of identity a request needs and has
    effect_views what a request restricts, and which recipients were notified, in responses
    views        what routes accept and return
    intake/      what each right accepts, and what takes effect in the transaction of the request
    service      submit, read, cancel, fetch the copy
    model        the stored request
    correctable  the fields that can be corrected, from the declarations
    corrections  what a rectification asks for
    recipients   which recipients are notified of a change, and what the subject sees of that
    restraints   what a restriction or an objection stops, and since when
    lift         the subject ends a restriction or an objection
    decisions    the text of a decision, in the subject's language
    reasons      the reasons for which a right can be refused, as the law lists them
    kept         what a law or a hold keeps of an erased account
    store        all DynamoDB access of requests
    indexes      the keys by which indexes list a request; pure
    states       which status may follow which; pure
    standstill   which requests make no progress, and why; pure
    deadline     when an answer is due; pure
    receipts     the proof of a request, which needs no session
    evidence     entries of a request's history
    owed         evidence that could not be appended yet
    problems     the errors that clients and operators see
    moves        applies a person's change, with retries
    messages     decisions, mails, reminders
    files        copies in S3: links, reading, deleting
    receipt_page/  the page that shows and cancels a request by its receipt
    unsubscribe/  the objection to marketing by the link in a mail, and the page behind the link
    jobs         the workers and the sweep

The work:

    engine/      advances a request by one step or its duties
    procedures/  the steps of each right, by name and in order
    steps/       what each step does; for workers only
    export/      the copy as a package; export/page is its readable page
    erasure/     what an erasure does outside of our tables, and the mark that it leaves
    restored/    requests after a restore of their table, or of the accounts (ADR 32)

The operators' side:

    operators/   decisions by two people, extensions, requests from outside the app, inspections

docs/adr/0017-requests-and-the-engine.md explains the design.
"""
