"""Points: density, concentration, and how they lie."""
