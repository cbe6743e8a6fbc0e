"""`python -m insight …`: the analyses without a browser."""

import sys

from insight.cli import main

sys.exit(main())
