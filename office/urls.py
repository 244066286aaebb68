"""Addresses of the office on the work site."""

from django.urls import path

from office import area_choice, heading_pages, uploads, views

app_name = "office"

urlpatterns = [
    path("areas/", area_choice.suggest, name="areas"),
    path("jobs/", views.Jobs.as_view(), name="jobs"),
    path("jobs/<int:pk>/", views.job_page, name="job"),
    path("jobs/<int:pk>/retry/", views.retry_job, name="retry-job"),
    path("files/", uploads.Files.as_view(), name="files"),
    path("files/new/<slug:code>/", uploads.upload, name="upload"),
    path("files/new/<slug:code>/template/", uploads.template, name="template"),
    path("files/<int:pk>/", uploads.file_page, name="file"),
    path("files/<int:pk>/headings/", heading_pages.lead, name="headings"),
    path("files/headings/", heading_pages.Mappings.as_view(), name="mappings"),
    path("files/headings/<int:pk>/", heading_pages.mapping_page, name="mapping"),
    path("files/headings/<int:pk>/forget/", heading_pages.forget, name="forget-mapping"),
    path("files/<int:pk>/take/", uploads.take, name="take"),
    path("files/<int:pk>/undo/", uploads.undo, name="undo"),
    path("files/<int:pk>/discard/", uploads.discard, name="discard"),
    path("files/<int:pk>/problems/", uploads.problems, name="problems"),
]
