"""All kinds of pictures, how often each is drawn in training, and how widely."""

import random

import outside
import phrasings
import shapes
import signs
import widgets
from outside import REFUSAL
from tasks import Sample, Source, Turn
from words import COMMON

# Drawn by `tasks.py`, two in five of them widely.
NARROW = {"lines": 28, "dialog": 44, "scene": 34, "receipt": 44, "form": 40, "screen": 4, "chart": 56, "mixed": 6}
WIDE = {"shapes": 76, "window": 30, "sign": 20, "outside": 58}
KINDS = NARROW | WIDE

MAKERS = {"shapes": shapes.scene, "window": widgets.window, "sign": signs.sign, "outside": outside.picture}


def source_of(rng: random.Random, kind: str, ease: float = 0.0) -> Source:
    """What training draws a picture of that kind with."""
    return Source(rng, ease=ease, wide=kind in WIDE or rng.random() < 0.4)


def sample_of(source: Source, kind: str) -> Sample:
    """A picture of any kind, asked in many ways; now and then what cannot be answered is asked, too."""
    rng = source.rng
    if kind in MAKERS:
        sample = MAKERS[kind](source)
    else:
        sample = source.sample(kind)
        if source.wide:
            for turn in {id(turn): turn for chat in sample.chats for turn in chat}.values():
                turn.question = phrasings.reworded(rng, turn.question)
    if kind != "outside" and rng.random() < 0.4:
        question = phrasings.off_world(rng, source.held_style, rng.choice(COMMON))
        sample.chats.append([Turn("refuse question", question, REFUSAL)])
    return sample
