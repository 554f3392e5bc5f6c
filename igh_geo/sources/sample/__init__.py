"""The shipped example: a made-up municipality with hotspots planted in known places."""

from igh_geo.sources.sample.make import make_sample

__all__ = ["make_sample"]
