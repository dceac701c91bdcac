"""The sandbox as a page in a browser: what people see there, and what they do."""

from sandbox.page.site import Page
from sandbox.page.steps import Control, Step

__all__ = ["Control", "Page", "Step"]
