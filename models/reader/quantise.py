"""Stores the weights of an ONNX network as int8, with one scale for each output channel.

    quantise.py FROM.onnx TO.onnx

A weight `w` of a convolution or of a product with a constant matrix becomes three things: the int8 numbers
`round(w / scale)`, a `Cast` to float and a `Mul` by `scale`, whose result has the name that `w` had. A runtime folds
them when it loads the network, so the network computes in float, as before. `scale` is the largest magnitude of an
output channel divided by 127. Everything else stays as it is. The result depends on the input alone.
"""

import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

# The axis of the output channels of the second input.
AXIS = {"Conv": 0, "MatMul": 1}
CHANGED = "weights of Conv and MatMul stored as int8 with one scale for each output channel, by Lorgnette"


def quantised(weight, axis):
    """Returns the int8 numbers and the scales of a weight. The scales broadcast over it."""
    others = tuple(i for i in range(weight.ndim) if i != axis)
    scale = np.abs(weight).max(axis=others, keepdims=True).astype(np.float64) / 127
    scale[scale == 0] = 1
    numbers = np.clip(np.rint(weight / scale), -127, 127).astype(np.int8)
    return numbers, scale.astype(np.float32)


def main():
    source, out = sys.argv[1:]
    model = onnx.load(source)
    graph = model.graph
    axes = {node.input[1]: AXIS[node.op_type] for node in graph.node if node.op_type in AXIS}
    kept, made, nodes, n_numbers, worst = [], [], [], 0, 0.0
    for tensor in graph.initializer:
        axis = axes.get(tensor.name)
        if axis is None or tensor.data_type != TensorProto.FLOAT:
            kept.append(tensor)
            continue
        weight = numpy_helper.to_array(tensor)
        numbers, scale = quantised(weight, axis)
        n_numbers += weight.size
        worst = max(worst, float(np.abs(numbers * scale - weight).max() / np.abs(weight).max()))
        name = tensor.name
        made += [numpy_helper.from_array(numbers, f"{name}.int8"), numpy_helper.from_array(scale, f"{name}.scale")]
        nodes.append(helper.make_node("Cast", [f"{name}.int8"], [f"{name}.float"], f"{name}.cast", to=TensorProto.FLOAT))
        nodes.append(helper.make_node("Mul", [f"{name}.float", f"{name}.scale"], [name], f"{name}.mul"))
    nodes += graph.node
    for field, values in (("initializer", kept + made), ("node", nodes)):
        graph.ClearField(field)
        getattr(graph, field).extend(values)
    model.metadata_props.add(key="changed", value=CHANGED)
    onnx.checker.check_model(model)
    data = model.SerializeToString(deterministic=True)
    with open(out, "wb") as file:
        file.write(data)
    print(f"{out.rsplit('/', 1)[-1]}: {n_numbers} numbers as int8, {len(data)} bytes, {worst:.4f} of the largest off at most")


if __name__ == "__main__":
    main()
