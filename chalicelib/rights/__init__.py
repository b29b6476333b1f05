"""Rights: requests of subjects, answered in time and on record (Art. 12 to 22 GDPR).

A request comes in by `api` (from the app), `guest_api` (by a code, without a session), `unsubscribe/` (by a
link) or `operators/enter` (from anywhere else). `engine` then advances it step by step, in the order that
`procedures` lists, until its answer is delivered and announced.

The subject's side:

The work:

The operators' side:

docs/adr/0017-requests-and-the-engine.md explains the design.
"""
