"""The purge: deletes what is past its end and still stored, and proves what it found (RET-1, RET-2, ADR 33).

DynamoDB's TTL deletes most items, at no charge and without a guarantee. The purge reads only what TTL left
after a lag, so it costs almost nothing while TTL works. No item that it deletes is visible any more.

service   one run: all lanes, the daily budget, the figures and the evidence
evidence  what a run found, as entries of the Ledger
objects   copies in S3 that are past their period
store     lanes (the indexes by end), the deletes, the progress of each lane, the budget
"""
