"""Where carriers knock: a contact's text, and what became of ours."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from textbank.conversations import receiving
from textbank.messaging import providers
from textbank.messaging.models import MessagingService
from textbank.messaging.texts import BadSignature, Malformed

Reader = Callable[[MessagingService, providers.Provider, bytes], object]


def knocked(request: HttpRequest, provider: str, service: int, read: Reader) -> HttpResponse:
    """Lets in what the service's carrier signed; anything else is refused without a word of what is here."""
    account = get_object_or_404(MessagingService.objects.select_related("organization"), pk=service, provider=provider)
    carrier = providers.named(provider)
    try:
        carrier.verify(account.account, request.headers, request.body)
        read(account, carrier, request.body)
    except BadSignature:
        return HttpResponse("The signature does not fit.", status=403, content_type="text/plain")
    except Malformed as error:
        return HttpResponse(str(error), status=400, content_type="text/plain")
    return HttpResponse(status=204)


@csrf_exempt
@require_POST
def inbound(request: HttpRequest, provider: str, service: int) -> HttpResponse:
    def read(account: MessagingService, carrier: providers.Provider, body: bytes) -> object:
        return receiving.receive(account, carrier.read_inbound(body), now=timezone.now())

    return knocked(request, provider, service, read)


@csrf_exempt
@require_POST
def status(request: HttpRequest, provider: str, service: int) -> HttpResponse:
    def read(account: MessagingService, carrier: providers.Provider, body: bytes) -> object:
        return receiving.report(account, carrier.read_report(body), now=timezone.now())

    return knocked(request, provider, service, read)
