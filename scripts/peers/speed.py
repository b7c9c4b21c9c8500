"""Speed and memory of llama.cpp and of Lorgnette on the same GGUF file, in turns.

    scripts/compare speed MODEL.gguf [--mmproj MMPROJ.gguf] [--levels native avx2]

Both read the weights into memory and use the same number of threads. Each round runs both, in processes of their own.
Every other round has the other order, because machines warm up and have neighbours. The program prints each
measurement, then the medians, and last, for each level of processor, `ratio level=… prefill=… decode=… encode=… rss=…`,
which is ours divided by theirs: more is better for the first two, less for the others. With `--first-token` there is
`first=…` too. With `--llama-bench`, a `llama-bench` that was built from another checkout, such as ik_llama.cpp's, has
its turn too. With `--busy N`, so many processes spin beside.
"""

import argparse
import contextlib
import json
import statistics
import subprocess
import sys
import time
from pathlib import Path

from common import ROOT, run, target

from .llama_cpp_venv import LEVELS, environment, run_theirs

# The kernels of ours that a processor of that level has; none: the fastest ones here.
KERNELS = {"native": [], "avx2": ["--kernels", "avx2"], "avx-vnni": ["--kernels", "avx-vnni"]}


def add_options(parser):
    parser.add_argument("model", type=Path)
    parser.add_argument("--mmproj", type=Path, help="the vision part (the only one beside the model)")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--prefill", type=int, default=128, help="tokens to read")
    parser.add_argument("--decode", type=int, default=16, help="tokens to write")
    parser.add_argument("--side", type=int, default=1024, help="pixels of a square picture; 0 for none")
    parser.add_argument("--first-token", action="store_true", help="the picture from its pixels to the first token too: takes minutes")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--computed", action="store_true", help="seconds of computing and not on the wall, one thread: for a busy machine")
    parser.add_argument("--levels", nargs="+", choices=LEVELS, default=["native"], help="processors to compare as [default: native]")
    parser.add_argument("--llama-bench", type=Path, help="one more peer, for the level native: text alone")
    parser.add_argument("--busy", type=int, default=0, metavar="N", help="processes that spin beside")
    parser.add_argument("--lorgnette", type=Path, help="our program; else it is built")
    parser.add_argument("--llama-cpp", action="store_true", help=argparse.SUPPRESS)


def main(args):
    if args.mmproj is None and args.side:
        found = sorted(args.model.parent.glob("mmproj*.gguf"))
        if len(found) != 1:
            sys.exit(f"{len(found)} files mmproj*.gguf beside {args.model}: name one with --mmproj, or use --side 0")
        args.mmproj = found[0]
    if args.llama_cpp:
        return theirs(args)

    if args.computed:
        args.threads = 1
    pythons = {level: environment(args.venv, level) for level in args.levels}
    if args.lorgnette is None:
        run("cargo", "build", "--release", "--locked", "--quiet", "-p", "lorgnette-cli", cwd=ROOT)
        args.lorgnette = target() / "release/lorgnette"
    measured = {}
    with busy(args.busy):
        for round in range(args.rounds):
            sides = [(level, side) for level in args.levels for side in ("ours", "theirs")]
            if args.llama_bench and "native" in args.levels:
                sides.append(("native", args.llama_bench.name))
            for level, side in sides if round % 2 == 0 else reversed(sides):
                if side == "ours":
                    result = ours(args, level)
                elif side == "theirs":
                    result = json.loads(run_theirs(pythons[level], "speed", *again(args)).splitlines()[-1])
                else:
                    result = of_llama_bench(args)
                measured.setdefault((level, side), []).append(result)
                print(f"{level} {side:>6}  " + "  ".join(f"{name} {value:.2f}" for name, value in result.items()), flush=True)
    for name, unit in [("int8_ops_per_s", "Gop/s"), ("bf16_ops_per_s", "Gop/s"), ("f32_ops_per_s", "Gop/s"), ("read_bytes_per_s", "GB/s")]:
        measured_peaks = [peaks[name] / 1e9 for peaks in PEAKS if peaks[name]]
        if measured_peaks:
            print(f"peak  {name.split('_')[0]:>6}  {max(measured_peaks):.1f} {unit}")
    median = {key: {name: statistics.median(one[name] for one in results) for name in results[0]} for key, results in measured.items()}
    for (level, side), values in median.items():
        print(f"median {level} {side:>6}  " + "  ".join(f"{name} {values[name]:.2f}" for name in ORDER if name in values))
    for (level, side), values in median.items():
        if side != "ours":
            mine = median[level, "ours"]
            beside = "" if side == "theirs" else f" beside={side}"
            ratios = " ".join(f"{name}={mine[name] / values[name]:.2f}" for name in ORDER if name in mine and name in values)
            print(f"ratio level={level}{beside} {ratios}")
    return 0


@contextlib.contextmanager
def busy(n):
    """So many processes that spin."""
    spinning = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(n)]
    try:
        yield
    finally:
        for process in spinning:
            process.kill()


PEAKS = []  # what the machine can do at best, one entry a round
ORDER = ["prefill", "decode", "encode", "first", "rss"]  # tokens/s, tokens/s, s, s, GiB


def again(args):
    """Returns the options for llama.cpp's process."""
    given = [args.model, "--prefill", args.prefill, "--decode", args.decode, "--side", args.side, "--threads", args.threads]
    given += ["--computed"] if args.computed else []
    given += ["--first-token"] if args.first_token else []
    return ["--llama-cpp", *given, *(["--mmproj", args.mmproj] if args.mmproj else [])]


def ours(args, level):
    picture = ["--encode", f"{args.side}x{args.side}"] if args.side else []
    picture += ["--image", f"{args.side}x{args.side}"] if args.first_token else []
    given = ["--prefill", args.prefill, "--depth", args.prefill, "--decode", args.decode, "--load", "read"]
    given += ["--threads", args.threads, "--json", *picture, *(["--computed"] if args.computed else [])]
    result = json.loads(run(args.lorgnette, "bench", args.model, *given, *KERNELS[level]))
    measured = {"prefill": result["prefill"][0]["tokens_per_s"], "decode": result["decode"][0]["tokens_per_s"]}
    PEAKS.append(result["peaks"])
    if args.side:
        measured["encode"] = result["encode_s"]
    if args.first_token:
        measured["first"] = result["picture"]["first_token_s"]
    measured["rss"] = result["peak_memory_bytes"] / 2**30
    return measured


def of_llama_bench(args):
    """What another build of `llama-bench` measures."""
    given = ["--model", args.model, "--n-prompt", args.prefill, "--n-gen", args.decode, "--threads", args.threads]
    tests = json.loads(run(args.llama_bench, *given, "--mmap", 0, "--repetitions", 1, "--output", "json"))
    speeds = {"decode" if test["n_gen"] else "prefill": test["avg_ts"] for test in tests}
    return {name: speeds[name] for name in ORDER if name in speeds}


def theirs(args):
    """Runs in the environment and prints a line of JSON."""
    import ctypes

    import llama_cpp
    from llama_cpp import mtmd_cpp

    now = time.process_time if args.computed else time.monotonic
    n_ctx = args.prefill + args.decode + 16 + (5000 if args.first_token else 0)
    llama = llama_cpp.Llama(
        str(args.model), n_ctx=n_ctx, n_batch=512, use_mmap=False, n_gpu_layers=0, n_threads=args.threads,
        n_threads_batch=args.threads, verbose=False,
    )
    measured = {}
    vocab = llama.n_vocab()
    ids = [vocab // 2 + i * 7919 % (vocab // 2) for i in range(args.prefill)]
    begun = now()
    llama.eval(ids)
    measured["prefill"] = args.prefill / (now() - begun)
    begun = now()
    for i in range(args.decode):
        llama.eval([ids[i % len(ids)]])
    measured["decode"] = args.decode / (now() - begun)
    if args.side:
        params = mtmd_cpp.mtmd_context_params_default()
        params.use_gpu, params.n_threads, params.warmup = False, args.threads, False
        params.image_max_tokens = 4096  # else it shrinks the picture
        vision = mtmd_cpp.mtmd_init_from_file(str(args.mmproj).encode(), llama.model, params)
        if not vision:
            sys.exit(f"llama.cpp cannot open {args.mmproj}")
        pixels = bytes(i % 251 for i in range(args.side * args.side * 3))
        data = (ctypes.c_uint8 * len(pixels)).from_buffer_copy(pixels)
        bitmap = mtmd_cpp.mtmd_bitmap_init(args.side, args.side, data)
        bitmaps = (mtmd_cpp.mtmd_bitmap_p_ctypes * 1)(bitmap)
        marker = mtmd_cpp.mtmd_default_marker()
        text = mtmd_cpp.mtmd_input_text(text=marker, text_len=len(marker), add_special=False, parse_special=True)
        chunks = mtmd_cpp.mtmd_input_chunks_init()
        if mtmd_cpp.mtmd_tokenize(vision, chunks, ctypes.byref(text), bitmaps, 1):
            sys.exit("llama.cpp cannot cut the picture")
        seconds = 0.0
        for i in range(mtmd_cpp.mtmd_input_chunks_size(chunks)):
            chunk = mtmd_cpp.mtmd_input_chunks_get(chunks, i)
            if mtmd_cpp.mtmd_input_chunk_get_type(chunk) == mtmd_cpp.MTMD_INPUT_CHUNK_TYPE_IMAGE:
                begun = now()
                if mtmd_cpp.mtmd_encode_chunk(vision, chunk):
                    sys.exit("llama.cpp cannot encode the picture")
                seconds += now() - begun
        measured["encode"] = seconds
        if args.first_token:
            llama_cpp.llama_memory_clear(llama_cpp.llama_get_memory(llama.ctx), True)
            n_past = ctypes.c_int32(0)
            begun = now()
            if mtmd_cpp.mtmd_helper_eval_chunks(vision, llama.ctx, chunks, 0, 0, 512, True, ctypes.byref(n_past)):
                sys.exit("llama.cpp cannot read the picture")
            measured["first"] = now() - begun
    peak = next(line for line in open("/proc/self/status") if line.startswith("VmHWM"))
    measured["rss"] = int(peak.split()[1]) / 2**20
    print(json.dumps(measured))
    return 0
