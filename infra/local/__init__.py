"""What stands in for AWS and Stream on a developer's machine."""
