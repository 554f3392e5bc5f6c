"""The map page: themes, classes, geometry and the page itself; `page.write_map` makes it."""
