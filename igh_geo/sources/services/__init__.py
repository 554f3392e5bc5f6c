"""The open-data services: PDOK, CBS and the police, fetched page by page and kept whole."""
