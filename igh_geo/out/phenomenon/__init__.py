"""``phenomenon.html``: cases by what they were found in, as one page that also prints."""
