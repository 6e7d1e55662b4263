"""Entry of `python -m local_azure`."""

import sys

from local_azure.control_plane.cli import main

if __name__ == "__main__":
    sys.exit(main())
