"""Which path is which view."""

from django.urls import path

from notes import views

urlpatterns = [
    path("", views.list_notes),
    path("health", views.health),
    path("notes.json", views.all_notes),
    path("<int:number>", views.read_note),
]
