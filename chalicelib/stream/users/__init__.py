"""Users at Stream: their profiles, blocks and access, as our accounts state them."""
