"""What the peers share: records, rules and calls of DynamoDB, as an engineer would write them plainly.

Nothing in this package imports the project, and a peer's process cannot find the project. Otherwise our
code would count in the figures of the peers. So rules and fields of chalicelib are written here again;
`equality` fails if a response, a refusal or a stored item is not like ours.
"""
