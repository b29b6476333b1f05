"""What a law or a hold keeps of erased accounts.

reasons  which kinds are kept, by which holds and statutes, until when; pure
store    all DynamoDB access: moves, counts and deletes held records
service  the parts that other concepts use
"""
