"""What a stage costs on AWS in a month, computed from counted calls, prices and settings."""
