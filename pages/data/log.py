"""The log: what came in, what left and what was changed, when and by whom."""

from ui import log_page

log_page.page()
