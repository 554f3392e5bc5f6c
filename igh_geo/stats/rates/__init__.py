"""Rates: how many for how many, and how sure."""
