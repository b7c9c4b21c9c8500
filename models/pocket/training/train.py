"""Trains Pocket. `python train.py --steps 20000 --out runs/pocket`; said again, it goes on from its last checkpoint."""

import argparse
import json
import os
import time
from collections import Counter
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from batches import BEFORE, IGNORE, MOST, ORDINALS, OWNER, SLOTS, TOTALS, Batches, text_mask
from network import Block, Pocket, Sizes, added
from tasks import ALL_SHAPES, COLOURS


TAUGHT = ["letters", "before", "owners", "ordinals", "shapes", "colours", "cells", "totals", "place", "looks"]


class Teacher(nn.Module):
    """Reads from each patch what is drawn in it. It makes the encoder learn quickly and is not shipped."""

    def __init__(self, hidden: int):
        super().__init__()
        self.n_letters = 127 - 32
        self.letters = nn.Linear(hidden, SLOTS * self.n_letters)
        self.shapes = nn.Linear(hidden, len(ALL_SHAPES) + 1)
        self.colours = nn.Linear(hidden, len(COLOURS))
        self.cells = nn.Linear(hidden, 9)
        self.place = nn.Linear(hidden, 2)
        self.ordinals = nn.Linear(hidden, ORDINALS)
        self.before = nn.Linear(hidden, BEFORE * self.n_letters)
        self.owners = nn.Linear(hidden, OWNER * self.n_letters)
        self.totals = nn.Linear(hidden, TOTALS * MOST)

    def forward(self, features: Tensor, batch: dict[str, Tensor]) -> dict[str, Tensor]:
        features = F.rms_norm(features, features.shape[-1:])
        has, places = batch["has_patch"], batch["places"]
        letters = self.letters(features).float().view(*features.shape[:2], SLOTS, self.n_letters)
        # Most of a picture is no letter, which is soon known and would drown the rest.
        weight = torch.ones(self.n_letters, device=features.device)
        weight[0] = 0.1
        found = {}
        if (batch["glyphs"] != IGNORE).any():
            letters = letters.flatten(0, 2)
            found["letters"] = F.cross_entropy(letters, batch["glyphs"].flatten(), weight, ignore_index=IGNORE)
        sides = places.amax(1, keepdim=True) + 1
        wanted = (places.float() + 0.5) / sides
        found["place"] = ((self.place(features).float() - wanted)[has] ** 2).mean()
        rare = torch.ones(len(ALL_SHAPES) + 1, device=features.device)
        rare[0] = 0.05
        if (batch["shapes"] != IGNORE).any():
            shapes = self.shapes(features).float().flatten(0, 1)
            found["shapes"] = 0.5 * F.cross_entropy(shapes, batch["shapes"].flatten(), rare, ignore_index=IGNORE)
        heads = {"cells": (self.cells, 0.3), "colours": (self.colours, 0.3), "ordinals": (self.ordinals, 0.3)}
        for name, (head, share) in heads.items():
            if (batch[name] != IGNORE).any():
                logits = head(features).float().flatten(0, 1)
                found[name] = share * F.cross_entropy(logits, batch[name].flatten(), ignore_index=IGNORE)
        heads = {"before": (self.before, self.n_letters), "owners": (self.owners, self.n_letters), "totals": (self.totals, MOST)}
        for name, (head, n_classes) in heads.items():
            if (batch[name] != IGNORE).any():
                logits = head(features).float().view(-1, n_classes)
                found[name] = 0.5 * F.cross_entropy(logits, batch[name].flatten(), ignore_index=IGNORE)
        return found


def losses(network: Pocket, teacher: Teacher, batch: dict[str, Tensor],
           settled: bool = True) -> tuple[Tensor, float, dict[str, Tensor], int]:
    """Weighted and plain sum of the losses of the answers' tokens, mean losses of the teachers by name, and how many tokens were right.

    The second teacher says where to look: while an answer is read off the picture, the first head of the middle layers
    is to look at the patch with the letter that comes next. Left alone, a network this small finds that late. A teacher
    that is not `settled` learns from the network and does not teach it.
    """
    features = network.see(batch["patches"], batch["places"], added(batch["has_patch"][:, None, None]))
    x = network.embed_with(batch["ids"], features[batch["has_patch"]])
    watched: list[Tensor] = []
    x = network.read(x, batch["positions"], added(text_mask(batch["branch"])), watched=watched)
    learnt = batch["targets"] != IGNORE
    logits, wanted = network.lm_head(x[learnt]).float(), batch["targets"][learnt]
    right = int((logits.argmax(-1) == wanted).sum())
    taught = teacher(features if settled else features.detach(), batch)
    looks = batch["looks"] != IGNORE
    if looks.any():
        taught["looks"] = sum(F.cross_entropy(scores[looks].float(), batch["looks"][looks]) for scores in watched) / len(watched)
    answers = F.cross_entropy(logits, wanted, reduction="none")
    return (answers * batch["weights"][learnt]).sum(), answers.sum().item(), taught, right


def rate(step: int, warmup: int, last: int, decay: int) -> float:
    """Up, level, and straight down over the last `decay` steps."""
    return min(1.0, (step + 1) / warmup, max(0.01, (last - step) / max(1, decay)))


def precision(device: torch.device) -> torch.dtype:
    """Half the bits where there are instructions for them; elsewhere they cost a CPU time."""
    known = Path("/proc/cpuinfo")
    if device.type == "cpu" and known.exists():
        has_half = {"avx512_bf16", "amx_bf16", "bf16"} & set(known.read_text().split())
        return torch.bfloat16 if has_half else torch.float32
    return torch.bfloat16


def planned(out: Path, steps: int, decay: int) -> tuple[int, int]:
    """Steps in all and of falling rate: as said on the command line, or as `plan.json` says while it runs."""
    plan = out / "plan.json"
    if not plan.exists():
        return steps, decay
    changed = json.loads(plan.read_text())
    return changed["steps"], changed["decay"]


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--out", type=Path, default=Path("runs/pocket"))
    options.add_argument("--steps", type=int, default=20_000)
    options.add_argument("--decay", type=int, help="steps of falling rate at the end (a fifth)")
    options.add_argument("--warmup", type=int, default=200, help="steps of rising rate at the beginning")
    options.add_argument("--curriculum", type=int, default=3000, help="steps until the pictures are as hard as they get")
    options.add_argument("--pictures", type=int, default=24, help="a step")
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--lr", type=float, default=4e-3)
    options.add_argument("--teacher", type=float, default=1.0, help="weight of the patches' loss")
    options.add_argument("--workers", type=int, default=1)
    options.add_argument("--compile", action=argparse.BooleanOptionalAction, default=True,
                         help="the layers as fused kernels: a third faster, some minutes to make")
    options.add_argument("--settle", type=int, default=40, help="steps in which a new teacher only learns")
    options.add_argument("--save-every", type=int, default=250)
    options.add_argument("--from", dest="start", type=Path, 
                         help="weights to begin with: another run's checkpoint, or the folder of the shipped model")
    args = options.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)

    torch.manual_seed(args.seed)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    network, teacher = Pocket(Sizes()).to(device), Teacher(Sizes().vision_hidden).to(device)
    print(f"{sum(p.numel() for p in network.parameters()) / 1e6:.2f} M parameters on {device}", flush=True)
    matrices = [p for block in (network.vision, network.text) for p in block.parameters() if p.dim() == 2]
    matrices += [network.linear_1.weight, network.linear_2.weight]
    chosen = {id(p) for p in matrices}
    others = [p for module in (network, teacher) for p in module.parameters() if id(p) not in chosen]
    optimisers = [torch.optim.Muon(matrices, lr=args.lr, weight_decay=0.05, adjust_lr_fn="match_rms_adamw"),
                  torch.optim.AdamW(others, lr=args.lr / 2, betas=(0.9, 0.98), weight_decay=0.01)]

    first, checkpoint, settle = 0, args.out / "checkpoint.pt", args.settle if args.start else 0
    if checkpoint.exists():
        state = torch.load(checkpoint, map_location=device, weights_only=True)
        first = state["step"]
        for module, kept in zip((network, teacher), (state["network"], state["teacher"])):
            module.load_state_dict(kept)
        for optimiser, kept in zip(optimisers, state["optimisers"]):
            optimiser.load_state_dict(kept)
        print(f"goes on from {checkpoint} at step {first}", flush=True)
    elif args.start and args.start.is_dir():
        import shipped

        network.load_state_dict(shipped.weights(args.start, network.sizes))
    elif args.start:
        state = torch.load(args.start, map_location=device, weights_only=True)
        network.load_state_dict(state["network"])
        ours = teacher.state_dict()  # which may have learnt to teach more
        known = {name: part for name, part in state["teacher"].items() if part.shape == ours[name].shape}
        teacher.load_state_dict(known, strict=False)

    if args.compile:
        torch._dynamo.config.cache_size_limit = 64
        Block.forward = torch.compile(Block.forward, dynamic=True)

    steps = args.steps
    decay = args.decay if args.decay is not None else steps // 5
    dtype = precision(device)
    data = Batches(args.seed, first, args.pictures, args.curriculum)
    loader = torch.utils.data.DataLoader(data, batch_size=None, num_workers=args.workers,
                                         prefetch_factor=4 if args.workers else None)
    log = (args.out / "log.jsonl").open("a")
    begun, seen = time.monotonic(), Counter()
    for step, groups in enumerate(loader, first):
        if step % 20 == 0:
            steps, decay = planned(args.out, steps, decay)
        if step >= steps:
            break
        scale = rate(step, args.warmup, steps, decay)
        for optimiser, level in zip(optimisers, (args.lr, args.lr / 2)):
            for group in optimiser.param_groups:
                group["lr"] = level * scale
        n_answer = sum(int((group["targets"] != IGNORE).sum()) for group in groups)
        weight = sum(group["weights"].sum().item() for group in groups)
        n_pictures = sum(len(group["ids"]) for group in groups)
        step_loss = 0.0
        for group in groups:
            group = {name: tensor.to(device) for name, tensor in group.items()}
            with torch.autocast(device.type, dtype=dtype, enabled=dtype != torch.float32):
                answer, plain, taught, right = losses(network, teacher, group, step >= settle)
            share = len(group["ids"]) / n_pictures
            (answer / weight + args.teacher * share * sum(taught.values())).backward()
            step_loss += plain
            for name, loss in taught.items():
                seen[name] += loss.item() * share
            seen["right"] += right
        nn.utils.clip_grad_norm_([*network.parameters(), *teacher.parameters()], 1.0)
        for optimiser in optimisers:
            optimiser.step()
            optimiser.zero_grad(set_to_none=True)
        seen["answer"] += step_loss
        seen["tokens"] += n_answer
        seen["pictures"] += n_pictures
        seen["steps"] += 1
        if (step + 1) % 20 == 0:
            seconds = time.monotonic() - begun
            line = {"step": step + 1, "loss": round(seen["answer"] / seen["tokens"], 5),
                    "right": round(seen["right"] / seen["tokens"], 4),
                    **{name: round(seen[name] / seen["steps"], 4) for name in TAUGHT}, "rate": round(scale, 4)}
            log.write(json.dumps(line) + "\n")
            log.flush()
            print(f"{line}  {seen['pictures'] / seconds:.1f} pictures/s", flush=True)
            begun, seen = time.monotonic(), Counter()
        if (step + 1) % args.save_every == 0 or step + 1 == steps:
            state = {"network": network.state_dict(), "teacher": teacher.state_dict(), "step": step + 1,
                     "optimisers": [optimiser.state_dict() for optimiser in optimisers]}
            torch.save(state, checkpoint.with_suffix(".part"))
            os.replace(checkpoint.with_suffix(".part"), checkpoint)


if __name__ == "__main__":
    main()
