"""How a contact understands a text: what it is about, and what it wants."""

import re

# What machines send after an opt-out: nobody answers those.
FAREWELL = re.compile(
    r"unsubscribed|opted[ -]out|no longer (receive|text)|dado de baja|no (le|te) (escribiremos|enviaremos)",
    re.IGNORECASE,
)
GREETING = re.compile(r"^\W*(hi|hello|hey|hola|buen[oa]s|good (morning|afternoon|evening))\b", re.IGNORECASE)
# Only the words before the name may be of either case: "I'm Tess" is a name, "I'm glad" is not.
NAMED = re.compile(
    r"\b(?i:this is|my name is|my name's|i'm|i am|it's|soy|me llamo|le saluda|le habla)"
    r"\s+([A-ZÁÉÍÓÚÑ][\w'-]+)"
)
SPANISH = re.compile(r"[¿¡ñ]|\b(hola|gracias|usted|votar|dónde|qué|para|vecinos?|por favor|buenas)\b", re.IGNORECASE)

TOPICS = {
    "canvass": re.compile(r"\b(canvass\w*|knock\w*|doors?|volunteer shifts?|phone ?bank\w*)\b", re.IGNORECASE),
    "food": re.compile(r"\b(food|pantry|grocer\w+|meals?|produce|hungry|comida|despensa)\b", re.IGNORECASE),
    "union": re.compile(r"\b(union|contract|co-?workers?|strike|bargain\w*|picket|wages|sindicato)\b", re.IGNORECASE),
    "vote": re.compile(
        r"\b(vot(?:e|ed|ers?|ing|ar)|ballots?|polls?|polling|elections?|primary|elecci\w+)\b", re.IGNORECASE
    ),
}

# In this order: "What time does it open where you are?" is a question about time.
WISHES = {
    "when": re.compile(r"\b(what time|when|which day|what day|qué día|a qué hora|cuándo)\b[^?]*\?", re.IGNORECASE),
    "how many": re.compile(r"\bhow many\b[^?]*\?", re.IGNORECASE),
    "where": re.compile(r"\b(where|what neighborhood|which part|dónde)\b[^?]*\?", re.IGNORECASE),
    "why": re.compile(r"\b(why|what issues?|what matters|most important|what brings)\b[^?]*\?", re.IGNORECASE),
    "question": re.compile(r"\?"),
    "sorry": re.compile(r"\b(sorry|apolog\w+|our mistake|disculpe|perdón)\b", re.IGNORECASE),
    "thanks": re.compile(r"\b(thank|thanks|have a (good|great|nice)|take care|gracias|bye)\b", re.IGNORECASE),
}


def is_farewell(text: str) -> bool:
    return bool(FAREWELL.search(text))


def is_opening(text: str) -> bool:
    """Somebody greets or says who they are."""
    return bool(GREETING.search(text) or NAMED.search(text))


def is_introduction(text: str) -> bool:
    """Somebody greets and says who they are: a conversation begins anew."""
    return bool(GREETING.search(text) and NAMED.search(text))


def is_spanish(text: str) -> bool:
    return bool(SPANISH.search(text))


def texter_name(text: str) -> str:
    """The name the texter gave, or nothing."""
    found = NAMED.search(text)
    return found[1] if found else ""


def topic(text: str) -> str:
    return next((name for name, words in TOPICS.items() if words.search(text)), "")


def wish(text: str) -> str:
    """What a text wants: one of WISHES, or nothing: it tells something."""
    return next((name for name, words in WISHES.items() if words.search(text)), "")
