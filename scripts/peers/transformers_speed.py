"""Measures Pixtral 12B's shape in transformers on the GPU, in bf16 with random weights. Prints a line of JSON for `gpu-check`."""

import json
import time

import torch
from transformers import LlavaConfig, LlavaForConditionalGeneration, MistralConfig, PixtralVisionConfig

N_READ, N_WRITTEN, SIDE = 4160, 128, 1024


def main():
    text = MistralConfig(
        hidden_size=5120, intermediate_size=14336, num_hidden_layers=40, num_attention_heads=32, num_key_value_heads=8,
        head_dim=128, vocab_size=131072, rope_theta=1e9, rms_norm_eps=1e-5, max_position_embeddings=131072, sliding_window=None,
    )
    vision = PixtralVisionConfig(
        hidden_size=1024, intermediate_size=4096, num_hidden_layers=24, num_attention_heads=16, head_dim=64, patch_size=16,
        image_size=1024, rope_theta=1e4,
    )
    config = LlavaConfig(
        text_config=text, vision_config=vision, image_token_index=10, projector_hidden_act="gelu", vision_feature_layer=-1,
        vision_feature_select_strategy="full",
    )
    torch.set_default_dtype(torch.bfloat16)
    with torch.device("cuda"):
        model = LlavaForConditionalGeneration(config).eval()
    pixels = torch.randn(1, 3, SIDE, SIDE, device="cuda")
    ids = torch.randint(1000, 131072, (1, N_READ), device="cuda")
    with torch.inference_mode():
        encode = lambda: model.get_image_features(pixel_values=pixels, image_sizes=[[SIDE, SIDE]])
        encode_s = fastest(encode)
        read = lambda: model(input_ids=ids, use_cache=True, logits_to_keep=1)
        prefill_s = fastest(read)
        state = read()
        torch.cuda.synchronize()
        begun = time.monotonic()
        for _ in range(N_WRITTEN):
            next_id = state.logits[:, -1:].argmax(-1)
            state = model(input_ids=next_id, past_key_values=state.past_key_values, use_cache=True)
        torch.cuda.synchronize()
        decode_s = time.monotonic() - begun
    print(json.dumps({
        "encode_s": encode_s,
        "prefill": N_READ / prefill_s,
        "decode": N_WRITTEN / decode_s,
        "memory": torch.cuda.max_memory_allocated(),
    }))


def fastest(work):
    """Returns the seconds of the fastest of three runs, after one that warms up."""
    seconds = []
    for _ in range(4):
        torch.cuda.synchronize()
        begun = time.monotonic()
        work()
        torch.cuda.synchronize()
        seconds.append(time.monotonic() - begun)
    return min(seconds[1:])


if __name__ == "__main__":
    main()
