"""The simulator: a carrier that reaches nobody. Its contacts answer by themselves; see `carrier`."""

from .reading import read_inbound, read_report
from .sending import send
from .signing import verify

__all__ = ["LEGAL_HOURS", "read_inbound", "read_report", "send", "verify"]

LEGAL_HOURS = False
