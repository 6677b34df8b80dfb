"""Layers that several networks have; parameters are named as in nas."""

import torch
import torch.nn.functional as functional
from torch import nn


def pointwise(channels, filters, stride=1):
    return nn.Conv2d(channels, filters, 1, stride, bias=False)


def depthwise(channels, kernel, stride, dilation=1):
    padding = dilation * (kernel // 2)
    return nn.Conv2d(channels, channels, kernel, stride, padding, dilation, groups=channels, bias=False)


class Separable(nn.Module):
    """ReLU, depthwise, pointwise, batch norm; twice, the stride in the first."""

    def __init__(self, channels, filters, kernel, stride):
        super().__init__()
        self.depthwise1 = depthwise(channels, kernel, stride)
        self.pointwise1 = pointwise(channels, filters)
        self.bn1 = nn.BatchNorm2d(filters)
        self.depthwise2 = depthwise(filters, kernel, 1)
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
