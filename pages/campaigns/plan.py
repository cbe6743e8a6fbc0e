"""Planning a test: what a size can see, what size is needed, what it costs; and the draw itself."""

from ui import drawing, planning

planning.plan_page()
drawing.draw_form()
