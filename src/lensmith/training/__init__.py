"""Recipes, the training loop, cross-validation and evaluation."""

from lensmith.training.commands import network_lines, train_command
from lensmith.training.evaluate import evaluate
from lensmith.training.predict import predict
from lensmith.training.recipe import Recipe, load_recipe, recipe_header, recipe_names
from lensmith.training.train import train

__all__ = [
    "Recipe",
    "evaluate",
    "load_recipe",
    "network_lines",
    "predict",
    "recipe_header",
    "recipe_names",
    "train",
    "train_command",
]
