"""The parts of an erasure that its steps and routes call; `privacy/erasure` deletes the records.

certificate  the certificate of a request, for its subject or the holder of the receipt
messages     mails and text messages about an erasure
objects      deletes a request's copy from S3
statement    builds the certificate from the notes of the steps
store        the inputs of the steps after the account is deleted, the guards, the certificates
tombstones   the marks of an erasure, in the Ledger and in the locked bucket

docs/adr/0030-an-erasure-is-a-procedure-with-a-point-of-no-return.md explains the design.
"""
