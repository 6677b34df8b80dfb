"""NASNet-A, written by hand from the paper and tf-slim's code."""

import torch
import torch.nn.functional as functional
from torch import nn

from plain_pytorch.layers import FactorizedReduction, Pool, Separable, pointwise

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
