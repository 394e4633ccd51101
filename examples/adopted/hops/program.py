"""A loop: look something up, read it, and look again until the question can be answered."""

import dspy

FACTS = {
    "ada lovelace": "Ada Lovelace wrote the first published program, for the engine of Charles Babbage.",
    "charles babbage": "Charles Babbage was born in London and held the chair once held by Isaac Newton.",
    "isaac newton": "Isaac Newton was born in Woolsthorpe and became Master of the Mint.",
    "grace hopper": "Grace Hopper wrote a compiler and worked on the Harvard Mark I with Howard Aiken.",
    "howard aiken": "Howard Aiken was born in Hoboken and had read the writings of Charles Babbage.",
    "alan turing": "Alan Turing was born in London and wrote his thesis under Alonzo Church.",
    "alonzo church": "Alonzo Church was born in Washington and invented the lambda calculus.",
}


def look_up(query: str) -> str:
    words = set(query.lower().replace("?", " ").split())
    return max(FACTS.items(), key=lambda fact: len(words & set(fact[0].split())))[1]


class NextQuery(dspy.Signature):
    """Name the one person to look up next to answer the question."""

    question: str = dspy.InputField()
    notes: list[str] = dspy.InputField(desc="what is known already")
    query: str = dspy.OutputField(desc="a person's name")


class AnswerFromNotes(dspy.Signature):
    """Answer from the notes alone, in one or two words."""

    question: str = dspy.InputField()
    notes: list[str] = dspy.InputField()
    answer: str = dspy.OutputField()


class MultiHop(dspy.Module):
    def __init__(self, max_hops: int = 2):
        super().__init__()
        self.max_hops = max_hops
        self.next_query = dspy.Predict(NextQuery)
        self.answer = dspy.ChainOfThought(AnswerFromNotes)

    def forward(self, question: str) -> dspy.Prediction:
        notes: list[str] = []
        for _ in range(self.max_hops):
            query = self.next_query(question=question, notes=notes).query
            found = look_up(query)
            if found in notes:
                break
            notes.append(found)
        return dspy.Prediction(answer=self.answer(question=question, notes=notes).answer, notes=notes)
