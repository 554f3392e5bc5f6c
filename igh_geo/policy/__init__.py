"""What it means, and who may see it."""
