"""Addresses of the office on the work site."""

from django.urls import path

from office import views

app_name = "office"

urlpatterns = [
    path("jobs/", views.Jobs.as_view(), name="jobs"),
    path("jobs/<int:pk>/", views.job_page, name="job"),
    path("jobs/<int:pk>/retry/", views.retry_job, name="retry-job"),
]
