"""The regulation of jinzhong of 2017: its figures and the formulas in the order of its text."""

from policies.regulation import Formulas

FORMULAS = Formulas()
