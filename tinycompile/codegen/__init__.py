"""C source trees from Programs. The only package that prints C."""

from tinycompile.codegen.emit import emit
from tinycompile.codegen.names import check_prefix
from tinycompile.codegen.tree import SourceTree

__all__ = ["SourceTree", "check_prefix", "emit"]
