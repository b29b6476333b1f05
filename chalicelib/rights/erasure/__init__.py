"""The right to erasure (Art. 17 GDPR): its procedure, its certificate, and idle accounts.

`privacy/erasure` deletes the records.
docs/adr/0030-an-erasure-is-a-procedure-with-a-point-of-no-return.md explains the design.
"""
