"""NASNet-A and its training in plain PyTorch, for scripts/compare_pytorch: written by hand from the paper and tf-slim's
code. It shares nothing with nas but the names of the parameters, the rule of the initial weights and the settings.
"""

import math

import torch
import torch.nn.functional as functional
from torch import nn

# Of the training, in nas as well; learning rate and batch size are arguments.
MOMENTUM = 0.9
WEIGHT_DECAY = 3e-4
CLIP = 5.0
LABEL_SMOOTHING = 0.1  # of whole epochs alone

# (left operation, left state, right operation, right state); state 0 is the cell's current input, 1 the previous one.
NORMAL = [
    ("sep_conv_5x5", 0, "sep_conv_3x3", 1),
    ("sep_conv_5x5", 1, "sep_conv_3x3", 1),
    ("avg_pool_3x3", 0, "identity", 1),
    ("avg_pool_3x3", 1, "avg_pool_3x3", 1),
    ("sep_conv_3x3", 0, "identity", 0),
]
NORMAL_OUTPUT = [1, 2, 3, 4, 5, 6]
REDUCTION = [
    ("sep_conv_5x5", 0, "sep_conv_7x7", 1),
    ("max_pool_3x3", 0, "sep_conv_7x7", 1),
    ("avg_pool_3x3", 0, "sep_conv_5x5", 1),
    ("identity", 3, "avg_pool_3x3", 2),
    ("sep_conv_3x3", 2, "max_pool_3x3", 0),
]
REDUCTION_OUTPUT = [3, 4, 5, 6]


def pointwise(channels, filters, stride=1):
    return nn.Conv2d(channels, filters, 1, stride, bias=False)


class Separable(nn.Module):
    """ReLU, depthwise, pointwise, batch norm; twice, the stride in the first."""

    def __init__(self, channels, filters, kernel, stride):
        super().__init__()
        self.depthwise1 = nn.Conv2d(channels, channels, kernel, stride, kernel // 2, groups=channels, bias=False)
        self.pointwise1 = pointwise(channels, filters)
        self.bn1 = nn.BatchNorm2d(filters)
        self.depthwise2 = nn.Conv2d(filters, filters, kernel, 1, kernel // 2, groups=filters, bias=False)
        self.pointwise2 = pointwise(filters, filters)
        self.bn2 = nn.BatchNorm2d(filters)

    def forward(self, x):
        x = self.bn1(self.pointwise1(self.depthwise1(functional.relu(x))))
        return self.bn2(self.pointwise2(self.depthwise2(functional.relu(x))))


class Pool(nn.Module):
    """3x3; a 1x1 convolution and batch norm follow where the width changes."""

    def __init__(self, kind, channels, filters, stride):
        super().__init__()
        self.pool = nn.MaxPool2d(3, stride, 1) if kind == "max" else nn.AvgPool2d(3, stride, 1, count_include_pad=False)
        self.widens = channels != filters
        if self.widens:
            self.conv = pointwise(channels, filters)
            self.conv_bn = nn.BatchNorm2d(filters)

    def forward(self, x):
        x = self.pool(x)
        return self.conv_bn(self.conv(x)) if self.widens else x


class Identity(nn.Module):
    """The input; ReLU, 1x1 convolution and batch norm where size or width change."""

    def __init__(self, channels, filters, stride):
        super().__init__()
        self.changes = stride != 1 or channels != filters
        if self.changes:
            self.conv = pointwise(channels, filters, stride)
            self.conv_bn = nn.BatchNorm2d(filters)

    def forward(self, x):
        return self.conv_bn(self.conv(functional.relu(x))) if self.changes else x


class FactorizedReduction(nn.Module):
    """Two 1x1 convolutions of stride 2 on shifted grids, concatenated."""

    def __init__(self, channels, filters):
        super().__init__()
        self.path1_conv = pointwise(channels, filters // 2, 2)
        self.path2_conv = pointwise(channels, filters - filters // 2, 2)
        self.bn = nn.BatchNorm2d(filters)

    def forward(self, x):
        x = functional.relu(x)
        shifted = functional.pad(x, (0, 1, 0, 1))[:, :, 1:, 1:]
        return self.bn(torch.cat([self.path1_conv(x), self.path2_conv(shifted)], 1))


def operation(name, channels, filters, stride):
    if name.startswith("sep_conv"):
        return Separable(channels, filters, int(name[-1]), stride)
    if name.endswith("pool_3x3"):
        return Pool(name[:3], channels, filters, stride)
    return Identity(channels, filters, stride)


class Side(nn.Module):
    """One operation under its own name."""

    def __init__(self, name, channels, filters, stride):
        super().__init__()
        self.name = name
        self.add_module(name, operation(name, channels, filters, stride))

    def forward(self, x):
        return getattr(self, self.name)(x)


class Cell(nn.Module):
    """current, previous: (channels, side) of the inputs; previous is None in the first cell."""

    def __init__(self, current, previous, filters, reduction):
        super().__init__()
        self.blocks = REDUCTION if reduction else NORMAL
        self.output = REDUCTION_OUTPUT if reduction else NORMAL_OUTPUT
        stride = 2 if reduction else 1
        channels, side = current
        self.current = pointwise(channels, filters)
        self.current_bn = nn.BatchNorm2d(filters)
        state1 = filters
        self.adapt = "none"
        if previous is None:
            state1 = channels
        elif previous[1] != side:
            self.adapt = "reduce"
            self.previous = FactorizedReduction(previous[0], filters)
        elif previous[0] != filters:
            self.adapt = "widen"
            self.previous = pointwise(previous[0], filters)
            self.previous_bn = nn.BatchNorm2d(filters)
        widths = [filters, state1]
        for number, (left, left_state, right, right_state) in enumerate(self.blocks):
            block = nn.Module()
            for name, op, state in (("left", left, left_state), ("right", right, right_state)):
                block.add_module(name, Side(op, widths[state], filters, stride if state < 2 else 1))
            self.add_module(f"block{number}", block)
            widths.append(filters)
        # An input that is concatenated keeps its size here: only normal cells do so.
        self.fits = 1 not in self.output or state1 == filters
        if not self.fits:
            self.output1 = pointwise(state1, filters)
            self.output1_bn = nn.BatchNorm2d(filters)
        self.shape = (filters * len(self.output), side // stride)

    def forward(self, current, previous):
        if previous is None:
            previous = current
        elif self.adapt == "reduce":
            previous = self.previous(previous)
        elif self.adapt == "widen":
            previous = self.previous_bn(self.previous(functional.relu(previous)))
        states = [self.current_bn(self.current(functional.relu(current))), previous]
        for number, (_, left_state, _, right_state) in enumerate(self.blocks):
            block = getattr(self, f"block{number}")
            states.append(block.left(states[left_state]) + block.right(states[right_state]))
        if not self.fits:
            states[1] = self.output1_bn(self.output1(states[1]))
        return torch.cat([states[index] for index in self.output], 1)


class NasnetA(nn.Module):
    """Three stages of `cells` normal cells, a reduction cell between them. side: of the images, a multiple of 4."""

    def __init__(self, cells, filters, classes, side):
        super().__init__()
        self.stem = nn.Module()
        self.stem.conv = nn.Conv2d(3, 3 * filters, 3, padding=1, bias=False)
        self.stem.bn = nn.BatchNorm2d(3 * filters)
        self.cells = []
        current, previous = (3 * filters, side), None

        def append(name, reduction):
            nonlocal current, previous
            cell = Cell(current, previous, filters, reduction)
            self.add_module(name, cell)
            self.cells.append(name)
            previous, current = current, cell.shape

        for number in range(3 * cells):
            if number in (cells, 2 * cells):
                filters *= 2
                append(f"reduction{number // cells - 1}", True)
            append(f"cell{number}", False)
        self.classifier = nn.Linear(current[0], classes)

    def forward(self, images):
        current, previous = self.stem.bn(self.stem.conv(images)), None
        for name in self.cells:
            current, previous = getattr(self, name)(current, previous), current
        return self.classifier(functional.relu(current).mean((2, 3)))


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
