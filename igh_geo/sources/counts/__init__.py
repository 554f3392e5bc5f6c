"""Counts per area and period that somebody else made."""
