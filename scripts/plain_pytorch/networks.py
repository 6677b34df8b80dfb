"""The networks that can be compared, by the names that nas knows them by."""

from plain_pytorch.darts import GENOTYPES, Darts
from plain_pytorch.nasbench201 import NasBench201
from plain_pytorch.nasnet_a import NasnetA


def build(architecture, cells, filters, classes, side):
    """ValueError for an unknown architecture. Each network's `cells` names its modules that are cells."""
    if architecture == "nasnet-a":
        return NasnetA(cells, filters, classes, side)
    if architecture in GENOTYPES:
        return Darts(architecture, cells, filters, classes)
    if architecture.startswith("|"):
        return NasBench201(architecture, cells, filters, classes)
    raise ValueError(f"no plain PyTorch network for '{architecture}'")
