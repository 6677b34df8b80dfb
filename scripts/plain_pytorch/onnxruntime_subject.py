"""A process that scripts/bench_pytorch times: ONNX Runtime on the network that nas wrote. It speaks as bench_subject.py."""

import argparse
import json
import sys
import time
from pathlib import Path

import numpy
import onnxruntime
from safetensors.numpy import load_file

SHOWN_SCORES = 4  # images


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--dump", type=Path, required=True, help="what nas bench-child wrote")
    parser.add_argument("--threads", type=int, required=True)
    arguments = parser.parse_args()
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = arguments.threads
    session = onnxruntime.InferenceSession(str(arguments.dump / "model.onnx"), options, ["CPUExecutionProvider"])
    images = numpy.ascontiguousarray(load_file(arguments.dump / "batches.safetensors")["images_inference"])
    print(json.dumps({"ready": True}), flush=True)
    for line in sys.stdin:
        steps = json.loads(line)["steps"]
        start = time.perf_counter()
        for _ in range(steps):
            scores = session.run(["scores"], {"image": images})[0]
        answer = {"seconds": time.perf_counter() - start, "images": steps * len(images)}
        answer["scores"] = scores[:SHOWN_SCORES].flatten().tolist()
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
