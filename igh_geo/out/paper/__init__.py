"""What is printed: the map drawn in vectors, set as a picture and as a tagged PDF."""
