"""Blocks and speed of llama.cpp's quantisers and of Lorgnette's on the same numbers, one core each.

    scripts/compare quantisers

The numbers follow a bell curve, as weights do. Speed is MB of bf16 (two bytes a number) for each second of computing,
which leaves out waiting where the system tells the two apart. A block that differs ends in exit status 1. With
`--fixture`, the program writes the blocks that a test compares with instead.
"""

import argparse
import ctypes
import hashlib
import json
import struct
import time
from pathlib import Path

from common import ROOT, run, target

from .llama_cpp_venv import environment, run_theirs

FORMATS = {"q4_k": (12, 256, 144), "q5_k": (13, 256, 176), "q6_k": (14, 256, 210), "q8_0": (8, 32, 34), "q4_0": (2, 32, 18), "q3_k": (11, 256, 110)}


def add_options(parser):
    parser.add_argument("--numbers", type=int, default=1 << 22)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--fixture", action="store_true")
    parser.add_argument("--file", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--llama-cpp", action="store_true", help=argparse.SUPPRESS)


def main(args):
    if args.llama_cpp:
        return theirs(args)
    python = environment(args.venv)
    numbers = target() / "numbers.f32"
    numbers.parent.mkdir(exist_ok=True)
    again = ["--numbers", args.numbers, "--rounds", args.rounds, "--file", numbers, *(["--fixture"] if args.fixture else [])]
    output = run_theirs(python, "quantisers", "--llama-cpp", *again)
    if args.fixture:
        print(output)
        return 0
    peer = json.loads(output.splitlines()[-1])
    example = ["--release", "--locked", "--quiet", "-p", "lorgnette-gguf", "--example", "quantise-speed"]
    ours = json.loads(run("cargo", "run", *example, "--", numbers, args.rounds, cwd=ROOT))
    for name in FORMATS:
        a, b = ours[name], peer[name]
        same = "same blocks" if a["sha256"] == b["sha256"] else "OTHER BLOCKS"
        print(f"{name}  {same}  MB/s ours {a['mb_per_s']:.0f} theirs {b['mb_per_s']:.0f} ratio {a['mb_per_s'] / b['mb_per_s']:.2f}")
    return int(any(ours[name]["sha256"] != peer[name]["sha256"] for name in FORMATS))


def weights(n, std):
    """Does what `weights` in the tests does: sums four even numbers of a congruential generator, in f32."""
    f32 = lambda x: struct.unpack("f", struct.pack("f", x))[0]
    state = 1
    root3 = f32(3**0.5)

    def step():
        nonlocal state
        state = (state * 6364136223846793005 + 1442695040888963407) & (2**64 - 1)
        return f32(f32((state >> 40) / (1 << 24)) - 0.5)

    numbers = []
    for _ in range(n):
        total = f32(f32(f32(step() + step()) + step()) + step())
        numbers.append(f32(f32(total * f32(std)) * root3))
    return numbers


def fixture(quantize):
    numbers = weights(8 * 256, 0.014)
    f32 = lambda x: struct.unpack("f", struct.pack("f", x))[0]
    numbers[256:512] = [0.0] * 256
    numbers[512:520] = [0.0] * 8
    numbers[600:640] = [0.0] * 40
    numbers[768:1024] = [-0.25] * 256
    numbers[1024], numbers[1300] = 30.0, -3.0
    numbers[1536:1792] = [f32(x * f32(1e-5)) for x in numbers[1536:1792]]
    numbers[1792:] = [f32(abs(x) + f32(0.01)) for x in numbers[1792:]]
    array = (ctypes.c_float * len(numbers))(*numbers)
    path = ROOT / "crates/lorgnette-gguf/tests/fixtures/llama-cpp-blocks.bin"
    path.write_bytes(b"".join(quantize(name, array, len(numbers)) for name in FORMATS))
    print(path)


def theirs(args):
    import llama_cpp

    folder = Path(llama_cpp.__file__).parent / "lib"
    library = ctypes.CDLL(str(next(path for path in sorted(folder.iterdir()) if "ggml-base" in path.name)))
    chunk = library.ggml_quantize_chunk
    chunk.restype = ctypes.c_size_t
    chunk.argtypes = [ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p, *[ctypes.c_int64] * 3, ctypes.c_void_p]

    def quantize(name, array, n):
        kind, block, size = FORMATS[name]
        out = ctypes.create_string_buffer(n // block * size)
        chunk(kind, array, out, 0, n // 256, 256, None)
        return out.raw

    if args.fixture:
        return fixture(quantize)
    import numpy

    numbers = numpy.random.default_rng(1).standard_normal(args.numbers).astype(numpy.float32) * numpy.float32(0.014)
    numbers.tofile(args.file)
    array = numbers.ctypes.data
    results = {}
    for name in FORMATS:
        best = min(timed(quantize, name, array, args.numbers) for _ in range(args.rounds))
        blocks = quantize(name, array, args.numbers)
        results[name] = {"sha256": hashlib.sha256(blocks).hexdigest(), "mb_per_s": 2 * args.numbers / best / 1e6}
    print(json.dumps(results))
    return 0


def timed(quantize, *given):
    begun = time.thread_time()
    quantize(*given)
    return time.thread_time() - begun
