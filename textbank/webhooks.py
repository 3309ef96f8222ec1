"""Where carriers knock: a contact's text, and what became of ours."""

from collections.abc import Callable

from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from textbank import prepared
from textbank.conversations import receiving
from textbank.messaging import providers
from textbank.messaging.models import MessagingService
from textbank.messaging.texts import BadSignature, Malformed
from textbank.prepared import Columns

Reader = Callable[[MessagingService, providers.Provider, bytes], object]


SERVICE = Columns(MessagingService, "s")
FIND = f"""
select {SERVICE} from messaging_messagingservice s where s.id = %(service)s and s.provider = %(provider)s
"""  # noqa: S608 - the names of columns


def service_of(provider: str, service: int) -> MessagingService:
    row = prepared.row(FIND, {"provider": provider, "service": service})
    if row is None:
        raise Http404("There is no such messaging service.")
    return SERVICE.take(row)


def knocked(request: HttpRequest, provider: str, service: int, read: Reader) -> HttpResponse:
    """Lets in what the service's carrier signed; anything else is refused without a word of what is here."""
    account = service_of(provider, service)
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
