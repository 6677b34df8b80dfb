"""The networks of the DARTS code (Liu et al. 2019), for its published cells."""

import torch
import torch.nn.functional as functional
from torch import nn

from plain_pytorch.layers import FactorizedReduction, Pool, Separable, depthwise, pointwise

# Two edges a node, (operation, state); state 0 is the output of the cell before last, 1 the last one's.
GENOTYPES = {
    "darts-v2": {
        "normal": [
            [("sep_conv_3x3", 0), ("sep_conv_3x3", 1)],
            [("sep_conv_3x3", 0), ("sep_conv_3x3", 1)],
            [("sep_conv_3x3", 1), ("skip_connect", 0)],
            [("skip_connect", 0), ("dil_conv_3x3", 2)],
        ],
        "reduction": [
            [("max_pool_3x3", 0), ("max_pool_3x3", 1)],
            [("skip_connect", 2), ("max_pool_3x3", 1)],
            [("max_pool_3x3", 0), ("skip_connect", 2)],
            [("skip_connect", 2), ("max_pool_3x3", 1)],
        ],
    }
}
OUTPUT = [2, 3, 4, 5]


class DilatedSeparable(nn.Module):
    """ReLU, depthwise with dilation 2, pointwise, batch norm."""

    def __init__(self, channels, filters, kernel, stride):
        super().__init__()
        self.depthwise1 = depthwise(channels, kernel, stride, dilation=2)
        self.pointwise1 = pointwise(channels, filters)
        self.bn1 = nn.BatchNorm2d(filters)

    def forward(self, x):
        return self.bn1(self.pointwise1(self.depthwise1(functional.relu(x))))


class Skip(nn.Module):
    """The input; at stride 2 a factorised reduction."""

    def __init__(self, filters, stride):
        super().__init__()
        self.reduces = stride == 2
        if self.reduces:
            self.reduction = FactorizedReduction(filters, filters)

    def forward(self, x):
        return self.reduction(x) if self.reduces else x


def operation(name, filters, stride):
    if name.startswith("sep_conv"):
        return Separable(filters, filters, int(name[-1]), stride)
    if name.startswith("dil_conv"):
        return DilatedSeparable(filters, filters, int(name[-1]), stride)
    if name.endswith("pool_3x3"):
        return Pool(name[:3], filters, filters, stride)
    return Skip(filters, stride)


class Cell(nn.Module):
    """before, last: channels of the outputs of the last two cells; `before` is larger where it stands before a
    reduction."""

    def __init__(self, nodes, before, last, filters, reduction, after_reduction):
        super().__init__()
        self.edges = nodes
        self.after_reduction = after_reduction
        if after_reduction:
            self.preprocess0 = FactorizedReduction(before, filters)
        else:
            self.preprocess0 = pointwise(before, filters)
            self.preprocess0_bn = nn.BatchNorm2d(filters)
        self.preprocess1 = pointwise(last, filters)
        self.preprocess1_bn = nn.BatchNorm2d(filters)
        self.nodes = []
        for number, edges in enumerate(nodes):
            node = nn.ModuleDict()
            for name, state in edges:
                stride = 2 if reduction and state < 2 else 1
                node[f"from{state}"] = nn.ModuleDict({name: operation(name, filters, stride)})
            self.add_module(f"node{number}", node)
            self.nodes.append(f"node{number}")
        self.channels = filters * len(OUTPUT)

    def forward(self, before, last):
        if self.after_reduction:
            state0 = self.preprocess0(before)
        else:
            state0 = self.preprocess0_bn(self.preprocess0(functional.relu(before)))
        states = [state0, self.preprocess1_bn(self.preprocess1(functional.relu(last)))]
        for name, edges in zip(self.nodes, self.edges):
            node = getattr(self, name)
            (left, i), (right, j) = edges
            states.append(node[f"from{i}"][left](states[i]) + node[f"from{j}"][right](states[j]))
        return torch.cat([states[index] for index in OUTPUT], 1)


class Darts(nn.Module):
    """Three stages of `cells` normal cells, a reduction cell between them, with a stem for small images."""

    def __init__(self, genotype, cells, filters, classes):
        super().__init__()
        self.stem = nn.Module()
        self.stem.conv = nn.Conv2d(3, 3 * filters, 3, padding=1, bias=False)
        self.stem.bn = nn.BatchNorm2d(3 * filters)
        self.cells = []
        before = last = 3 * filters
        after_reduction = False
        normal = 0
        for number in range(3 * cells + 2):
            reduction = number in (cells, 2 * cells + 1)
            if reduction:
                filters *= 2
                name = f"reduction{number // (cells + 1)}"
            else:
                name, normal = f"cell{normal}", normal + 1
            kind = "reduction" if reduction else "normal"
            cell = Cell(GENOTYPES[genotype][kind], before, last, filters, reduction, after_reduction)
            self.add_module(name, cell)
            self.cells.append(name)
            before, last, after_reduction = last, cell.channels, reduction
        self.classifier = nn.Linear(last, classes)

    def forward(self, images):
        before = last = self.stem.bn(self.stem.conv(images))
        for name in self.cells:
            before, last = last, getattr(self, name)(before, last)
        return self.classifier(last.mean((2, 3)))
