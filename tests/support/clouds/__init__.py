"""AWS in tests: in this process (moto), and deployed on this machine."""
