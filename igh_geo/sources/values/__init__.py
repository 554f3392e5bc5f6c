"""Values as people write them: numbers, dates, places, words."""
