"""The regulation of national of 2024: its figures and the formulas in the order of its text."""

from policies.regulation import Formulas

FORMULAS = Formulas()
