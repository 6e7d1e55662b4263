"""The host's log: one line per event on stdout, with the time in UTC."""

import logging
import sys
import time


def set_up_log(*, verbose: bool) -> None:
    """Send the host's records, and the lines of its workers, to stdout."""
    formatter = logging.Formatter("[%(asctime)s.%(msecs)03dZ] %(message)s", "%Y-%m-%dT%H:%M:%S")
    formatter.converter = time.gmtime
    out = logging.StreamHandler(sys.stdout)
    out.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers[:] = [out]
    root.setLevel(logging.INFO)
    logging.getLogger("local_azure").setLevel(logging.DEBUG if verbose else logging.INFO)
