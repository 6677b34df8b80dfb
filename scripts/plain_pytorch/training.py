"""How nas trains, in plain PyTorch."""

import math

import torch
import torch.nn.functional as functional
from torch import nn

# Of the training, in nas as well; learning rate and batch size are arguments.
MOMENTUM = 0.9
WEIGHT_DECAY = 3e-4
CLIP = 5.0
LABEL_SMOOTHING = 0.1  # of whole epochs alone


def initialise(network):
    """Convolutions: normal, He et al. by fan-out (of one group); linear layers: uniform, by fan-in, biases 0."""
    for layer in network.modules():
        if isinstance(layer, nn.Conv2d):
            fan_out = layer.out_channels // layer.groups * math.prod(layer.kernel_size)
            nn.init.normal_(layer.weight, std=math.sqrt(2 / fan_out))
        elif isinstance(layer, nn.Linear):
            bound = 1 / math.sqrt(layer.in_features)
            nn.init.uniform_(layer.weight, -bound, bound)
            nn.init.zeros_(layer.bias)


def make_optimizer(network, learning_rate):
    """SGD as child_trainer/optimizer.cpp: Nesterov, weight decay on matrices alone."""
    matrices = [parameter for parameter in network.parameters() if parameter.dim() > 1]
    vectors = [parameter for parameter in network.parameters() if parameter.dim() <= 1]
    groups = [{"params": matrices, "weight_decay": WEIGHT_DECAY}, {"params": vectors, "weight_decay": 0.0}]
    return torch.optim.SGD(groups, lr=learning_rate, momentum=MOMENTUM, nesterov=True)


def train_step(network, optimizer, learning_rate, images, targets, label_smoothing=0.0):
    """One step at a rate of the cosine; returns the loss before it."""
    for group in optimizer.param_groups:
        group["lr"] = learning_rate
    loss = functional.cross_entropy(network(images), targets, label_smoothing=label_smoothing)
    optimizer.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(network.parameters(), CLIP)
    optimizer.step()
    return loss.item()


def cosine(learning_rate, step, steps):
    return learning_rate * 0.5 * (1 + math.cos(math.pi * step / steps))


def augment(images):
    """Pad by an eighth of the side and crop at random; mirror every second image on average."""
    count, _, side, _ = images.shape
    pad = max(1, side // 8)
    padded = functional.pad(images, (pad, pad, pad, pad)).permute(0, 2, 3, 1)
    rows = torch.randint(2 * pad + 1, (count, 1)) + torch.arange(side)
    columns = torch.randint(2 * pad + 1, (count, 1)) + torch.arange(side)
    columns = torch.where(torch.rand(count, 1) < 0.5, columns.flip(1), columns)
    chosen = padded[torch.arange(count)[:, None, None], rows[:, :, None], columns[:, None, :]]
    return chosen.permute(0, 3, 1, 2)


def train_epochs(network, images, targets, epochs, batch_size, learning_rate):
    """Whole epochs in random order; the last, smaller batch of each is left out."""
    optimizer = make_optimizer(network, learning_rate)
    steps = len(images) // batch_size
    network.train()
    for epoch in range(epochs):
        order = torch.randperm(len(images))
        for step, batch in enumerate(order.split(batch_size)[:steps]):
            rate = cosine(learning_rate, epoch * steps + step, epochs * steps)
            train_step(network, optimizer, rate, augment(images[batch]), targets[batch], LABEL_SMOOTHING)


@torch.inference_mode()
def accuracy_of(network, images, targets):
    network.eval()
    correct = sum(
        (network(some).argmax(1) == wanted).sum().item() for some, wanted in zip(images.split(256), targets.split(256))
    )
    return correct / len(images)


def load_weights(network, weights):
    """Every tensor must be wanted, and every wanted tensor there; otherwise ValueError."""
    ours = {name for name in network.state_dict() if not name.endswith("num_batches_tracked")}
    if ours != set(weights):
        raise ValueError(
            f"names differ: only in PyTorch {sorted(ours - set(weights))[:5]}, "
            f"only in nas {sorted(set(weights) - ours)[:5]}"
        )
    network.load_state_dict(weights, strict=False)
