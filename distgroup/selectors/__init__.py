"""Selectors turn group scores and a budget into a grouping. One selector a file.

`Exact` and `Milp` prove their answer; `Greedy` goes on where these stop; the others cluster the tasks, as papers did.
"""

from typing import Annotated

from pydantic import Field

from distgroup.selectors.affinity_propagation import AffinityPropagation
from distgroup.selectors.agglomerative import Agglomerative
from distgroup.selectors.base import BudgetSelector, NetworkSelection, Selection, Selector
from distgroup.selectors.exact import Exact
from distgroup.selectors.graph_mixture import GraphMixture
from distgroup.selectors.greedy import Greedy
from distgroup.selectors.greedy_modularity import GreedyModularity
from distgroup.selectors.louvain import Louvain
from distgroup.selectors.milp import Milp
from distgroup.selectors.random import Random
from distgroup.selectors.spectral import Spectral

AnySelector = Annotated[
    Exact
    | Milp
    | Greedy
    | AffinityPropagation
    | Spectral
    | Agglomerative
    | Louvain
    | GreedyModularity
    | GraphMixture
    | Random,
    Field(discriminator="kind"),
]
"""A selector with its options, told apart by ``kind``."""

__all__ = [
    "AffinityPropagation",
    "Agglomerative",
    "AnySelector",
    "BudgetSelector",
    "Exact",
    "GraphMixture",
    "Greedy",
    "GreedyModularity",
    "Louvain",
    "Milp",
    "NetworkSelection",
    "Random",
    "Selection",
    "Selector",
    "Spectral",
]
