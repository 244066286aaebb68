"""The one address of the demo on the work site."""

from django.urls import path

from demo import views

app_name = "demo"

urlpatterns = [path("stories/", views.stories_page, name="stories")]
