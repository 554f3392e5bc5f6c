"""The map page: layers, legend, page and templates."""
