"""The regulation of national of 2024: its figures and the formulas in the order of its text."""

from policies.national_2024 import cover
from policies.regulation import Formulas

FORMULAS = Formulas(cover=cover.cover)
