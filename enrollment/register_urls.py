"""Addresses of the pages on which the register is kept true."""

from django.urls import path

from enrollment import merging_pages, moving_pages, register_views

keeping = [
    path("residents/<int:pk>/change/", register_views.change, name="change"),
    path("residents/<int:pk>/move/", moving_pages.move, name="move"),
    path("households/<int:pk>/split/", moving_pages.split, name="split-household"),
    path("households/<int:pk>/head/", moving_pages.head, name="change-head"),
    path("households/<int:pk>/relocate/", moving_pages.relocate, name="relocate-household"),
    path("residents/<int:pk>/merge/", merging_pages.merge, name="merge"),
    path("merges/<int:pk>/undo/", merging_pages.undo, name="undo-merge"),
    path("changes/", register_views.Changes.as_view(), name="changes"),
    path("changes/<int:pk>/", register_views.change_page, name="change-page"),
    path("changes/<int:pk>/decide/", register_views.decide_change, name="decide-change"),
]
