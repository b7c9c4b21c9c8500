"""Samples as tensors: several conversations share one picture, each blind to the others."""

import itertools
import random
import re
from collections import Counter
from dataclasses import dataclass

import torch
from torch import Tensor

from draw import Glyph
from network import BOS, EOS, INST, INST_END, PATCH, cut, encode, picture_ids
from tasks import Sample
from world import KINDS, source_of, sample_of

SLOTS = 3  # letters that one patch may be asked to name
BEFORE = 2  # letters before its first that a patch may be asked for: by them a reader finds where to go on
OWNER = 3  # first letters of what a text belongs to, which its patches may be asked for
ORDINALS = 48  # places in a line that a patch may be asked for
TOTALS = 3  # how many shapes there are, of this patch's shape, and of its colour
MOST = 10  # of them, with none
IGNORE = -100


@dataclass
class Example:
    """One picture, its tokens and what its patches show."""

    patches: Tensor  # [patches, 768]
    places: Tensor  # [patches, 2]
    ids: list[int]
    positions: list[int]
    branch: list[int]  # 0 is the picture, which all conversations see
    targets: list[int]  # the token after each, where an answer is learnt
    weights: list[float]  # of each target: a short answer is not to drown among the letters of long ones
    looks: list[int]  # where the token that follows is drawn: the place of a patch's [IMG], or IGNORE
    glyphs: Tensor  # [patches, SLOTS], 0 for none
    before: Tensor  # [patches, BEFORE], what is read before the first letter, 0 for a blank, IGNORE where there is no letter
    owners: Tensor  # [patches, OWNER], what the first letter's text belongs to, 0 for nothing, IGNORE where there is no letter
    ordinals: Tensor  # [patches], the place of the first letter in its line, IGNORE for none
    shapes: Tensor  # [patches], 0 for none
    colours: Tensor  # [patches], IGNORE where there is no shape
    cells: Tensor  # [patches], which ninth of the picture the shape is in, IGNORE where there is none
    totals: Tensor  # [patches, TOTALS], IGNORE where there is no shape


def example(sample: Sample, rng: random.Random, most_chats: int = 7) -> Example:
    patches, places = cut(sample.image)
    rows, columns = (int(side) + 1 for side in places[-1])
    ids = [BOS, INST, *picture_ids(rows, columns)]
    n_shared = len(ids)
    positions, branch, targets = list(range(n_shared)), [0] * n_shared, [IGNORE] * n_shared
    weights, looks = [0.0] * n_shared, [IGNORE] * n_shared
    drawn = "".join(glyph.letter for glyph in sample.canvas.glyphs)
    seen_at = [token_of(glyph.x, glyph.y, rows, columns) for glyph in sample.canvas.glyphs]
    chats = sample.chats if len(sample.chats) <= most_chats else rng.sample(sample.chats, most_chats)
    for number, chat in enumerate(chats, 1):
        start = len(ids)
        for i, turn in enumerate(chat):
            question = encode(turn.question) + [INST_END]
            if i > 0:
                question.insert(0, INST)
            answer = encode(turn.answer) + [EOS]
            ids += question + answer
            # The last token of the question is taught the first of the answer, and so on.
            targets += [IGNORE] * (len(question) - 1) + answer + [IGNORE]
            weights += [0.0] * (len(question) - 1) + [len(answer) ** -0.5] * len(answer) + [0.0]
            answer_looks = places_of(turn.answer, drawn, seen_at)
            if turn.shape is not None:
                _, _, x, y, _ = sample.canvas.regions[turn.shape]
                # Until the answer tells the shape from others; its last letters need no picture.
                answer_looks[:4] = [token_of(x, y, rows, columns)] * min(4, len(answer_looks))
            looks += [IGNORE] * (len(question) - 1) + answer_looks + [IGNORE, IGNORE]
        positions += range(n_shared, n_shared + len(ids) - start)
        branch += [number] * (len(ids) - start)
    glyphs = torch.full((len(patches), SLOTS), 0 if sample.canvas.is_known else IGNORE)
    before = torch.full((len(patches), BEFORE), IGNORE)
    owners = torch.full((len(patches), OWNER), IGNORE)
    ordinals = torch.full((len(patches),), IGNORE)
    found: dict[int, list[tuple[Glyph, list[int]]]] = {}
    line: dict[int, int] = {}
    for glyph in sample.canvas.glyphs:
        if glyph.ordinal == 0:
            line = {}
        line[glyph.ordinal] = letter_class(glyph.letter)
        row, column = int(glyph.y // PATCH), int(glyph.x // PATCH)
        if 0 <= row < rows and 0 <= column < columns and "!" <= glyph.letter <= "~":
            earlier = [line.get(glyph.ordinal - 1 - i, 0) for i in range(BEFORE)]
            found.setdefault(row * columns + column, []).append((glyph, earlier))
    for patch, letters in found.items():
        letters = sorted(letters, key=lambda one: one[0].x)[:SLOTS]
        for slot, (glyph, _) in enumerate(letters):
            glyphs[patch, slot] = letter_class(glyph.letter)
        first, earlier = letters[0]
        before[patch] = torch.tensor(earlier)
        owners[patch] = torch.tensor([letter_class(letter) for letter in first.owner.ljust(OWNER)[:OWNER]])
        ordinals[patch] = min(first.ordinal, ORDINALS - 1)
    shapes = torch.full((len(patches),), 0 if sample.canvas.is_known else IGNORE)
    colours, cells = (torch.full((len(patches),), IGNORE) for _ in range(2))
    totals = torch.full((len(patches), TOTALS), IGNORE)
    of_shape, of_colour = (Counter(region[i] for region in sample.canvas.regions) for i in (0, 1))
    centres = (places.float() + 0.5) * PATCH
    for shape, colour, x, y, radius in sample.canvas.regions:
        inside = (centres - torch.tensor([y, x])).abs().amax(-1) < max(radius, 9)
        shapes[inside], colours[inside] = shape + 1, colour
        row, column = (min(max(int(3 * part), 0), 2) for part in (y / sample.canvas.height, x / sample.canvas.width))
        cells[inside] = 3 * row + column
        counted = (len(sample.canvas.regions), of_shape[shape], of_colour[colour])
        totals[inside] = torch.tensor([min(n, MOST - 1) for n in counted])
    return Example(patches, places, ids, positions, branch, targets, weights, looks,
                   glyphs, before, owners, ordinals, shapes, colours, cells, totals)


def letter_class(letter: str) -> int:
    """The number that the teacher has for a printable letter; 0 is the blank."""
    return ord(letter) - 32


def token_of(x: float, y: float, rows: int, columns: int) -> int:
    """The place of the [IMG] of the patch at a point, after <s> and [INST]; IGNORE outside the picture."""
    row, column = int(y // PATCH), int(x // PATCH)
    return 2 + row * (columns + 1) + column if 0 <= row < rows and 0 <= column < columns else IGNORE


def letters_of(text: str, span: tuple[int, int]) -> str:
    """What of the text is drawn: all but its spaces. A lone space is never found."""
    return "".join(text[slice(*span)].split()) or " "


def places_of(answer: str, drawn: str, seen_at: list[int]) -> list[int]:
    """For each byte of an answer where it stands in the picture, if it does, whole or in quotes, and only once."""
    places = [IGNORE] * len(answer)
    quoted = [match.span(1) for match in re.finditer('"([^"]+)"', answer)]
    listed = [match.span() for match in re.finditer("[^,]+", answer)]
    for spans in ([(0, len(answer))], quoted, listed):
        once = [span for span in spans if drawn.count(letters_of(answer, span)) == 1]
        for start, end in once:
            at = drawn.find(letters_of(answer, (start, end)))
            for i in range(start, end):
                if not answer[i].isspace():
                    places[i] = seen_at[at]
                    at += 1
        if once:
            break
    return places


def collate(examples: list[Example]) -> dict[str, Tensor]:
    """Examples as one batch, filled up to the largest."""
    n = len(examples)
    n_patches = max(len(one.patches) for one in examples)
    n_tokens = max(len(one.ids) for one in examples)
    batch = {
        "patches": torch.zeros(n, n_patches, examples[0].patches.shape[1]),
        "places": torch.zeros(n, n_patches, 2, dtype=torch.long),
        "has_patch": torch.zeros(n, n_patches, dtype=torch.bool),
        "glyphs": torch.full((n, n_patches, SLOTS), IGNORE),
        "before": torch.full((n, n_patches, BEFORE), IGNORE),
        "owners": torch.full((n, n_patches, OWNER), IGNORE),
        "ordinals": torch.full((n, n_patches), IGNORE),
        "shapes": torch.full((n, n_patches), IGNORE),
        "colours": torch.full((n, n_patches), IGNORE),
        "cells": torch.full((n, n_patches), IGNORE),
        "totals": torch.full((n, n_patches, TOTALS), IGNORE),
        "ids": torch.zeros(n, n_tokens, dtype=torch.long),
        "positions": torch.zeros(n, n_tokens, dtype=torch.long),
        "branch": torch.full((n, n_tokens), -1),
        "targets": torch.full((n, n_tokens), IGNORE),
        "weights": torch.zeros(n, n_tokens),
        "looks": torch.full((n, n_tokens), IGNORE),
    }
    for i, one in enumerate(examples):
        patches, tokens = len(one.patches), len(one.ids)
        for name in ("patches", "places", "glyphs", "before", "owners", "ordinals", "shapes", "colours", "cells", "totals"):
            batch[name][i, :patches] = getattr(one, name)
        batch["has_patch"][i, :patches] = True
        for name in ("ids", "positions", "branch", "targets", "weights", "looks"):
            batch[name][i, :tokens] = torch.tensor(getattr(one, name))
    return batch


def text_mask(branch: Tensor) -> Tensor:
    """[batch, 1, tokens, tokens]: what is before, of the picture or of the same conversation."""
    n = branch.shape[1]
    before = torch.ones(n, n, dtype=torch.bool, device=branch.device).tril()
    same = (branch[:, None, :] == branch[:, :, None]) | (branch[:, None, :] == 0)
    return (before & same)[:, None]


class Batches(torch.utils.data.IterableDataset):
    """Endless steps: each is a list of batches whose pictures are of like size. Step n is the same on every run."""

    def __init__(self, seed: int, first: int, pictures: int, curriculum: int, tokens: int = 3000):
        self.seed, self.first, self.pictures = seed, first, pictures
        self.curriculum, self.tokens = curriculum, tokens

    def __iter__(self):
        worker = torch.utils.data.get_worker_info()
        stride, offset = (worker.num_workers, worker.id) if worker else (1, 0)
        for step in itertools.count(self.first + offset, stride):
            yield self.step(step)

    def step(self, step: int) -> list[dict[str, Tensor]]:
        ease = max(0.0, 1 - step / max(1, self.curriculum))
        examples = []
        for i in range(self.pictures):
            rng = random.Random(f"{self.seed} {step} {i}")
            kind = rng.choices(list(KINDS), KINDS.values())[0]
            examples.append(example(sample_of(source_of(rng, kind, ease), kind), rng))
        examples.sort(key=lambda one: len(one.ids))
        groups: list[list[Example]] = [[]]
        for one in examples:
            if groups[-1] and len(one.ids) * (len(groups[-1]) + 1) > self.tokens:
                groups.append([])
            groups[-1].append(one)
        return [collate(group) for group in groups]
