"""Judging."""
from ..codec.evaluate import grouped_passages
from .data import NOISES


def evaluate(model, corpus, *, split="test", judge=None):
    return {}
