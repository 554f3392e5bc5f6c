"""Where things are: areas, cells and who is next to whom."""
