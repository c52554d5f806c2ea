"""An independent checker of plans: replays plan.json byte by byte, and shares no code with the planner."""

from tinycompile.check.certificate import Certificate
from tinycompile.check.checker import check_plan
from tinycompile.check.text import plan_text

__all__ = ["Certificate", "check_plan", "plan_text"]
