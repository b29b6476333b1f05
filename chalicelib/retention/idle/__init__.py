"""Idle accounts: warned twice, then erased (RET-5, ADR 36).

service   run, count as a dry run, release a blocked job
work      one run: erasures to cancel, accounts to close, accounts to warn
closings  opens an erasure, and cancels one whose account is used again
warnings  sends one warning, and counts one that came back
letters   the texts of warnings
plan      what is due for an account, from its record alone
gate      what keeps the job from acting by mistake
store     the lease of the job, and the mails that may come back
"""
