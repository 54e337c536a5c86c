"""`python -m vard_http`."""

import sys

from vard_http.cli import main

sys.exit(main())
