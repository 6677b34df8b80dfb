"""The networks of NAS-Bench-201 (Dong and Yang 2020), for any of its cells: |op~0|+|op~0|op~1|+|op~0|op~1|op~2|."""

import torch.nn.functional as functional
from torch import nn

from plain_pytorch.layers import Pool


class Conv(nn.Module):
    """ReLU, convolution, batch norm."""

    def __init__(self, filters, kernel):
        super().__init__()
        self.conv = nn.Conv2d(filters, filters, kernel, padding=kernel // 2, bias=False)
        self.conv_bn = nn.BatchNorm2d(filters)

    def forward(self, x):
        return self.conv_bn(self.conv(functional.relu(x)))


def operation(name, filters):
    if name.startswith("nor_conv"):
        return Conv(filters, int(name[-1]))
    return Pool("avg", filters, filters, 1) if name == "avg_pool_3x3" else nn.Identity()


def live_edges(text):
    """For each node but the input its edges (operation, state); none of nodes that the output does not need."""
    nodes = [[tuple(edge.split("~")) for edge in node.strip("|").split("|")] for node in text.split("+")]
    nodes = [[(name, int(state)) for name, state in edges if name != "none"] for edges in nodes]
    needed = {len(nodes)}
    for number in range(len(nodes), 0, -1):
        if number in needed:
            needed |= {state for _, state in nodes[number - 1]}
    return [edges if number in needed else [] for number, edges in enumerate(nodes, 1)]


class Cell(nn.Module):
    def __init__(self, nodes, filters):
        super().__init__()
        self.edges = nodes
        for number, edges in enumerate(nodes):
            node = nn.ModuleDict()
            for name, state in edges:
                node[f"from{state}"] = nn.ModuleDict({name: operation(name, filters)})
            self.add_module(f"node{number}", node)

    def forward(self, x):
        states = [x]
        for number, edges in enumerate(self.edges):
            node = getattr(self, f"node{number}")
            terms = [node[f"from{state}"][name](states[state]) for name, state in edges]
            states.append(sum(terms[1:], terms[0]) if terms else x * 0)
        return states[-1]


class ResidualBlock(nn.Module):
    """Halves height and width, which must be even, and doubles the channels."""

    def __init__(self, channels, filters):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, filters, 3, 2, 1, bias=False)
        self.conv1_bn = nn.BatchNorm2d(filters)
        self.conv2 = nn.Conv2d(filters, filters, 3, 1, 1, bias=False)
        self.conv2_bn = nn.BatchNorm2d(filters)
        self.shortcut = nn.Conv2d(channels, filters, 1, bias=False)

    def forward(self, x):
        branch = self.conv1_bn(self.conv1(functional.relu(x)))
        branch = self.conv2_bn(self.conv2(functional.relu(branch)))
        return self.shortcut(functional.avg_pool2d(x, 2)) + branch


class NasBench201(nn.Module):
    """Three stages of `cells` cells, a residual block between them."""

    def __init__(self, text, cells, filters, classes):
        super().__init__()
        nodes = live_edges(text)
        self.stem = nn.Module()
        self.stem.conv = nn.Conv2d(3, filters, 3, padding=1, bias=False)
        self.stem.bn = nn.BatchNorm2d(filters)
        self.cells = []

        def append(name, module):
            self.add_module(name, module)
            self.cells.append(name)

        for number in range(3 * cells):
            if number in (cells, 2 * cells):
                append(f"reduction{number // cells - 1}", ResidualBlock(filters, 2 * filters))
                filters *= 2
            append(f"cell{number}", Cell(nodes, filters))
        self.head = nn.Module()
        self.head.bn = nn.BatchNorm2d(filters)
        self.classifier = nn.Linear(filters, classes)

    def forward(self, images):
        x = self.stem.bn(self.stem.conv(images))
        for name in self.cells:
            x = getattr(self, name)(x)
        return self.classifier(functional.relu(self.head.bn(x)).mean((2, 3)))
