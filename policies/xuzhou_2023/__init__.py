"""The regulation of xuzhou of 2023: its figures and the formulas in the order of its text."""

from policies.regulation import Formulas

FORMULAS = Formulas()
