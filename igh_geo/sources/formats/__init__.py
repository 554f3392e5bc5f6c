"""Any file as one table of text, or as a layer of areas."""
