"""Does this process still answer, and how large is it?"""

import os
import sys

from ..call import Call
from ..memory import resident_bytes


def health(_payload: dict, _call: Call) -> dict:
    return {"status": "ok", "pid": os.getpid(), "python": sys.version.split()[0], "residentBytes": resident_bytes()}
