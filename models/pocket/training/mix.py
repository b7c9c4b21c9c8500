"""Mixes a checkpoint with the weights of a GGUF pair: their mean, by parts.

`python mix.py CHECKPOINT PART FOLDER OUT`: PART of the checkpoint, the rest of the pair in FOLDER. What a stage of training lost
of the one before comes back, where both have the same minimum (Wortsman et al., "Model soups", arXiv 2203.05482).
"""

import sys
from pathlib import Path

import shipped
import torch
from network import Sizes


def main():
    checkpoint, part, folder, out = sys.argv[1:]
    part = float(part)
    new = torch.load(checkpoint, map_location="cpu", weights_only=True)["network"]
    old = shipped.weights(Path(folder), Sizes())
    # What only helped in training is in no pair.
    mixed = {name: part * weight.float() + (1 - part) * old[name] if name in old else weight for name, weight in new.items()}
    torch.save({"network": mixed}, out)


if __name__ == "__main__":
    main()
