"""Settings of our app at Stream: a declared baseline, its check and its application (STR-2, STR-3, ADR 38).

model       settings, what Stream states about them, and how they stand
baseline    the declared baseline
answers     reads Stream's answers, and drops all but the named fields
comparison  compares the baseline with what Stream states
app         the calls at Stream
changes     applies what differs
evidence    what a check found, and the placement that an operator confirmed, as entries of the Ledger
service     one check
jobs        the schedule
"""
