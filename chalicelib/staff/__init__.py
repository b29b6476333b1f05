"""Staff: pseudonyms of those who act for the controller, and the sealed register behind them (ADR 27).

model    an entry of the register
store    all DynamoDB of staff
service  from an ARN to a pseudonym, and back for operators
"""
