"""A process that scripts/bench_pytorch times: a network in plain PyTorch that takes training steps when it is told to.

It speaks as `nas bench-child` does: a line {"work": "training" | "inference", "steps": 5} on stdin is answered by a line
of JSON on stdout, after one that says {"ready": true}.
"""

import argparse
import json
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import torch  # noqa: E402
from safetensors.torch import load_file  # noqa: E402

from plain_pytorch import networks, training  # noqa: E402

SHOWN_SCORES = 4  # images


class Subject:
    def __init__(self, arguments):
        weights = load_file(arguments.dump / "initial.safetensors")
        batches = load_file(arguments.dump / "batches.safetensors")
        self.inferred = batches.pop("images_inference")
        steps = range(len(batches) // 2)
        # The first steps are those of nas; after them batches are drawn from the images of all.
        self.first = [(batches[f"images_{step}"], batches[f"targets_{step}"]) for step in steps]
        self.images = torch.cat([images for images, _ in self.first])
        self.targets = torch.cat([targets for _, targets in self.first])
        self.batch = len(self.first[0][0])
        self.format = torch.contiguous_format if arguments.mode == "eager" else torch.channels_last
        self.rate = arguments.lr
        classes, side = len(weights["classifier.bias"]), self.images.shape[-1]
        network = networks.build(arguments.arch, arguments.cells, arguments.filters, classes, side)
        training.load_weights(network, weights)
        self.network = network.to(memory_format=self.format)
        self.inferred = self.inferred.contiguous(memory_format=self.format)
        if arguments.mode == "compile":
            # Cells share a function; beyond eight versions of it the rest would run eagerly, without a word.
            torch._dynamo.config.recompile_limit = 1000
            torch._dynamo.config.accumulated_recompile_limit = 1000
            for name in network.cells:
                getattr(network, name).compile()
        self.optimizer = training.make_optimizer(network, self.rate)

    def next_batch(self):
        if self.first:
            images, targets = self.first.pop(0)
        else:
            chosen = torch.randint(len(self.images), (self.batch,))
            images, targets = training.augment(self.images[chosen]), self.targets[chosen]
        return images.contiguous(memory_format=self.format), targets

    def training(self, steps):
        self.network.train()
        losses = []
        for _ in range(steps):
            losses.append(training.train_step(self.network, self.optimizer, self.rate, *self.next_batch()))
        return {"images": steps * self.batch, "losses": losses}

    @torch.inference_mode()
    def inference(self, steps):
        self.network.eval()
        for _ in range(steps):
            scores = self.network(self.inferred).softmax(1)
        return {"images": steps * len(self.inferred), "scores": scores[:SHOWN_SCORES].flatten().tolist()}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add = parser.add_argument
    add("--mode", choices=["eager", "channels_last", "compile"], required=True)
    add("--dump", type=Path, required=True, help="what nas bench-child wrote")
    add("--arch", required=True)
    for name in ("cells", "filters", "threads"):
        add(f"--{name}", type=int, required=True)
    add("--lr", type=float, required=True)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    subject = Subject(arguments)
    print(json.dumps({"ready": True}), flush=True)
    for line in sys.stdin:
        request = json.loads(line)
        start = time.perf_counter()
        answer = getattr(subject, request["work"])(request["steps"])
        print(json.dumps({"seconds": time.perf_counter() - start, **answer}), flush=True)


if __name__ == "__main__":
    main()
