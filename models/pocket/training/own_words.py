"""Prints the words that Pocket says of itself: all that its answers have and its pictures do not.

`python own_words.py > ../own-words.txt`: what an answer has beside them has to stand in the picture.
"""

import random
import re

import tasks
from outside import REFUSAL
from world import KINDS, sample_of, source_of

DRAWN = 700  # pictures, after which no new word comes


def words_of(text: str) -> set[str]:
    return {word.lower() for word in re.findall(r"[^\s,.;:\"]+", text)}


def main():
    words = words_of(REFUSAL) | set(tasks.NUMBERS) | set(tasks.COLOURS) | set(tasks.ALL_SHAPES)
    words |= {f"{shape}s" for shape in tasks.ALL_SHAPES if not shape.endswith("s")}
    words |= words_of(" ".join(place for row in tasks.PLACES for place in row))
    for i in range(DRAWN):
        rng = random.Random(f"own words {i}")
        kind = rng.choice(list(KINDS))
        sample = sample_of(source_of(rng, kind), kind)
        drawn = "".join(glyph.letter for glyph in sample.canvas.glyphs).lower()
        answers = [turn.answer for chat in sample.chats for turn in chat]
        words |= {word for answer in answers for word in words_of(answer) if word not in drawn}
    print("\n".join(sorted(words)))


if __name__ == "__main__":
    main()
