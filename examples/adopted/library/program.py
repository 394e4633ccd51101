"""A retriever of one's own, with a dependency of its own, in front of a chain of thought."""

import math
from collections import Counter
from pathlib import Path

import dspy
import snowballstemmer

STEM = snowballstemmer.stemmer("english").stemWords
SHELF = Path(__file__).with_name("shelf.txt").read_text(encoding="utf-8").splitlines()


class Bm25:
    """Okapi BM25 over stemmed words."""

    def __init__(self, passages: list[str]):
        self.passages = passages
        self.counts = [Counter(words(passage)) for passage in passages]
        self.mean = sum(count.total() for count in self.counts) / len(passages)
        self.seen = Counter(word for count in self.counts for word in count)

    def __call__(self, query: str, k: int) -> list[str]:
        ranked = sorted(range(len(self.passages)), key=lambda i: -self.score(words(query), self.counts[i]))
        return [self.passages[i] for i in ranked[:k]]

    def score(self, query: list[str], count: Counter) -> float:
        weight = 1.5 * (0.25 + 0.75 * count.total() / self.mean)
        return sum(self.rarity(word) * count[word] * 2.5 / (count[word] + weight) for word in query)

    def rarity(self, word: str) -> float:
        return math.log(1 + (len(self.passages) - self.seen[word] + 0.5) / (self.seen[word] + 0.5))


def words(text: str) -> list[str]:
    return STEM("".join(letter if letter.isalnum() else " " for letter in text.lower()).split())


class Librarian(dspy.Module):
    def __init__(self, k: int = 2):
        super().__init__()
        self.k = k
        self.search = Bm25(SHELF)
        self.respond = dspy.ChainOfThought("context: list[str], question -> answer")

    def forward(self, question: str) -> dspy.Prediction:
        context = self.search(question, self.k)
        return dspy.Prediction(context=context, answer=self.respond(context=context, question=question).answer)
