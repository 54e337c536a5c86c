"""`python -m vard_http.ctl`."""

import sys

from vard_http.ctl.main import main

sys.exit(main())
