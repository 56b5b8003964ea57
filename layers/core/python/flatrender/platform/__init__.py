"""AWS behind plain names."""
