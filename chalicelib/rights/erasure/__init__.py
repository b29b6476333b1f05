"""The parts of an erasure that its steps and routes call; `privacy/erasure` deletes the records.

certificate  the certificate of a request, for its subject or the holder of the receipt
messages     mails and text messages about an erasure, with the link to the page of the receipt
objects      deletes copies from S3
statement    what a certificate says, from the notes of the steps
store        what the steps need after the account is deleted; fences; certificates
tombstones   the mark of an erasure, in the Ledger and in the locked bucket

docs/adr/0030-an-erasure-is-a-procedure-with-a-point-of-no-return.md explains the design.
"""
