"""DSPy's optimizers by name: what each is made with, and how it is asked to compile."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import dspy
from dspy import teleprompt

from .failures import Failed

THREADS = 8


@dataclass
class Job:
    """One compilation: all that an optimizer may be given."""

    student: dspy.Module
    metric: Callable[..., Any]
    trainset: list
    valset: list
    config: dict
    compile: dict
    teacher: dspy.LM | None
    seed: int


@dataclass
class Kind:
    make: Callable[..., Any]
    # Settings filled in by whoever runs it: the model that writes, by the optimizer's name for it.
    writer: str | None = None
    teaches: bool = False
    threads: bool = True
    valset: bool = True
    compile: Callable[[Job], dict] = field(default=lambda _: {})
    extra: Callable[[Job], dict] = field(default=lambda _: {})


def optimized(name: str, job: Job) -> dspy.Module:
    kind = KINDS.get(name)
    if kind is None:
        raise Failed("Module.Unsupported", f'no optimizer "{name}" here: there are {", ".join(KINDS)}')
    given: dict[str, Any] = {"metric": job.metric, **kind.extra(job), **job.config}
    if kind.writer is not None:
        given[kind.writer] = job.teacher or dspy.settings.lm
    if kind.teaches and job.teacher is not None:
        given["teacher_settings"] = {"lm": job.teacher}
    if kind.threads:
        given.setdefault("num_threads", THREADS)
    made = kind.make(**given)
    asked = {**kind.compile(job), **job.compile}
    if kind.valset and job.valset:
        asked["valset"] = job.valset
    return made.compile(job.student, trainset=job.trainset, **asked)


def _better_together(metric: Any, optimizers: dict, **_: Any) -> Any:
    """`optimizers: {p: {optimizer, config}}`, prompts only: there is nobody here to train weights."""
    made = {}
    for key, one in optimizers.items():
        kind = KINDS.get(one.get("optimizer", ""))
        if kind is None or one["optimizer"] == "BetterTogether":
            raise Failed("Module.Unsupported", f'BetterTogether cannot chain "{one.get("optimizer")}" here')
        config = dict(one.get("config", {}))
        if kind.writer is not None:
            config[kind.writer] = dspy.settings.lm
        if kind.threads:
            config.setdefault("num_threads", THREADS)
        made[key] = kind.make(metric=metric, **config)
    return teleprompt.BetterTogether(metric=metric, **made)


KINDS: dict[str, Kind] = {
    "BootstrapFewShot": Kind(teleprompt.BootstrapFewShot, teaches=True, threads=False, valset=False),
    "BootstrapFewShotWithRandomSearch": Kind(teleprompt.BootstrapFewShotWithRandomSearch, teaches=True),
    "COPRO": Kind(
        teleprompt.COPRO,
        writer="prompt_model",
        threads=False,
        valset=False,
        compile=lambda _: {"eval_kwargs": {"num_threads": THREADS, "display_progress": False, "display_table": False}},
    ),
    "MIPROv2": Kind(teleprompt.MIPROv2, writer="prompt_model", teaches=True, extra=lambda job: {"seed": job.seed}),
    "SIMBA": Kind(teleprompt.SIMBA, writer="prompt_model", teaches=True, valset=False, compile=lambda job: {"seed": job.seed}),
    "GEPA": Kind(teleprompt.GEPA, writer="reflection_lm", extra=lambda job: {"seed": job.seed}),
    "InferRules": Kind(teleprompt.InferRules, teaches=True),
    "BetterTogether": Kind(
        _better_together, threads=False, compile=lambda job: {"num_threads": THREADS, "seed": job.seed}
    ),
}
