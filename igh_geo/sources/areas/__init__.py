"""Areas of every layout and year, and the figures that are known about each."""
