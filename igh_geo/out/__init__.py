"""What leaves the house: map, briefing, tables, layers and manifest."""
