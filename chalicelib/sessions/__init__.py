"""Sessions: a signed-in device, its access token, and who is calling.

authorizer  proves a token at the gateway; no table, no pydantic, no boto3
caller      judges, from one read, whether the token's owner may do this now
tokens      makes access and refresh tokens
stepping_up a code to the account's number lifts the token for ten minutes
"""
