"""Definitions: what every word and measure means, in the language of the page."""

from ui import definitions

definitions.page()
