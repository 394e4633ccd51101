"""A user's package as it was adopted: its files by their hash, unpacked once, imported as if this process had always had it.

The archive is gzipped JSON `{"files": {path: base64}}`, asked for once (`call.ask("package", ...)`) and kept in the
scratch folder under its hash. One package is active at a time; the modules of the others are set aside, not forgotten.
"""

import base64
import gzip
import hashlib
import importlib
import json
import os
import shutil
import sys
import tempfile
from pathlib import Path

from .call import Call
from .failures import Failed

_set_aside: dict[str, dict] = {}
_active: list[str] = []
_own_settings: dict[str, dict] = {}


def use_package(package: dict, call: Call) -> Path:
    """`{sha256, bytes}`: its folder, first on the path. What it configured of DSPy when it was imported holds again."""
    sha256 = package["sha256"]
    folder = root() / sha256
    if not folder.is_dir():
        unpack(call.ask("package", package).result()["archive"], sha256, folder)
    if _active != [sha256]:
        put_aside()
        sys.path.insert(0, str(folder))
        sys.modules.update(_set_aside.pop(sha256, {}))
        _active[:] = [sha256]
        importlib.invalidate_caches()
    return folder


def put_aside() -> None:
    while _active:
        sha256 = _active.pop()
        folder = str(root() / sha256)
        if folder in sys.path:
            sys.path.remove(folder)
        own = {name: module for name, module in sys.modules.items() if _is_below(module, folder)}
        for name in own:
            del sys.modules[name]
        _set_aside[sha256] = own


def active() -> str:
    return _active[0]


def settings_of(sha256: str) -> dict:
    """What the package set with `dspy.configure` while it was imported; kept by whoever imports it."""
    return _own_settings.setdefault(sha256, {})


def _is_below(module: object, folder: str) -> bool:
    places = [getattr(module, "__file__", None) or "", *map(str, getattr(module, "__path__", []))]
    return any(place.startswith(folder + os.sep) or place == folder for place in places)


def root() -> Path:
    home = os.environ.get("HOME", "")
    scratch = Path(home) if home and os.access(home, os.W_OK) else Path(tempfile.gettempdir())
    return scratch / "packages"


def unpack(archive: str, sha256: str, folder: Path) -> None:
    """Whole or not at all: another worker may be doing the same."""
    packed = base64.b64decode(archive)
    found = hashlib.sha256(packed).hexdigest()
    if found != sha256:
        raise Failed("Input.Invalid", f"the package's archive should have the SHA-256 {sha256}, this has {found}")
    files = json.loads(gzip.decompress(packed))["files"]
    folder.parent.mkdir(parents=True, exist_ok=True)
    half = Path(tempfile.mkdtemp(prefix="half-", dir=folder.parent))
    try:
        for name, content in files.items():
            path = (half / name).resolve()
            if half.resolve() not in path.parents:
                raise Failed("Input.Invalid", f"the package has a file outside of itself: {name}")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(base64.b64decode(content))
        os.replace(half, folder)
    except OSError:
        if not folder.is_dir():
            raise
    finally:
        shutil.rmtree(half, ignore_errors=True)
