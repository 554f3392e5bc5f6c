"""Local statistics: where it clusters, against what chance would give."""
