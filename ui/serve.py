"""Start the app's server: `python -m ui.serve run app.py …` takes what `streamlit run` takes.

Streamlit reads a folder named `pages` beside the app as its old multipage form until the app has run once: the first
visitor, coming by a link to a page, would be told that it does not exist. The menu is ours from the first request on.
"""

import sys

from streamlit.runtime.pages_manager import PagesManager
from streamlit.web.cli import main

if __name__ == "__main__":
    PagesManager.uses_pages_directory = False
    sys.exit(main())
