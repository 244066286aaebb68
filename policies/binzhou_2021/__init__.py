"""The regulation of binzhou of 2021: its figures and the formulas in the order of its text."""

from policies.regulation import Formulas

FORMULAS = Formulas()
