"""A worker whose operations are what users' own DSPy code does with models."""

import asyncio
import os

from dspex_host.worker import prepare, serve


def own_lm(payload, _call):
    import dspy

    lm = dspy.LM(payload["model"], api_key="sk-not-a-key", temperature=0.5)
    with dspy.context(lm=lm):
        return {"answer": dspy.Predict("q -> answer")(q="?").answer}


def several(_payload, _call):
    import dspy

    with dspy.context(lm=dspy.LM("openai/known")):
        answers = dspy.Predict("q -> answer", n=3, rollout_id=4)(q="?").completions.answer
    return {"answers": list(answers)}


def in_tasks(_payload, _call):
    import dspy

    async def all_of_them():
        predict = dspy.Predict("q -> answer")
        return await asyncio.gather(*(predict.acall(q=f"{i}") for i in range(4)))

    with dspy.context(lm=dspy.LM("openai/known")):
        return {"answers": [one.answer for one in asyncio.run(all_of_them())]}


def in_threads(_payload, _call):
    import dspy

    predict = dspy.Predict("q -> answer")
    with dspy.context(lm=dspy.LM("openai/known")):
        pairs = [(predict, dspy.Example(q=f"{i}").with_inputs("q")) for i in range(4)]
        return {"answers": [one.answer for one in dspy.Parallel(num_threads=4, disable_progress_bar=True)(pairs)]}


def configured(payload, _call):
    """What a program does at import; twice must work too."""
    import dspy

    dspy.configure(lm=dspy.LM("openai/known"))
    return {"answer": dspy.ChainOfThought("q -> answer")(q=payload["q"]).answer}


def unknown_setting(_payload, _call):
    import dspy

    with dspy.context(lm=dspy.LM("openai/known", logprobs=True)):
        return {"answer": dspy.Predict("q -> answer")(q="?").answer}


def embeddings(_payload, _call):
    import dspy

    return {"vector": list(dspy.Embedder("openai/text-embedding-3-small")("text"))}


def caught(_payload, _call):
    """DSPy's own errors are what code expects."""
    import dspy

    try:
        with dspy.context(lm=dspy.LM("openai/known")):
            dspy.Predict("q -> answer")(q="?")
    except dspy.ContextWindowExceededError as error:
        return {"caught": "context", "message": str(error)}
    except dspy.LMError as error:
        return {"caught": "lm", "message": str(error)}


def keys(_payload, _call):
    return {"keys": [name for name in os.environ if "KEY" in name or "TOKEN" in name or "SECRET" in name]}


if __name__ == "__main__":
    own = [own_lm, several, in_tasks, in_threads, configured, unknown_setting, embeddings, caught, keys]
    serve({operation.__name__: operation for operation in own}, prepare)
