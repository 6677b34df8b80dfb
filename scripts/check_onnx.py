#!/usr/bin/env python3
"""Cross-checks an exported model with ONNX Runtime: check_onnx.py model.onnx predictions.jsonl

predictions.jsonl is what `nas predict --json` printed: one line an image,
{"image": path, "labels": [{"name": …, "score": …}, …]}. The model must pass the ONNX checker, and ONNX Runtime must
give every score (within --tolerance) and every top label of that file. Images whose size is not the model's are resized
(shorter side, then centre crop) by Pillow, which may differ from nas in the last digits: compare images of the model's
size.

Needs onnx, onnxruntime, numpy and pillow (scripts/setup --checks).
"""

import argparse
import json
import sys

import numpy
import onnx
import onnxruntime
from PIL import Image

BATCH = 64


def load_image(path, size):
    """The image as float32 [3, size, size], RGB, 0..255."""
    image = Image.open(path).convert("RGB")
    if image.size != (size, size):
        scale = size / min(image.size)
        width, height = (max(size, round(side * scale)) for side in image.size)
        image = image.resize((width, height), Image.Resampling.BOX if scale < 1 else Image.Resampling.BILINEAR)
        left, top = (width - size) // 2, (height - size) // 2
        image = image.crop((left, top, left + size, top + size))
    return numpy.asarray(image, dtype=numpy.float32).transpose(2, 0, 1)


def top_label(scores):
    return max(scores, key=scores.get)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", help="model.onnx")
    parser.add_argument("predictions", help="lines printed by `nas predict --json`")
    parser.add_argument("--tolerance", type=float, default=1e-4, help="of a score (default %(default)s)")
    arguments = parser.parse_args()

    onnx.checker.check_model(arguments.model, full_check=True)
    session = onnxruntime.InferenceSession(arguments.model, providers=["CPUExecutionProvider"])
    labels = json.loads(session.get_modelmeta().custom_metadata_map["labels"])
    size = session.get_inputs()[0].shape[2]
    with open(arguments.predictions, encoding="utf-8") as file:
        expected = [json.loads(line) for line in file if line.strip()]
    if not expected:
        sys.exit(f"check_onnx: no predictions in {arguments.predictions}")

    largest, wrong_scores, wrong_labels = 0.0, 0, 0
    for start in range(0, len(expected), BATCH):
        lines = expected[start : start + BATCH]
        images = numpy.stack([load_image(line["image"], size) for line in lines])
        (outputs,) = session.run(["scores"], {"image": images})
        for line, output in zip(lines, outputs):
            ours = {label["name"]: label["score"] for label in line["labels"]}
            theirs = dict(zip(labels, map(float, output)))
            difference = max(abs(score - theirs[name]) for name, score in ours.items())
            largest = max(largest, difference)
            wrong_scores += not difference <= arguments.tolerance  # NaN is wrong, too
            wrong_labels += top_label(ours) != top_label(theirs)

    print(
        f"check_onnx: {len(expected)} images, {len(labels)} labels, largest difference {largest:.2e}, "
        f"{wrong_scores} images beyond {arguments.tolerance:g}, {wrong_labels} other top labels"
    )
    return 1 if wrong_scores or wrong_labels else 0


if __name__ == "__main__":
    sys.exit(main())
