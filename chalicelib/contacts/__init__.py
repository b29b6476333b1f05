"""Contacts: how two users meet, by a code or by an invitation, and how a block ends that (ADR 37).

api          routes
service      lists contacts, adds one by a code, ends one; finds live contacts for conversations
invitations  sends, lists, accepts and declines invitations
separation   blocks a user and lifts a block
codes        makes and withdraws the code of an account, and finds the owner of a code
pairs        reads both users of a pair, and makes them contacts in one transaction
farewell     deletes the rows about an erased user that are under other accounts
page         the page behind the link of a code, the same for everyone
store        all DynamoDB access
model        records, views and problems
"""
