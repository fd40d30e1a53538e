"""A scalar autograd engine and a small neural-network library on it; standard library only."""

from micrograd.engine import Value
from micrograd.losses import softmax
from micrograd.nn import MLP, Layer, Module, Neuron, dot

__all__ = ["MLP", "Layer", "Module", "Neuron", "Value", "dot", "softmax"]
