"""Mutants: changes of the code that break a promise, each of which a test of that promise must notice.

tests/mutants has the mutants, a module per promise. `python -m infra.mutants` runs the marked tests on each
of them, in copies of the work tree (ADR 59).
"""
