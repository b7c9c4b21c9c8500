"""The shipped GGUF pair as weights to begin with, for a machine that has no checkpoint any more."""

from pathlib import Path

import gguf
import torch
from torch import Tensor

from network import Sizes

TEXT = {"token_embd.weight": "embed.weight", "output.weight": "lm_head.weight", "output_norm.weight": "norm.weight"}
TEXT_BLOCK = {"attn_norm": "attention_norm", "attn_q": "attention.q_proj", "attn_k": "attention.k_proj",
              "attn_v": "attention.v_proj", "attn_output": "attention.o_proj", "ffn_norm": "ffn_norm",
              "ffn_gate": "feed_forward.gate_proj", "ffn_up": "feed_forward.up_proj", "ffn_down": "feed_forward.down_proj"}
VISION = {"v.patch_embd.weight": "patch_conv.weight", "v.pre_ln.weight": "ln_pre.weight", "mm.1.weight": "linear_1.weight",
          "mm.1.bias": "linear_1.bias", "mm.2.weight": "linear_2.weight", "mm.2.bias": "linear_2.bias"}
VISION_BLOCK = {**TEXT_BLOCK, "ln1": "attention_norm", "ln2": "ffn_norm", "attn_out": "attention.o_proj"}


def our_name(name: str) -> str | None:
    """`Pocket`'s name of a tensor; None for one that it has already."""
    if name in TEXT | VISION:
        return (TEXT | VISION)[name]
    half, parts = ("vision", name.removeprefix("v.").split(".")) if name.startswith("v.") else ("text", name.split("."))
    if parts[0] != "blk":
        return None
    block = VISION_BLOCK if half == "vision" else TEXT_BLOCK
    return f"{half}.{parts[1]}.{block[parts[2]]}.{parts[3]}"


def halves_apart(weight: Tensor, head_dim: int) -> Tensor:
    """Rows of q and k in Hugging Face's order again: GGUF has the two halves of each head in turns."""
    heads = weight.shape[0] // head_dim
    return weight.view(heads, head_dim // 2, 2, -1).transpose(1, 2).reshape(weight.shape)


def weights(folder: Path, sizes: Sizes) -> dict[str, Tensor]:
    """A state dict of `Pocket`."""
    found = {}
    for file in sorted(folder.glob("*.gguf")):
        for tensor in gguf.GGUFReader(file).tensors:
            name = our_name(tensor.name)
            if name is None:
                continue
            numbers = torch.from_numpy(gguf.quants.dequantize(tensor.data, tensor.tensor_type).copy()).float()
            if ".q_proj" in name or ".k_proj" in name:
                numbers = halves_apart(numbers, sizes.head_dim)
            found[name] = numbers.reshape(sizes.vision_hidden, -1) if name == "patch_conv.weight" else numbers
    return found
