"""Pictures with texts, and with `--held-fonts` fonts, that training never sees, and what is asked of them. With
`--styles held` they are the wide kinds, in fonts and styles that training never sees, and pictures and questions that
are to be refused.

`python held_out.py --n 500 --out DIR` writes the pictures and `questions.json`, which `cargo xtask eval-pocket` and
`answer.py` read. Needs no PyTorch.
"""

import argparse
import json
import random
from pathlib import Path

import draw
from tasks import Source
from world import sample_of

# What is counted, and the kind of picture that asks it.
TASKS = {"colour": "scene", "shape": "scene", "count": "scene", "position": "scene", "yes or no": "scene",
         "absent": "scene", "button": "dialog", "title": "dialog", "message": "dialog", "line": "lines", "total": "receipt",
         "price": "receipt", "form": "form", "tallest": "chart", "value": "chart"}
# The same with `--styles held`.
STYLED = {"colour": "shapes", "count": "shapes", "shape": "shapes", "position": "shapes", "ground": "shapes",
          "button": "window", "title": "window", "message": "window", "line": "sign", "refuse picture": "outside",
          "refuse question": "shapes sign window"}


def draw_questions(out: Path, n: int, seed: str, held_fonts: bool, styles: str = "trained"):
    out.mkdir(parents=True, exist_ok=True)
    questions = []
    for task, kinds in (STYLED if styles == "held" else TASKS).items():
        i = found = 0
        while found < n:
            rng = random.Random(f"held {seed} {task} {i}")
            i += 1
            if styles == "held":
                kind = rng.choice(kinds.split())
                sample = sample_of(Source(rng, held=True, held_style=True, wide=True), kind)
            else:
                sample = Source(rng, held=True, held_font=held_fonts).sample(kinds)
            turns = [chat[0] for chat in sample.chats if len(chat) == 1 and chat[0].task == task]
            if not turns:
                continue
            name = f"{task.replace(' ', '-')}-{found:03}.png"
            sample.image.save(out / name, optimize=True)
            questions.append({"task": task, "picture": name, "question": turns[0].question, "answer": turns[0].answer})
            found += 1
    (out / "questions.json").write_text(json.dumps(questions, indent=1) + "\n")
    print(f"{len(questions)} questions in {out}")


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--n", type=int, default=500, help="pictures a task")
    options.add_argument("--out", type=Path, required=True)
    options.add_argument("--seed", default="1")
    options.add_argument("--held-fonts", action="store_true", help=f"only {', '.join(draw.HELD_FONTS)}")
    options.add_argument("--styles", choices=["trained", "held"], default="trained")
    args = options.parse_args()
    draw_questions(args.out, args.n, args.seed, args.held_fonts, args.styles)


if __name__ == "__main__":
    main()
