"""`make upgrade`: a base version and this checkout, in turns, on one local cloud with the same data.

`checkouts` gets the base, `version` runs in a process of each version, `__main__` has the order of the steps
(ADR 79).
"""
