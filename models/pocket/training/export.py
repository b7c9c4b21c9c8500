"""Writes a checkpoint as a Hugging Face `llava` folder: `python export.py runs/pocket/checkpoint.pt OUT`.

The teacher's weights stay behind. `cargo xtask quantise OUT` makes the GGUF pair of it.
"""

import argparse
import json
from pathlib import Path

import torch
from safetensors.torch import save_file

from network import IMG, PATCH, Pocket, Sizes

HALVES = {"vision": "vision_tower.transformer.layers", "text": "language_model.model.layers"}
WHOLE = {
    "patch_conv.weight": "vision_tower.patch_conv.weight",
    "ln_pre.weight": "vision_tower.ln_pre.weight",
    "linear_1": "multi_modal_projector.linear_1",
    "linear_2": "multi_modal_projector.linear_2",
    "embed.weight": "language_model.model.embed_tokens.weight",
    "norm.weight": "language_model.model.norm.weight",
    "lm_head.weight": "language_model.lm_head.weight",
}
TEXT_BLOCK = {"attention_norm": "input_layernorm", "ffn_norm": "post_attention_layernorm", "attention": "self_attn",
              "feed_forward": "mlp"}


def hub_name(name: str) -> str:
    """Hugging Face's name of one of `Pocket`'s parameters."""
    for ours, theirs in WHOLE.items():
        if name == ours or name.startswith(ours + "."):
            return theirs + name.removeprefix(ours)
    half, layer, module, *rest = name.split(".")
    module = TEXT_BLOCK[module] if half == "text" else module
    return ".".join([HALVES[half], layer, module, *rest])


def config(sizes: Sizes) -> dict:
    return {
        "architectures": ["LlavaForConditionalGeneration"], "model_type": "llava", "image_token_index": IMG,
        "multimodal_projector_bias": True, "projector_hidden_act": "gelu", "vision_feature_layer": -1,
        "vision_feature_select_strategy": "full", "image_seq_length": 1, "tie_word_embeddings": False,
        "torch_dtype": "float32",
        "text_config": {
            "model_type": "mistral", "hidden_size": sizes.text_hidden, "intermediate_size": sizes.text_ffn,
            "num_hidden_layers": sizes.text_layers, "num_attention_heads": sizes.text_heads,
            "num_key_value_heads": sizes.text_kv_heads, "head_dim": sizes.head_dim, "vocab_size": sizes.vocab,
            "rope_theta": sizes.text_theta, "rms_norm_eps": sizes.eps, "max_position_embeddings": sizes.most_positions,
            "hidden_act": "silu", "sliding_window": None, "tie_word_embeddings": False,
        },
        "vision_config": {
            "model_type": "pixtral", "hidden_size": sizes.vision_hidden, "intermediate_size": sizes.vision_ffn,
            "num_hidden_layers": sizes.vision_layers, "num_attention_heads": sizes.vision_heads,
            "head_dim": sizes.head_dim, "num_channels": 3, "patch_size": PATCH, "image_size": sizes.image_size,
            "rope_theta": sizes.vision_theta, "hidden_act": "silu",
        },
    }


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("checkpoint", type=Path)
    options.add_argument("out", type=Path)
    args = options.parse_args()
    network = Pocket(Sizes())
    network.load_state_dict(torch.load(args.checkpoint, map_location="cpu", weights_only=True)["network"])
    tensors = {}
    for name, parameter in network.named_parameters():
        tensor = parameter.detach().float().contiguous()
        if name == "patch_conv.weight":
            tensor = tensor.view(-1, 3, PATCH, PATCH)
        tensors[hub_name(name)] = tensor
    args.out.mkdir(parents=True, exist_ok=True)
    save_file(tensors, args.out / "model.safetensors", metadata={"format": "pt"})
    (args.out / "config.json").write_text(json.dumps(config(network.sizes), indent=2) + "\n")


if __name__ == "__main__":
    main()
