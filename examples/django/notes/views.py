"""Notes as a page each, as a list and as JSON."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404

from notes.models import Note


def list_notes(request: HttpRequest) -> HttpResponse:
    return HttpResponse("<br>".join(note.text for note in Note.objects.order_by("id")[: settings.PAGE_SIZE]))


def read_note(request: HttpRequest, number: int) -> HttpResponse:
    return HttpResponse(get_object_or_404(Note, id=number).text)


def all_notes(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"notes": list(Note.objects.order_by("id").values("id", "text"))})


def health(request: HttpRequest) -> HttpResponse:
    Note.objects.exists()
    return HttpResponse("ok")
