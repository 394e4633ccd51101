"""`package.module:Name` of an adopted package as what it names; every way it can fail says what was wanted and what is there."""

import importlib
import inspect
import re
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import dspy

from .failures import Failed, place_of
from .packages import settings_of

ENTRY = re.compile(r"([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*):([A-Za-z_]\w*)")
SHOWN = 12


def refused(message: str) -> Failed:
    return Failed("Input.Invalid", message)


def imported(entry: str, folder: Path, wanted: str) -> tuple[ModuleType, str]:
    """The module, and the name after the colon. `wanted` is the word for that name: CLASS, FUNCTION."""
    match = ENTRY.fullmatch(entry)
    if match is None:
        raise refused(f'wanted PACKAGE.MODULE:{wanted}, such as hops.program:MultiHop; there was "{entry[:200]}"')
    path, name = match.groups()
    in_folder(path, folder)
    before = dict(dspy.settings.config)
    try:
        module = importlib.import_module(path)
    except Failed:
        raise
    except (Exception, SystemExit) as error:
        raise refused(f"importing {path} failed: {told(error)}") from error
    changed = {key: value for key, value in dspy.settings.config.items() if before.get(key) is not value}
    settings_of(folder.name).update(changed)
    return module, name


def in_folder(path: str, folder: Path) -> None:
    """Only what was adopted is imported by name: a module of the same name elsewhere would be another program."""
    at = folder
    for part in path.split("."):
        here = at
        at = here / part
        if not at.is_dir() and not at.with_suffix(".py").is_file():
            there = sorted({file.stem for file in here.glob("*.py")} | {file.name for file in here.iterdir() if file.is_dir()})
            shown = ", ".join(name for name in there if not name.startswith("__")) or "nothing to import"
            where = ".".join(here.relative_to(folder).parts) or "the adopted files"
            raise refused(f"there is no module {path}: {where} has {shown}")


def named(module: ModuleType, name: str, fits: Any, wanted: str) -> Any:
    found = getattr(module, name, None)
    if found is not None and fits(found):
        return found
    own = [key for key, value in vars(module).items() if fits(value) and getattr(value, "__module__", module.__name__) == module.__name__]
    has = f"{module.__name__} has {', '.join(own[:SHOWN])}" if own else f"{module.__name__} has none"
    if found is None:
        raise refused(f"{module.__name__} has no {name}: wanted {wanted}; {has}")
    kind = found.__name__ if isinstance(found, type) else type(found).__name__
    raise refused(f"{module.__name__}:{name} is no {wanted} but {'the class ' if isinstance(found, type) else 'a '}{kind}; {has}")


def is_program(value: Any) -> bool:
    return isinstance(value, dspy.Module) or (isinstance(value, type) and issubclass(value, dspy.Module) and value is not dspy.Module)


def program_of(entry: str, folder: Path) -> dspy.Module:
    """A class that is called without arguments, or a module that is there already."""
    module, name = imported(entry, folder, "CLASS")
    found = named(module, name, is_program, "dspy.Module")
    if isinstance(found, dspy.Module):
        return found
    needed = needed_arguments(found.__init__)
    if needed:
        raise refused(
            f"{entry} cannot be made: its constructor needs {', '.join(needed)}; "
            "give them defaults, or name a subclass or an instance that has them"
        )
    try:
        return found()
    except (Exception, SystemExit) as error:
        raise refused(f"making {entry} failed: {told(error)}") from error


def metric_of(entry: str, folder: Path) -> Any:
    module, name = imported(entry, folder, "FUNCTION")
    return named(module, name, lambda value: callable(value) and not isinstance(value, type), "function (example, prediction, trace=None)")


def needed_arguments(function: Any) -> list[str]:
    try:
        parameters = list(inspect.signature(function).parameters.values())[1:]
    except (TypeError, ValueError):
        return []
    plain = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    return [one.name for one in parameters if one.kind in plain and one.default is inspect.Parameter.empty]


def told(error: BaseException) -> str:
    """The error with its place in the user's files, and for a missing package what to do about it."""
    at = place_of(error)
    where = f" ({at[-1]})" if at else ""
    text = f"{type(error).__name__}: {error}{where}"
    missing = getattr(error, "name", None) if isinstance(error, ModuleNotFoundError) else None
    if missing and missing.split(".")[0] not in sys.stdlib_module_names:
        text += f'; {missing.split(".")[0]} is neither in the package nor in its requirements.lock'
    return text
