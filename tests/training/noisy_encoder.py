"""A user's encoder with all that one may hold: dropout, running statistics, a parameter that is not trained."""

from torch import nn


class Noisy(nn.Module):
    def __init__(self, features):
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(features, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Dropout(0.5))
        self.layers[0].bias.requires_grad_(False)

    def forward(self, inputs):
        return self.layers(inputs)
