"""Pixtral in PyTorch, small: the names and the order of every number are those of Hugging Face's `llava` checkpoints."""

from dataclasses import asdict, dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

PATCH = 16
N_CONTROL = 1000
MEAN = torch.tensor([0.48145466, 0.4578275, 0.40821073])
STD = torch.tensor([0.26862954, 0.26130258, 0.27577711])
BOS, EOS, INST, INST_END, IMG, IMG_BREAK, IMG_END = 1, 2, 3, 4, 10, 12, 13


@dataclass
class Sizes:
    """What the two halves measure. `vocab` is the control tokens and the first ranks of tekken, its single bytes."""

    vocab: int = N_CONTROL + 256
    text_hidden: int = 256
    text_ffn: int = 704
    text_layers: int = 6
    text_heads: int = 4
    text_kv_heads: int = 2
    vision_hidden: int = 256
    vision_ffn: int = 704
    vision_layers: int = 6
    vision_heads: int = 4
    head_dim: int = 64
    text_theta: float = 10_000.0
    vision_theta: float = 10_000.0
    most_positions: int = 4096
    image_size: int = 512
    eps: float = 1e-5

    def as_dict(self):
        return asdict(self)


class RMSNorm(nn.Module):
    def __init__(self, size: int, eps: float):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(size))
        self.eps = eps

    def forward(self, x: Tensor) -> Tensor:
        return F.rms_norm(x, x.shape[-1:], self.weight.to(x.dtype), self.eps)


def rotate(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """Rotary position, the two halves of a head as pairs. x [batch, heads, tokens, head_dim]."""
    one, two = x.chunk(2, -1)
    cos, sin = cos.to(x.dtype), sin.to(x.dtype)
    return torch.cat((one * cos - two * sin, two * cos + one * sin), -1)


def attend(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None, watched: list | None = None) -> Tensor:
    """Attention of q [batch, heads, tokens, head_dim]; `mask` is added to the scores. `watched` gets the scores of the
    first head, for a teacher of where to look.

    Plain products: with heads this small they take a third of the time of PyTorch's fused attention on a CPU.
    """
    batch, heads, n, head_dim = q.shape
    if mask is None:
        mask = q.new_zeros(1, 1, 1, 1)
    mask = mask.to(q.dtype).expand(batch, heads, n, k.shape[2]).reshape(batch * heads, n, k.shape[2])
    with torch.autocast(q.device.type, enabled=False):  # which would compute the softmax in f32
        scores = torch.baddbmm(mask, q.flatten(0, 1), k.flatten(0, 1).transpose(1, 2), alpha=head_dim**-0.5)
        if watched is not None:
            watched.append(scores.view(batch, heads, n, -1)[:, 0])
        return (scores.softmax(-1) @ v.flatten(0, 1)).view(batch, heads, n, head_dim)


def added(mask: Tensor) -> Tensor:
    """What is added to scores so that nothing is seen where the mask is false."""
    return torch.zeros_like(mask, dtype=torch.float32).masked_fill(~mask, -1e4)


class Attention(nn.Module):
    def __init__(self, hidden: int, heads: int, kv_heads: int, head_dim: int):
        super().__init__()
        self.heads, self.kv_heads, self.head_dim = heads, kv_heads, head_dim
        self.q_proj = nn.Linear(hidden, heads * head_dim, bias=False)
        self.k_proj = nn.Linear(hidden, kv_heads * head_dim, bias=False)
        self.v_proj = nn.Linear(hidden, kv_heads * head_dim, bias=False)
        self.o_proj = nn.Linear(heads * head_dim, hidden, bias=False)

    def forward(self, x: Tensor, rope, mask: Tensor | None, cache=None, watched=None) -> Tensor:
        batch, n, _ = x.shape
        q = self.q_proj(x).view(batch, n, self.heads, self.head_dim).transpose(1, 2)
        k = self.k_proj(x).view(batch, n, self.kv_heads, self.head_dim).transpose(1, 2)
        v = self.v_proj(x).view(batch, n, self.kv_heads, self.head_dim).transpose(1, 2)
        q, k = rotate(q, *rope), rotate(k, *rope)
        if cache is not None:
            k, v = cache.extend(self, k, v)
        if self.kv_heads != self.heads:
            k = k.repeat_interleave(self.heads // self.kv_heads, 1)
            v = v.repeat_interleave(self.heads // self.kv_heads, 1)
        return self.o_proj(attend(q, k, v, mask, watched).transpose(1, 2).reshape(batch, n, -1))


class FeedForward(nn.Module):
    def __init__(self, hidden: int, ffn: int):
        super().__init__()
        self.gate_proj = nn.Linear(hidden, ffn, bias=False)
        self.up_proj = nn.Linear(hidden, ffn, bias=False)
        self.down_proj = nn.Linear(ffn, hidden, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        return self.down_proj(F.silu(self.gate_proj(x)) * self.up_proj(x))


class Block(nn.Module):
    """One layer; the two halves differ in the names of its norms only, which `export.py` gives."""

    def __init__(self, hidden: int, ffn: int, heads: int, kv_heads: int, head_dim: int, eps: float):
        super().__init__()
        self.attention_norm = RMSNorm(hidden, eps)
        self.attention = Attention(hidden, heads, kv_heads, head_dim)
        self.ffn_norm = RMSNorm(hidden, eps)
        self.feed_forward = FeedForward(hidden, ffn)

    def forward(self, x: Tensor, rope, mask: Tensor | None = None, cache=None, watched=None) -> Tensor:
        x = x + self.attention(self.attention_norm(x), rope, mask, cache, watched)
        return x + self.feed_forward(self.ffn_norm(x))


class Pocket(nn.Module):
    """The whole network."""

    def __init__(self, sizes: Sizes):
        super().__init__()
        self.sizes = s = sizes
        self.patch_conv = nn.Linear(3 * PATCH * PATCH, s.vision_hidden, bias=False)
        self.ln_pre = RMSNorm(s.vision_hidden, s.eps)
        self.vision = nn.ModuleList(
            Block(s.vision_hidden, s.vision_ffn, s.vision_heads, s.vision_heads, s.head_dim, s.eps)
            for _ in range(s.vision_layers))
        self.linear_1 = nn.Linear(s.vision_hidden, s.text_hidden)
        self.linear_2 = nn.Linear(s.text_hidden, s.text_hidden)
        self.embed = nn.Embedding(s.vocab, s.text_hidden)
        self.text = nn.ModuleList(
            Block(s.text_hidden, s.text_ffn, s.text_heads, s.text_kv_heads, s.head_dim, s.eps)
            for _ in range(s.text_layers))
        self.norm = RMSNorm(s.text_hidden, s.eps)
        self.lm_head = nn.Linear(s.text_hidden, s.vocab, bias=False)
        self.initialise()

    def initialise(self):
        for name, parameter in self.named_parameters():
            if parameter.dim() == 2:
                nn.init.normal_(parameter, std=0.02 if "embed" in name or "lm_head" in name else parameter.shape[1] ** -0.5)
                if name.endswith(("o_proj.weight", "down_proj.weight")):
                    with torch.no_grad():
                        parameter.mul_(0.3)
            elif name.endswith("bias"):
                nn.init.zeros_(parameter)

    # Positions

    def vision_rope(self, places: Tensor):
        """Cosines and sines [batch, 1, patches, head_dim / 2] at places [batch, patches, (row, column)].

        The even frequencies turn by row, the odd ones by column.
        """
        inv = self.sizes.vision_theta ** -(torch.arange(0, self.sizes.head_dim, 2).float() / self.sizes.head_dim)
        inv = inv.to(places.device)
        rows, columns = places.float()[:, None].unbind(-1)
        angles = torch.cat((rows[..., None] * inv[::2], columns[..., None] * inv[1::2]), -1)
        return angles.cos(), angles.sin()

    def text_rope(self, positions: Tensor):
        """Cosines and sines [batch, 1, tokens, head_dim / 2] of positions [batch, tokens]."""
        inv = self.sizes.text_theta ** -(torch.arange(0, self.sizes.head_dim, 2).float() / self.sizes.head_dim)
        angles = positions.float()[:, None, :, None] * inv.to(positions.device)
        return angles.cos(), angles.sin()

    # The two halves

    def see(self, patches: Tensor, places: Tensor, mask: Tensor | None = None) -> Tensor:
        """Patches [batch, patches, 768] at their places → features [batch, patches, vision_hidden].

        `mask` [batch, 1, 1, patches] is added to scores: nothing is seen where a smaller picture has no patch.
        """
        x = self.ln_pre(self.patch_conv(patches))
        rope = self.vision_rope(places)
        for block in self.vision:
            x = block(x, rope, mask)
        return x

    def project(self, features: Tensor) -> Tensor:
        """Features of patches as the text model's embeddings."""
        return self.linear_2(F.gelu(self.linear_1(features)))

    def embed_with(self, ids: Tensor, features: Tensor) -> Tensor:
        """Embeddings of ids [batch, tokens], with the features [all patches, vision_hidden] at the [IMG] ids."""
        x = self.embed(ids)
        picture = self.project(features).to(x.dtype)
        return x.masked_scatter((ids == IMG)[..., None], picture)

    def read(self, x: Tensor, positions: Tensor, mask: Tensor | None, cache=None, watched=None) -> Tensor:
        """Hidden states after the last norm. `watched` gets scores of the middle layers, see `attend`."""
        rope = self.text_rope(positions)
        for i, block in enumerate(self.text):
            x = block(x, rope, mask, cache, watched if 1 < i < len(self.text) - 1 else None)
        return self.norm(x)


def cut(image) -> tuple[Tensor, Tensor]:
    """A picture of whole patches as patches [patches, 768], normalised, flattened channel, y, x; and their places."""
    pixels = torch.from_numpy(np.asarray(image, dtype=np.float32) / 255)
    pixels = ((pixels - MEAN) / STD).permute(2, 0, 1)
    rows, columns = pixels.shape[1] // PATCH, pixels.shape[2] // PATCH
    patches = pixels.reshape(3, rows, PATCH, columns, PATCH).permute(1, 3, 0, 2, 4).reshape(rows * columns, -1)
    places = torch.stack((torch.arange(rows).repeat_interleave(columns), torch.arange(columns).repeat(rows)), -1)
    return patches, places


def picture_ids(rows: int, columns: int) -> list[int]:
    """The tokens of a picture: [IMG] a patch, [IMG_BREAK] after each row but the last, which ends with [IMG_END]."""
    row = [IMG] * columns + [IMG_BREAK]
    return (row * rows)[:-1] + [IMG_END]


def encode(text: str) -> list[int]:
    """Tokens of a text: the truncated vocabulary has single bytes only."""
    return [N_CONTROL + byte for byte in text.encode()]


def decode(ids) -> str:
    return bytes(i - N_CONTROL for i in ids if i >= N_CONTROL).decode(errors="replace")
