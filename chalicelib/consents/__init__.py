"""Consents: what a subject consented to, objected to and had restricted, per purpose.

api         routes: read and decide, the browser's signal, the records of decisions
service     the rules of decisions
decision    how choices change decisions, and the writes with their evidence; rights requests use it too
store       all DynamoDB access: one item of decisions per account, and the index of due work
evidence    the entries of decisions in the Ledger
proof       whether the history proves each decision, for operators
records     the same entries as consent records of ISO/IEC TS 27560
renewal     the work of a worker: owed events, evidence that has to be renewed
withdrawal  the same: data whose consent was withdrawn
restraints  which purposes restrictions and objections stop
lost_withdrawals, lost_objections   what a restored table lacks
model       decisions, and their representation in the API
"""
