"""Recipes, the training loop, cross-validation and evaluation."""
