"""Writes golden.json: what onnxruntime computes of parts of a fixture, with the published networks and with ours.

    make.py PUBLISHED_DETECTION.onnx PUBLISHED_RECOGNITION.onnx

onnxruntime, numpy and Pillow are needed. Detection is stored as a map, recognition as the likeliest output of each step
and its probability.
"""

import json
import sys
from pathlib import Path

import numpy as np
import onnxruntime
from PIL import Image

HERE = Path(__file__).parent
MODELS = HERE.parents[3] / "models" / "reader"
# left, top, width, height
DETECTION = (16, 36, 256, 64)
RECOGNITION = (24, 46, 224, 48)


def part(region):
    left, top, width, height = region
    picture = Image.open(HERE.parent / "fixtures" / "big-36.png").convert("RGB")
    rgb = np.asarray(picture.crop((left, top, left + width, top + height)), np.float32)
    return rgb[:, :, ::-1].transpose(2, 0, 1)[None]


def run(path, values):
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    return session.run(None, {session.get_inputs()[0].name: values.astype(np.float32)})[0]


def main():
    published = sys.argv[1:]
    mean = np.array([0.485, 0.456, 0.406], np.float32)[None, :, None, None]
    std = np.array([0.229, 0.224, 0.225], np.float32)[None, :, None, None]
    detected = (part(DETECTION) / 255 - mean) / std
    line = part(RECOGNITION) / 127.5 - 1
    golden = {"detection_region": DETECTION, "recognition_region": RECOGNITION}
    for name, (detection, recognition) in {
        "int8": (MODELS / "detection.onnx", MODELS / "recognition.onnx"),
        "published": published,
    }.items():
        outputs = run(recognition, line)[0]
        golden[name] = {
            "detection": [round(float(value), 5) for value in run(detection, detected).ravel()],
            "indices": outputs.argmax(1).tolist(),
            "probabilities": [round(float(value), 5) for value in outputs.max(1)],
        }
    (HERE / "golden.json").write_text(json.dumps(golden, separators=(",", ":")) + "\n")
    a, b = golden["int8"], golden["published"]
    print(np.abs(np.array(a["detection"]) - b["detection"]).max(), a["indices"] == b["indices"],
          np.abs(np.array(a["probabilities"]) - b["probabilities"]).max())


if __name__ == "__main__":
    main()
