"""One network's encoder out of a stack as a torch module, and its numbers back in the stack's layout."""

from torch import nn


def plain_encoder(stack, row):
    return stack.network.body.module([(weight[row], bias[row]) for weight, bias in stack.layers.encoder])


def layers_of(encoder):
    """Weight and bias of each layer that has some, as a stack holds them: [in, out] and [1, out] if fully connected."""
    found = []
    for layer in encoder:
        if isinstance(layer, nn.Linear):
            found.append((layer.weight.detach().T, layer.bias.detach()[None]))
        elif isinstance(layer, nn.Conv2d):
            found.append((layer.weight.detach(), layer.bias.detach()))
    return found
