"""How many, and is it more than chance."""
