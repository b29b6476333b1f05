"""The register of disclosures: data of a subject that goes to an authority or another party.

A disclosure is recorded, and approved by a second operator, before the data goes out (NOT-2, NOT-3, NOT-5).
The code sends nothing: operators hand the approved extract over, and record that they did.

model     the record, its grounds and statuses, and whether it is secret
problems  the problems of disclosures
evidence  the history of a disclosure in the Ledger
store     all DynamoDB access of disclosures
moves     applies a change to a disclosure, together with its evidence
proposal  what an operator proposes, and the rules for it
decide    approve, refuse, withdraw; record that the data went out
secrecy   an order not to inform the subject: propose a change, approve it
service   propose, list, show; the approved disclosures
"""
