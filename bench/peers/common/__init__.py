"""What the peers share: records, rules and calls of DynamoDB, as an engineer would write them plainly."""
