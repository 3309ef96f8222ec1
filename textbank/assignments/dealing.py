"""Dealt like cards: who gets which conversation."""

from collections.abc import Sequence


def deal(holders: Sequence[int | None], texters: Sequence[int], start: int = 0) -> list[int]:
    """For each conversation the texter it falls to: the first to `texters[start]`, the next to the one after.

    `holders` is who has each conversation now, oldest waiting first, None for the pool. A card that falls
    to its present holder stays there and counts in that texter's share, so that shares (moved + already
    theirs) differ by at most one. With `start` the number already dealt, batch after batch is one deal.
    `texters` are distinct and in the order chosen; without any, or with one twice, ValueError.
    """
    if not texters or len(set(texters)) != len(texters):
        raise ValueError("Deal to at least one texter, and to each once.")
    return [texters[(start + card) % len(texters)] for card in range(len(holders))]
