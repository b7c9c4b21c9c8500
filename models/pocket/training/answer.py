"""What PyTorch answers, greedily and in float, to the questions that `held_out.py` wrote.

`python answer.py --checkpoint C --questions DIR` writes `answers.json` there, for `cargo xtask eval-pocket --agreement`.
"""

import argparse
import json
from pathlib import Path

import shipped
import torch
from PIL import Image

from draw import Canvas
from network import BOS, EOS, INST, INST_END, Pocket, Sizes, added, cut, decode, encode, picture_ids
from outside import REFUSAL


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
def answer(network: Pocket, image: Image.Image, question: str, most: int = 256) -> tuple[str, float]:
    """The greedy answer, and how sure the network is of its least sure letter."""
    patches, places = cut(image)
    rows, columns = (int(side) + 1 for side in places[-1])
    ids = torch.tensor([[BOS, INST, *picture_ids(rows, columns), *encode(question), INST_END]])
    x = network.embed_with(ids, network.see(patches[None], places[None])[0])
    cache, n, said, certainty = Cache(), ids.shape[1], [], 1.0
    mask = added(torch.ones(n, n, dtype=torch.bool).tril())[None, None]
    x = network.read(x, torch.arange(n)[None], mask, cache)
    while len(said) < most:
        chances = network.lm_head(x[:, -1]).softmax(-1)[0]
        token = int(chances.argmax())
        certainty = min(certainty, float(chances[token]))
        if token == EOS:
            break
        said.append(token)
        x = network.read(network.embed(torch.tensor([[token]])), torch.tensor([[n]]), None, cache)
        n += 1
    return decode(said), certainty


def ask(checkpoint: Path, folder: Path, limit: int | None):
    network = Pocket(Sizes()).eval()
    if checkpoint.is_dir():
        network.load_state_dict(shipped.weights(checkpoint, network.sizes))
    else:
        network.load_state_dict(torch.load(checkpoint, map_location="cpu", weights_only=True)["network"])
    questions = json.loads((folder / "questions.json").read_text())[:limit]
    answers, right, asked, refused = [], {}, {}, {}
    for one in questions:
        canvas = Canvas(*(image := Image.open(folder / one["picture"]).convert("RGB")).size, (0, 0, 0))
        canvas.image = image
        canvas.fitted()
        said, certainty = answer(network, canvas.image, one["question"])
        answers.append({"picture": one["picture"], "question": one["question"], "answer": said,
                        "certainty": round(certainty, 3)})
        asked[one["task"]] = asked.get(one["task"], 0) + 1
        right[one["task"]] = right.get(one["task"], 0) + (said == one["answer"])
        refused[one["task"]] = refused.get(one["task"], 0) + (said == REFUSAL)
    (folder / "answers.json").write_text(json.dumps(answers, indent=1) + "\n")
    for task, n in asked.items():
        print(f"{task:>15}  {right[task]:4} right, {refused[task]:4} refused of {n}")


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--checkpoint", type=Path, required=True, help="or the folder of the shipped model")
    options.add_argument("--questions", type=Path, required=True, help="a folder that held_out.py wrote")
    options.add_argument("--limit", type=int)
    args = options.parse_args()
    ask(args.checkpoint, args.questions, args.limit)


if __name__ == "__main__":
    main()
