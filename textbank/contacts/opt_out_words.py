"""What a text asks for when it asks us to stop, to start again, or who we are: words and plain phrases.

Consent may be withdrawn "by any reasonable means" (47 CFR 64.1200(a)(10)): stop, quit, end, revoke, opt out,
cancel and unsubscribe decide by themselves, other wording when a reasonable person would read it so. In doubt
between a text that would not be missed and one that was not wanted, it is not wanted.
"""

import re
import unicodedata
from enum import Enum


class Word(Enum):
    OPT_OUT = "opt out"
    HELP = "help"
    OPT_IN = "opt in"


# Alone or among courtesies these decide, even as one clause of more: "Stop. I already voted."
STOP_WORDS = (
    r"(stop+|st0p|stop ?all|stop ?2 ?(quit|end)|unsub|unsu?b?scribe(me)?|opt ?out|revoke|alto"
    r"|stop (it|this|that|now)|make (it|this|them|these) stop|basta)"
)
# These are ordinary words too: they decide only as the whole message.
BARE_WORDS = (
    r"(end|quit|cancel|remove|no more|go away|fin|baja|cancel(ar|a|e|en)|par(ar|e|en)|deten(er|ga|gan)"
    r"|salir|borrar|eliminar|desuscribir(me)?|no mas|ya basta)"
)
COURTESY = (
    r"(please|pls|plz|thanks|thank you|thx|ty|now|ok|okay|hi|hello|hey|just|already|immediately|asap"
    r"|sir|maam|(can|could|would|will) (you|u)|i said|i want (you|this) to|texts?|messages?"
    r"|por ?favor|porfa|favor|gracias|ya|ahora)"
)
PLEASE = r"(please|pls|plz|por ?favor|gracias|thanks|thank you)"
HELP_WORDS = r"(help|info|ayuda)"
START_WORDS = r"(start|unstop|opt ?in|(re)?subscribe|comenzar|reanudar)"

# "Don't stop texting me", "never opt out", "no dejen de escribirme"; "I don't text much".
NOT = r"(?<!\bdont )(?<!\bnot )(?<!\bnever )(?<!\bwont )(?<!\bdidnt )(?<!\bno )(?<!\bnunca )"
DO_NOT = r"((?<!\bi )(?<!\bwe )(?<!\byou )(?<!\bthey )\b(dont|do not)|^(please )?never)( ever)?"

TEXTS = r"(texts?|messages?|msgs?|txts?|sms|texting|messaging|spam)"
TEXT = r"(text|txt|message|msg|contact|bother|spam)( or call)?"
TEXTING = r"(texting|txting|messaging|msging|contacting|bothering|harassing|spamming|pestering|annoying)"
THESE = r"(all|any|more|anymore|the|these|this|your|my|political|so many)"
ME = r"(me|us|my (phone|cell|number)|this (phone|cell|number)|here)"
AGAIN = r"(anymore|any more|again|ever)"
AT_TIMES = r"(while|before|after|until|till|during|at|right now|now|today|tonight|later|back|on|in the)"
MY_NUMBER = r"(me|us|(my|this) ([a-z]+ )?(number|name|phone|cell|info|information|contact)|number|name)"
LIST = r"(of )?((your|this|the|that|ur|these|all|any|every) )*([a-z]+ )?(lists?|database|system)"
YOUR_TEXTS = rf"({TEXTS}|this|these|your|all|any|the list|receiving|getting|future|everything)"

MENSAJES = r"((mas|los|estos|sus|tus|mis|mi|la|esos|ningun|ningunos) )*(mensajes?|textos?|sms|suscripcion)"
ESCRIBA = r"(escri[bv]an?s?|mand(en?|es)|envi(en?|es)|texte(en?|es)|contact(en?|es)|molest(en?|es)|mensaje(en?|es))"
ESCRIBIR = r"(mand|envi|escrib|texte|molest|contact|mensaje)(ar|ir|ando|iendo)(me|nos|le|les)?"
QUITE = r"(quit|sa[cq]u?|borr|elimin|remuev)(a|e|en|ar)"
MI_NUMERO = r"(mi|este|el) (numero|telefono|nombre|celular|contacto)"

# Anywhere in a text, which is compared without case, accents, apostrophes and punctuation.
PHRASES = rf"""
{NOT}(stop|quit|cease) (all )?{TEXTING}( {ME}\b| {PLEASE}| now| already| immediately| again| this| or | i |$)
{NOT}(stop|quit|cease) (all )?{TEXTING} (and|or) (calling|texting)
{NOT}(stop|quit|cease) sending( {ME}$| (me |us )?({THESE}|{TEXTS}|them|stuff)\b)
{NOT}(stop|end|cancel) (with )?({THESE} |text )*({TEXTS}|subscription)(?! (and|while) driv)\b
^(please )?stop calling( me)?( and texting( me)?| please)?$
^(please )?stop (wrong (number|person)|(im )?not interested|no thank|thank|im not |i am not |this is not )
^(please )?stop (i (have )?(already )?voted|already voted|you have the wrong|i dont|i do not)\b
\bi (have |had )?(already )?(texted|replied|sent|said|typed|wrote|told (you|u|yall)( to)?) (you )?stop$

{DO_NOT} {TEXT}( {ME})?( {AGAIN})?( {PLEASE})*$
{DO_NOT} {TEXT} ({ME}|{AGAIN})\b(?! {AT_TIMES}\b)
\b(dont|do not) (send|want|wish|need)( to (receive|get)| me| us)*( {THESE})* {TEXTS}\b
\b(dont|do not) (want|wish) to (be (texted|contacted|messaged|bothered)|hear from (you|yall|this))\b
\bno more (of )?({THESE} )*{TEXTS}\b
\b(leave (me|us) (the \w+ )?alone|cease and desist)\b
^(fuck|piss|bug|buzz) off\b

{NOT}\b(remove|delete|erase|scrub) {MY_NUMBER}\b(?! (from|off) (the )?(voter|voting|ballot|rolls?|register))
{NOT}\b(take|get) {MY_NUMBER} (off|out)( {PLEASE}| {LIST}\b|$)
\b(want|like|get|be|me|need)( to be| to get| to come)? (removed|taken off|off) (from |of )?{LIST}\b
\blose (my|this) (number|contact)\b

{NOT}\b(unsub|unsu?b?scribed?)\b(?! (him|her|them|my|the)\b)
{NOT}(?<!stop to )(?<!stop 2 )\bopt(ing|ed)? ?(me |us )?out\b(?! of (?!{YOUR_TEXTS}))
\b(revok(e|ing)|withdraw(ing)?) (my |all )*(consent|permission)\b
\b(dont|do not) consent\b

\b(no|nunca) (me |nos )(vuelv(a|an|as) a )?({ESCRIBA}|{ESCRIBIR})\b(?! (correo|email|carta))
\bno (escribir|mandar|enviar|molestar|textear)(me|nos)?( mas)?( {MENSAJES}|$)
{NOT}\b(dej(en?|a|es)|par(en?|a|es)|basta) de (estar )?{ESCRIBIR}\b
\bno (quiero|deseo) (ya )?(recibir )?{MENSAJES}\b
\bno (quiero|deseo) que me {ESCRIBA}\b
\b(no mas|basta de|par(a|e|en|ar)( con)?|detener|detenga[ns]?|cancel(ar|en?|a)) {MENSAJES}\b
\bdej(a|e|en)(me|nos) en paz\b
{NOT}\b{QUITE}(me|nos)( ya)?( {PLEASE}| de (la|su|sus|tu|esta|esa|este|el)( \w+)?|$)
{NOT}\b{QUITE} {MI_NUMERO}\b
\b(dar|de|den|da)(me|nos)? de baja\b
\brevoco mi consentimiento\b
"""

WHOLE_STOP = re.compile(rf"({COURTESY} )*({STOP_WORDS}|{BARE_WORDS})( {COURTESY}| {STOP_WORDS}| {BARE_WORDS})*")
CLAUSE_STOP = re.compile(rf"({COURTESY} )*{STOP_WORDS}( {COURTESY}| {STOP_WORDS})*")
WHOLE_HELP = re.compile(rf"({PLEASE} )*{HELP_WORDS}( {PLEASE}| {HELP_WORDS})*")
WHOLE_START = re.compile(rf"({PLEASE} )*{START_WORDS}( {PLEASE}| {START_WORDS})*")
PHRASE = re.compile("|".join(filter(None, PHRASES.splitlines())))
LETTER_BY_LETTER = re.compile(r"(stop|stopall|unsubscribe|optout)")

# A phone that cannot show a heart on our text sends it back in words: Loved “… Reply STOP to opt out”.
REACTION = re.compile(
    r"\W*(liked|loved|disliked|laughed at|emphasi[sz]ed|questioned|reacted\b.{0,20} to|removed\b.{0,30} from|to"
    r"|(no )?le gusto|le encanto|le disgusto|se rio de|enfatizo|pregunto por)\W*[“\"«]",
)
CLAUSE_ENDS = re.compile(r"[.,!?;:\n\r…—–¡¿]+")


def read(text: str) -> Word | None:
    """What the text asks for; None if it is a text like any other.

    Case, accents, punctuation, quotation marks and emoji make no difference; a question ("Start?") starts
    nothing again.
    """
    said = _without_accents(text)
    if REACTION.match(said):
        return None
    whole = _plain(said)
    is_question = "?" in said
    if _stops(said, whole, is_question):
        return Word.OPT_OUT
    if WHOLE_HELP.fullmatch(whole):
        return Word.HELP
    if WHOLE_START.fullmatch(whole) and not is_question:
        return Word.OPT_IN
    return None


def _stops(said: str, whole: str, is_question: bool) -> bool:
    if LETTER_BY_LETTER.fullmatch(whole.replace(" ", "")):
        return True
    if WHOLE_STOP.fullmatch(whole) and not is_question:
        return True
    clauses = [_plain(clause) for clause in CLAUSE_ENDS.split(said)]
    return any(CLAUSE_STOP.fullmatch(clause) or PHRASE.search(clause) for clause in clauses) or bool(
        PHRASE.search(whole)
    )


def _without_accents(text: str) -> str:
    spread = unicodedata.normalize("NFKD", text.replace("🛑", " stop "))
    return "".join(c for c in spread if not unicodedata.combining(c)).casefold()


def _plain(said: str) -> str:
    """Words and digits with one space between; apostrophes go without a trace, so that "don't" is "dont"."""
    return " ".join(re.sub(r"[^a-z0-9]+", " ", re.sub(r"['’‘`´]", "", said)).split())
