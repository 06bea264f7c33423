"""The page of a form that asks for something new: shown, sent, and shown again with what was typed."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render


def form_page(
    request: HttpRequest,
    form_class: type[forms.BaseForm],
    template: str,
    *,
    save: Callable[[dict[str, Any]], object],
    done: str,
    to: str,
) -> HttpResponseBase:
    """The form, filled in from the query; a right one is saved and leads to the page ``to``, which says ``done``."""
    form = form_class(request.POST if request.method == "POST" else None, initial=request.GET.dict())
    if request.method == "POST" and form.is_valid():
        save(form.cleaned_data)
        messages.success(request, done)
        return redirect(to)
    return render(request, template, {"form": form}, status=422 if form.errors else 200)
