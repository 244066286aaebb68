"""Addresses of the pages on which the register is kept true."""

from django.urls import path

from enrollment import merging_pages, moving_pages, paper_pages, register_views, school_pages

keeping = [
    path("residents/<int:pk>/change/", register_views.change, name="change"),
    path("residents/<int:pk>/move/", moving_pages.move, name="move"),
    path("households/<int:pk>/split/", moving_pages.split, name="split-household"),
    path("households/<int:pk>/head/", moving_pages.head, name="change-head"),
    path("households/<int:pk>/relocate/", moving_pages.relocate, name="relocate-household"),
    path("residents/<int:pk>/merge/", merging_pages.merge, name="merge"),
    path("merges/<int:pk>/undo/", merging_pages.undo, name="undo-merge"),
    path("residents/<int:pk>/papers/add/", paper_pages.add, name="add-paper"),
    path("papers/lacking/", paper_pages.Lacking.as_view(), name="lacking-papers"),
    path("papers/<int:pk>/withdraw/", paper_pages.withdraw, name="withdraw-paper"),
    path("papers/<int:pk>/scan/", paper_pages.download, name="paper-scan"),
    path("schools/", school_pages.Schools.as_view(), name="schools"),
    path("schools/new/", school_pages.new_school, name="new-school"),
    path("schools/<int:pk>/", school_pages.Roster.as_view(), name="school"),
    path("schools/<int:pk>/print/", school_pages.print_school, name="print-school"),
    path("schools/<int:pk>/roster/", school_pages.upload, name="school-roster"),
    path("changes/", register_views.Changes.as_view(), name="changes"),
    path("changes/<int:pk>/", register_views.change_page, name="change-page"),
    path("changes/<int:pk>/decide/", register_views.decide_change, name="decide-change"),
]
