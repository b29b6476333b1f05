"""Breaches of personal data: the record, the deadlines of authorities, notices to people (SEC-4).

ADR 45 has the invariants and failure modes.

clocks     the deadlines of one authority, as pure rules
words      what an operator writes and decides, as values
model      the records
problems   the problems of breaches
evidence   the history of a breach in the Ledger
store      all DynamoDB access of breaches; `subject_notices.store` that of the notices
moves      applies a change to a breach, together with its evidence
record     open, add a fact, list, show
authority  record that an authority was notified
decide     the assessment of the risk, by two operators; closing
subject_notices  notifies the people affected, shard by shard
restored   finds breaches that a restored table has in an older state
shown      the notices to one account, for its owner
watch      counts open breaches, deadlines and pending notices
jobs       the schedule, and the worker of the queue
"""
