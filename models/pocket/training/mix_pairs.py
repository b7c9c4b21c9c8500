"""Mixes GGUF pairs: their mean, by parts, in the number formats that they have.

`python mix_pairs.py OUT FOLDER=PART...`: the parts add up to one. As `mix.py`, where the weights of each stage are quantised already.
"""

import shutil
import sys
from pathlib import Path

import numpy as np
from gguf import GGUFReader, quants


def mix(out: Path, sources: list[tuple[Path, float]]):
    shutil.copy(sources[0][0], out)
    readers = [({tensor.name: tensor for tensor in GGUFReader(path).tensors}, part) for path, part in sources]
    with out.open("r+b") as file:
        for name, tensor in readers[0][0].items():
            numbers = sum(part * quants.dequantize(all[name].data, all[name].tensor_type) for all, part in readers)
            blocks = quants.quantize(numbers.astype(np.float32), tensor.tensor_type)
            assert blocks.nbytes == tensor.n_bytes
            file.seek(tensor.data_offset)
            file.write(blocks.tobytes())


def main():
    out, *sources = sys.argv[1:]
    parts = [source.rsplit("=", 1) for source in sources]
    assert abs(sum(float(part) for _, part in parts) - 1) < 1e-6
    Path(out).mkdir(exist_ok=True)
    for name in ("pocket-q8_0.gguf", "mmproj-pocket-q8_0.gguf"):
        mix(Path(out) / name, [(Path(folder) / name, float(part)) for folder, part in parts])


if __name__ == "__main__":
    main()
