"""The parts of an erasure that its steps and routes call; `privacy/erasure` deletes the records.

docs/adr/0030-an-erasure-is-a-procedure-with-a-point-of-no-return.md explains the design.
"""
