"""Planning a test: what a size can see, what size is needed, what it costs; and the draw itself."""

from ui import planning

planning.plan_page()
planning.draw_form()
