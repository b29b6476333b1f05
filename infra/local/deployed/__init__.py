"""What an emulator has of the templates: compared property by property, and completed.

The CloudFormation of the emulator drops what it does not know. After a deployment, `completion.complete`
resolves the templates (`templates`), reads each resource back through the API of its service (`functions`,
`stores`), applies what that API can do (`remedies`) and compares again (`comparison`). What then
differs must be on the list in dropped.toml.
"""
