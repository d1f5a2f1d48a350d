"""What a test holds: the mock, its handles, and what they are made of."""
