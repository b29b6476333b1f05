"""What a law or a hold keeps of erased accounts."""
