"""Writes plan.json: a Program in the words of the checker's file, nothing decided and nothing left out."""

from tinycompile.planfile.write import plan_json

__all__ = ["plan_json"]
