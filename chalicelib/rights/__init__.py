"""Rights: requests of subjects, answered in time and on record (Art. 12 to 22 GDPR).

A right is a folder with a declaration, `right`. A request comes in by `api` (from the app), `guests` (by a
code, without a session), `objection/unsubscribe` (by a link) or `operators/enter` (from anywhere else).
`engine` then advances it step by step, as the declaration of its right says, until its answer is delivered
and announced.

docs/adr/0017-requests-and-the-engine.md and docs/adr/0058-a-right-is-a-folder-with-a-declaration.md explain
the design.
"""
