"""Notifies the people affected by a breach, once each, shard by shard (ADR 34, ADR 45).

letter    the mail, in the reader's language
store     all DynamoDB access of notices and of their progress
notice    notifies one account: by mail, else in the app
run       notifies the accounts of a shard or a list, in runs that can stop and resume anywhere
queue     the queue of shards
"""
