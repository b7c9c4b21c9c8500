"""exact text in pictures: Tesseract and RapidOCR on the same pictures

Each reads the pictures of every FOLDER, whose texts are in its `texts.json` in the form of
`crates/lorgnette-reader/tests/fixtures`. Printed are the character error rate, that rate if the order of words is left
out, and the processor seconds of all threads, with the start of each program. Pictures in letters that the network
does not know are counted apart: how many of them were reported.

Tesseract 5 must be installed (`apt install tesseract-ocr`). RapidOCR comes with onnxruntime into an environment of its
own in cargo's target folder; `--venv` names another one. `--draw FOLDER` draws a set of pictures first, with other
words and fonts than the fixtures.
"""

import json
import resource
import subprocess
import sys
import time
import unicodedata
from pathlib import Path

from common import ROOT, environment, run, target

RAPIDOCR = ["rapidocr==3.10.0", "onnxruntime==1.32.0"]
FIXTURES = ROOT / "crates" / "lorgnette-reader" / "tests" / "fixtures"
FOLDS = str.maketrans({"’": "'", "‘": "'", "“": '"', "”": '"', "„": '"', "•": "·"})


def add_options(parser):
    parser.add_argument("folders", nargs="*", type=Path, metavar="FOLDER", help="[default: the fixtures]")
    parser.add_argument("--draw", type=Path, metavar="FOLDER", help="draw more pictures there, and read them too")
    parser.add_argument("--program", type=Path, help="Lorgnette's command [default: the release build, made first]")
    parser.add_argument("--venv", type=Path, help="an environment that has rapidocr and onnxruntime")
    parser.add_argument("--rapidocr-inside", nargs="+", type=Path, help="used by the script itself")


def is_cjk(letter):
    return any(first <= letter <= last for first, last in ("\u3000\u30ff", "\u3400\u9fff", "\uff00\uffef"))


def folded(text):
    """Returns the text in the form in which letters are compared."""
    words = unicodedata.normalize("NFKC", text).translate(FOLDS).split()
    out = ""
    for word in words:
        out += word if not out or is_cjk(out[-1]) or is_cjk(word[0]) else " " + word
    return out


def distance(a, b):
    row = list(range(len(b) + 1))
    for i, x in enumerate(a):
        diagonal, row[0] = row[0], i + 1
        for j, y in enumerate(b):
            diagonal, row[j + 1] = row[j + 1], min(diagonal + (x != y), row[j + 1] + 1, row[j] + 1)
    return row[-1]


def without_order(a, b):
    """Returns the distance of the words that are in one text only, sorted."""
    left, right = sorted(a.split()), sorted(b.split())
    for word in list(left):
        if word in right:
            left.remove(word)
            right.remove(word)
    return distance(" ".join(left), " ".join(right))


def rapidocr(pictures):
    """Prints what RapidOCR reads at its defaults, as JSON. Palettes are resolved first: it takes their indices for grey."""
    import numpy as np
    from PIL import Image
    from rapidocr import RapidOCR

    engine = RapidOCR()
    texts = {}
    for path in pictures:
        rgb = np.asarray(Image.open(path).convert("RGB"))
        texts[path.name] = "\n".join(engine(rgb[:, :, ::-1].copy()).txts or ())
    print(json.dumps(texts))


def ours(program, pictures):
    done = subprocess.run([program, "read", "--json", *pictures], capture_output=True, text=True)
    if done.returncode not in (0, 3):
        sys.exit(done.stderr)
    outputs = [json.loads(line) for line in done.stdout.splitlines()]
    texts = {path.name: output["text"] for path, output in zip(pictures, outputs, strict=True)}
    return texts, {path.name for path, output in zip(pictures, outputs, strict=True) if output["unreadable"]}


def tesseract(pictures):
    return {path.name: run("tesseract", path, "-", "-l", "eng") for path in pictures}, set()


def measured(read):
    """Returns what was read, and the seconds of processor and clock that it took."""
    def cpu():
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        return used.ru_utime + used.ru_stime

    before, begun = cpu(), time.monotonic()
    texts, reported = read()
    return texts, reported, cpu() - before, time.monotonic() - begun


def main(args):
    if args.rapidocr_inside:
        return rapidocr(args.rapidocr_inside)
    folders = args.folders or [FIXTURES]
    python = environment("rapidocr-venv", RAPIDOCR, args.venv)
    if args.draw:
        print(run(python, ROOT / "scripts/peers/reader_pictures.py", args.draw), end="")
        folders.append(args.draw)
    program = args.program
    if not program:
        run("cargo", "build", "--release", "-p", "lorgnette-cli", cwd=ROOT)
        program = target() / "release" / "lorgnette"

    def theirs(pictures):
        command = [python, ROOT / "scripts/compare", "reader", "--rapidocr-inside", *pictures]
        return json.loads(run(*command).splitlines()[-1]), set()

    sides = {
        "Lorgnette": lambda pictures: ours(program, pictures),
        "RapidOCR 3.10.0": theirs,
        run("tesseract", "--version").splitlines()[0]: tesseract,
    }
    for folder in folders:
        truths = json.loads((folder / "texts.json").read_text())
        known = {name: folded(" ".join(truth["lines"])) for name, truth in truths.items() if not truth.get("unsupported")}
        n_letters = sum(map(len, known.values()))
        print(f"{folder}: {len(known)} pictures, {n_letters} letters; {len(truths) - len(known)} in other letters")
        print("| | error % | without order % | CPU s | clock s | others reported |\n|---|---|---|---|---|---|")
        for side, read in sides.items():
            paths = [folder / name for name in known]
            texts, _, cpu_s, clock_s = measured(lambda: read(paths))  # noqa: B023
            wrong = sum(distance(truth, folded(texts[name])) for name, truth in known.items())
            unordered = sum(without_order(truth, folded(texts[name])) for name, truth in known.items())
            others = [folder / name for name in truths if name not in known]
            reported = len(read(others)[1]) if others else 0
            print(f"| {side} | {100 * wrong / n_letters:.2f} | {100 * unordered / n_letters:.2f} | {cpu_s:.1f} | "
                  f"{clock_s:.1f} | {reported} of {len(others)} |", flush=True)
    return 0
