"""The story: the findings of a meeting in their order, to be played on the projector."""

from ui import story

story.page()
