"""The recipe: what was decided about the data, to a file and back, for next month or the next client."""

from ui import recipe_page

recipe_page.head()
recipe_page.ways()
recipe_page.holds()
