"""Staff: the pseudonyms of the controller's operators, and the sealed register of them (ADR 27).

model    an entry of the register
store    all DynamoDB access of staff
history  which records a member of staff viewed, in the Ledger
service  the pseudonym of an ARN, and the ARNs of pseudonyms for operators
"""
