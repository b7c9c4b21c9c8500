"""Greedy decoding by llama.cpp and by Lorgnette, of the same tiny random models: the token ids must agree.

    scripts/compare greedy [--formats f32 q8_0] [--fetched]

For each format, `cargo xtask make-model` writes a GGUF pair into a temporary folder. llama.cpp and `cargo xtask greedy`
continue the same prompt, and a difference ends in exit status 1.

In f32 and f16 no difference is allowed. Quantised kernels round the activations too, each program in its own way.
There, an id may differ if its logit was within that rounding of the highest one (see `NEARNESS`); the comparison then
goes on behind llama.cpp's id.

With `--fetched`, the pair is the one that `lorgnette models add` makes of the published form: bf16 weights on a hub on
loopback (`cargo xtask serve-model`).
"""

import argparse
import itertools
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from common import ROOT, run

from .llama_cpp_venv import environment, run_theirs

# How near two logits must be to change places. Measured in llama.cpp alone, between a quantised tiny
# model and its weights written out in f32: the logits, of deviation 1, differ by up to 0.10 with
# Q8_0 and 0.18 with Q4_K_M (root mean square 0.022 and 0.034).
NEARNESS = {"f32": 0.0, "f16": 0.0, "q8_0": 0.12, "q4_k_m": 0.2}
FORMATS = list(NEARNESS)
# In the vocabulary of the tiny shapes, which has 4096 tokens: <s> [INST] ... [/INST]
PROMPT = [1, 3, 1084, 2410, 1317, 3925, 1046, 1032, 2187, 1536, 4011, 1063, 4]


def add_options(parser):
    parser.add_argument("--shapes", nargs="+", default=["tiny", "tiny-mistral3"])
    parser.add_argument("--formats", nargs="+", choices=FORMATS)
    parser.add_argument("--seed", default="1")
    parser.add_argument("--ids", default=",".join(map(str, PROMPT)), help="the prompt")
    parser.add_argument("--n", type=int, default=24, help="tokens to decode")
    parser.add_argument("--fetched", action="store_true", help="pairs that `models add` makes")
    parser.add_argument("--llama-cpp", nargs=2, metavar=("TEXT", "MMPROJ"), help=argparse.SUPPRESS)


def main(args):
    if args.llama_cpp:
        return llama_cpp_side(*args.llama_cpp, parse(args.ids), args.n)

    # `models add` makes no pair in f32.
    args.formats = args.formats or FORMATS[args.fetched :]
    python = environment(args.venv)
    n_different = 0
    with tempfile.TemporaryDirectory(prefix="lorgnette-") as made:
        for shape in args.shapes:
            for name in args.formats:
                n_different += not agree(shape, name, Path(made) / f"{shape}-{name}", python, args)
    return 1 if n_different else 0


def agree(shape, name, folder, python, args):
    """Makes one pair of files, runs both programs and prints a line. Returns whether they agree."""
    make = fetch if args.fetched else make_pair
    text, mmproj = make(shape, name, folder, args.seed)
    request = ["--ids", args.ids, "--n", args.n, "--llama-cpp", text, mmproj]
    theirs = json.loads(run_theirs(python, "greedy", *request).splitlines()[-1])
    n_near, done = 0, 0
    while done < args.n:
        prompt = ",".join([args.ids, *map(str, theirs["ids"][:done])])
        ours = parse(xtask("greedy", text, "--ids", prompt, "--n", args.n - done))
        same = sum(1 for _ in itertools.takewhile(lambda pair: pair[0] == pair[1], zip(ours, theirs["ids"][done:])))
        done += same
        if done == args.n:
            break
        if same == len(ours):
            print(f"{shape} {name}: only {len(ours)} ids by us")
            return False
        our_id, their_id = ours[same], theirs["ids"][done]
        ahead = theirs["logits"][done][their_id] - theirs["logits"][done][our_id]
        if ahead > NEARNESS[name] or NEARNESS[name] == 0.0:
            print(f"{shape} {name}: token {done} is {our_id} by us, {their_id} by llama.cpp, {ahead:.4f} ahead for it")
            return False
        n_near += 1
        done += 1
    print(f"{shape} {name}: {args.n - n_near} of {args.n} ids agree" + f", {n_near} within rounding" * (n_near > 0))
    return True


def make_pair(shape, name, folder, seed):
    xtask("make-model", "--shape", shape, "--format", f"gguf-{name}", "--out", folder, "--seed", seed)
    return folder / f"{shape}-{name}.gguf", folder / f"mmproj-{shape}-f16.gguf"


def fetch(shape, name, folder, seed):
    """Returns the pair that `models add` makes of the checkpoint of a hub."""
    serve = ["cargo", "xtask", "serve-model", "--shape", shape, "--repository", f"owner/{shape}", "--seed", seed]
    with subprocess.Popen(serve, cwd=ROOT, stdout=subprocess.PIPE, text=True) as hub:
        try:
            variables = {key: value for key, value in os.environ.items() if not key.startswith(("HF_", "LORGNETTE_"))}
            variables |= {"LORGNETTE_HOME": str(folder), "HF_HOME": str(folder / "hub"), "HF_ENDPOINT": hub.stdout.readline().strip()}
            add = ["models", "add", f"hf:owner/{shape}", "--quant", name, "--vision", "f16", "--yes"]
            command = ["cargo", "run", "--quiet", "-p", "lorgnette-cli", "--", *add]
            made = subprocess.run(command, cwd=ROOT, env=variables, stdout=subprocess.PIPE, text=True, check=True)
        finally:
            hub.kill()
    files = sorted(Path(made.stdout.strip()).glob("*.gguf"))
    mmproj = next(path for path in files if path.name.startswith("mmproj"))
    return next(path for path in files if path != mmproj), mmproj


def llama_cpp_side(text, mmproj, prompt, n_tokens):
    """Runs in the environment and prints the ids and the logits as a line of JSON."""
    import llama_cpp
    import numpy
    from llama_cpp import mtmd_cpp

    f32 = 0  # of `enum ggml_type`; a cache in f16, llama.cpp's default, would round once more than ours
    llama = llama_cpp.Llama(
        text, n_ctx=512, use_mmap=False, n_gpu_layers=0, type_k=f32, type_v=f32, n_threads=2, verbose=False
    )
    params = mtmd_cpp.mtmd_context_params_default()
    params.use_gpu = False
    vision = mtmd_cpp.mtmd_init_from_file(str(mmproj).encode(), llama.model, params)
    if not vision or not mtmd_cpp.mtmd_support_vision(vision):
        sys.exit(f"llama.cpp cannot open {mmproj}")
    mtmd_cpp.mtmd_free(vision)

    ids, logits = [], []
    llama.eval(prompt)
    for _ in range(n_tokens):
        pointer = llama_cpp.llama_get_logits_ith(llama.ctx, -1)
        row = numpy.ctypeslib.as_array(pointer, shape=(llama.n_vocab(),)).copy()
        ids.append(int(row.argmax()))
        logits.append(row.tolist())
        llama.eval(ids[-1:])
    print(json.dumps({"ids": ids, "logits": logits}))
    return 0


def xtask(*args):
    return run("cargo", "xtask", *args, cwd=ROOT)


def parse(ids):
    return [int(part) for part in ids.strip().split(",")]
