"""Retention: the deletion of what has ended, holds, and what a law or a hold keeps of erased accounts.

model     holds, held records, the progress of the purge
store     all DynamoDB access of holds
evidence  entries about holds in the Ledger
problems  the problems that operators see
holds     the rules of operators: place, confirm, lift, list
upkeep    pins the records that holds name
recovery  confirms and lifts holds of a restored table, as the Ledger says
held/     moves records to the table Held before an erasure, counts and deletes them
purge/    deletes what is past its end and still stored, and proves it (ADR 33)
idle/     warns owners of idle accounts, and closes them (ADR 36)
jobs      the schedules of upkeep and purge
"""
