"""Conversations: who chats with whom. Our rows decide, and Stream is brought to them (ADR 40).

api          routes
opening      opens a pair or a group
membership   adds and removes members of a group, and ends the caller's own membership
messages     deletes a message of the caller at Stream
candidates   judges whom a member may bring into a group
channel_sync brings a channel at Stream to its conversation: for routes, and for the table's stream
farewell     ends the memberships of an erased user
pairs        the id of a pair, and the writes by which a block ends the blocker's membership
store        all DynamoDB access
model        records, values, bodies, views and problems
"""
