"""Addresses: where they are, and which one is meant."""
