"""Run the command line as ``python -m igh_geo``."""

import sys

from igh_geo.cli.main import main

sys.exit(main())
