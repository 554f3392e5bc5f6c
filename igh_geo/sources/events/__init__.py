"""Incidents: rows of any export, understood and accounted for."""
