"""igh_geo: hotspot mapping for Dutch municipal enforcement."""

__version__ = "0.1.0"
