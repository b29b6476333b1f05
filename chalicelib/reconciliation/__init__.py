"""Reconciliation: proves afterwards that erased users are gone at Stream, and repairs what is left (ADR 35).

model       the checks of an erasure, and the state of the job
store       all DynamoDB access of both
evidence    what was checked, found and repaired, as entries of the Ledger
checks      looks for erased users at Stream 1, 7, 30 and 90 days after the erasure
repairs     deletes users again who were found
comparison  compares all users of Stream with the accounts, over days
orphans     deactivates users without an account, and deletes those who stay so
gate        what keeps the job from acting: a new configuration, another app, restored tables, a fuse
service     one run
jobs        the schedule
"""
