"""The meeting pack: slides, sheets and a page of findings, from the story or from pages."""

from ui import pack

pack.page()
