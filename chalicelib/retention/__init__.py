"""Retention: holds, and what a law or a hold keeps of erased accounts (ADR 31).

model     holds and held records
store     all DynamoDB access of holds
evidence  entries about holds in the Ledger
problems  the problems that operators see
holds     the rules of operators: place, confirm, lift, list
upkeep    pins the records that holds name
recovery  confirms and lifts holds of a restored table, as the Ledger says
held/     moves records to the table Held before an erasure, counts and deletes them
jobs      the schedule of upkeep
"""
