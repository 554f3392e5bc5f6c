"""The outside world, in: boundaries, incidents, counts and the shipped sample."""
