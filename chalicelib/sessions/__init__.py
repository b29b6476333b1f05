"""Sessions: a signed-in device, its tokens, and the callers of routes.

authorizer  verifies a token at the gateway; no table, no pydantic, no boto3
caller      decides, by one read, whether the token's owner may call a route now
tokens      creates access and refresh tokens
service     opens and lists sessions
refresh     refreshes a session, by the rule of `rotation`
logout      ends sessions
step_up     a code to the account's number gives a stepped-up token for ten minutes
store       all DynamoDB access
"""
