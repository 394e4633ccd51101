"""DSPy as dspex wants it: no caches of its own, every model call through the gateway."""

import logging
import os
import sys
import tempfile
import warnings

# Read at import: a place that may be written, and no price list from the network.
os.environ.setdefault("DSPY_CACHEDIR", os.path.join(tempfile.gettempdir(), "dspex-dspy"))
os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")
os.environ.setdefault("LITELLM_MODE", "PRODUCTION")  # else it reads `.env` files of the folders above


def set_up() -> dict:
    """Imports DSPy and bends it; says what there is. Doing it twice does nothing."""
    # The host speaks DSPy's present wire words on purpose, and the pin keeps them.
    warnings.filterwarnings("ignore", category=DeprecationWarning, module=r"dspy(\..*)?")
    warnings.filterwarnings("ignore", message=r".*(scheduled for removal|deprecated).*DSPy.*")
    import dspy

    from .gateway_lm import route_all_calls

    dspy.configure_cache(enable_disk_cache=False, enable_memory_cache=False)
    logging.getLogger("dspy").setLevel(logging.ERROR)
    route_all_calls()
    return versions()


def versions() -> dict:
    from importlib.metadata import PackageNotFoundError, version

    found = {"python": ".".join(map(str, sys.version_info[:3]))}
    for package in ("dspy", "pydantic", "json-repair", "gepa", "optuna", "litellm", "numpy"):
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found
