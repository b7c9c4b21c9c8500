"""What PyTorch answers, greedily and in float, to the questions that `held_out.py` wrote.

`python answer.py --checkpoint C --questions DIR` writes `answers.json` there, for `cargo xtask eval-pocket --agreement`.
"""

import argparse
import json
from pathlib import Path

import torch
from PIL import Image

from network import BOS, EOS, INST, INST_END, Pocket, Sizes, added, cut, decode, encode, picture_ids


class Cache:
    """Keys and values of what was read, a pair a layer."""

    def __init__(self):
        self.kept = {}

    def extend(self, layer, k, v):
        if layer in self.kept:
            k, v = (torch.cat(pair, 2) for pair in zip(self.kept[layer], (k, v)))
        self.kept[layer] = (k, v)
        return k, v


@torch.inference_mode()
def answer(network: Pocket, image: Image.Image, question: str, most: int = 256) -> str:
    """The greedy answer."""
    patches, places = cut(image)
    rows, columns = (int(side) + 1 for side in places[-1])
    ids = torch.tensor([[BOS, INST, *picture_ids(rows, columns), *encode(question), INST_END]])
    x = network.embed_with(ids, network.see(patches[None], places[None])[0])
    cache, n, said = Cache(), ids.shape[1], []
    mask = added(torch.ones(n, n, dtype=torch.bool).tril())[None, None]
    x = network.read(x, torch.arange(n)[None], mask, cache)
    while len(said) < most:
        token = int(network.lm_head(x[:, -1]).argmax())
        if token == EOS:
            break
        said.append(token)
        x = network.read(network.embed(torch.tensor([[token]])), torch.tensor([[n]]), None, cache)
        n += 1
    return decode(said)


def ask(checkpoint: Path, folder: Path, limit: int | None):
    network = Pocket(Sizes()).eval()
    network.load_state_dict(torch.load(checkpoint, map_location="cpu", weights_only=True)["network"])
    questions = json.loads((folder / "questions.json").read_text())[:limit]
    answers, right, asked = [], {}, {}
    for one in questions:
        said = answer(network, Image.open(folder / one["picture"]).convert("RGB"), one["question"])
        answers.append({"picture": one["picture"], "question": one["question"], "answer": said})
        asked[one["task"]] = asked.get(one["task"], 0) + 1
        right[one["task"]] = right.get(one["task"], 0) + (said == one["answer"])
    (folder / "answers.json").write_text(json.dumps(answers, indent=1) + "\n")
    for task, n in asked.items():
        print(f"{task:>10}  {right[task]:4} of {n}")


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--checkpoint", type=Path, required=True)
    options.add_argument("--questions", type=Path, required=True, help="a folder that held_out.py wrote")
    options.add_argument("--limit", type=int)
    args = options.parse_args()
    ask(args.checkpoint, args.questions, args.limit)


if __name__ == "__main__":
    main()
