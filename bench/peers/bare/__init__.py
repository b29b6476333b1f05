"""The peers in a function without a framework: a boto3 client and json; a module for each function."""
