import pytest
from hypothesis import given
from hypothesis import strategies as st

from textbank.contacts.opt_out_words import Word, read
from textbank.messaging.providers.simulator.phrases import TEMPLATES, variations

STOPS = """
STOP
stop
Stop.
STOP!!
"STOP"
“Stop”
 stop
stop please
Please stop
stop stop stop
stop 🛑
🛑
S.T.O.P.
s t o p
STOPALL
stop all
Stop2quit
stop now
stop it
Stop, I already voted
Stop. I'm not interested
STOP wrong number
Not interested. Stop.
No thanks, stop
can you please stop
I said stop
I already texted STOP
Stop?
unsubscribe
Unsubscribe me please
UNSUSCRIBE
how do I unsubscribe?
cancel
CANCEL!
End
end.
quit
Quit please
opt out
Opt-out
optout
OPT OUT.
I want to opt out
I'd like to opt out of these messages
please opt me out
revoke
I revoke my consent
stop texting me
Please stop texting me!
stop texting
You people need to stop texting me or I will sue
Stop messaging this number
quit texting me
stop sending me texts
Stop sending these
stop sending messages please
stop the texts
stop these messages
stop contacting me
stop bothering me
Stop harassing me
do not text me
Don't text me
don’t text me again
Do not text this number again
please don't text me anymore
DO NOT CONTACT ME
Do not contact
never text me again
Don't send me any more texts
I don't want these texts
I do not want to receive messages
I don't want to be texted
no more texts
No more texts please!
remove me
please remove me
Remove me from your list
Can you remove my number?
remove my name from your list
delete my number
take me off your list
Take me off this list please
please take me off the texting list
take my number off your list
Take me off
get me off this list
I want off this list
I want to be removed from your list
Lose my number
leave me alone
Leave me the hell alone
Fuck off
cease and desist
Remove
𝐒𝐓𝐎𝐏
ＳＴＯＰ
Hi, this is Ana. Please remove me, thank you
Who is this? Stop texting me
""".strip("\n").splitlines()

SPANISH_STOPS = """
alto
ALTO
¡Alto!
Alto por favor
alto, ya voté
cancelar
Cancelar por favor
cancele
parar
Pare
basta
Basta ya
baja
darme de baja
Quiero darme de baja
denme de baja
No me escriban
no me escriban más
Por favor no me escriba
no me escribas mas
Ya no me escriban
no me manden mensajes
No me manden más textos
no me envíen mensajes
No me vuelvan a escribir
no me contacten
no me molesten
dejen de mandar mensajes
Dejen de mandarme mensajes
Deje de escribirme
deja de enviarme textos
paren de molestarme
No quiero mensajes
no quiero recibir más mensajes
No quiero recibir sus mensajes
no quiero que me escriban
no más mensajes
basta de mensajes
déjenme en paz
Déjame en paz
quítenme de la lista
Quíteme de su lista por favor
sáquenme de esta lista
borren mi número
Borre mi numero por favor
elimine mi número
elimínenme
cancelar suscripción
Paren los mensajes
revoco mi consentimiento
no mas
""".strip("\n").splitlines()

ORDINARY = """
don't stop
Don't stop!
Please don't stop texting me, I love these
Never stop
do not stop
I'll stop by at 5
I will stop by the office tomorrow
Can I stop by?
bus stop
It's at the bus stop
Which stop?
I get off at the last stop
non-stop
nonstop calls all day
We can't stop now
They won't stop
Nothing will stop me from voting
Stop the steal
stop signs are missing on my street
The sign said "stop" and I did
STOP Proposition 12
stop texting while driving
People should stop texting and driving
how do we stop them?
Did the rain stop?
end of the road
I'm at the end of the road
by the end of the week
The end is near
When does it end?
I work until the end of May
I quit smoking
I never quit
You people never quit
quit my job last week
Cancel culture
cancel my appointment on Tuesday
Can I cancel my shift?
cancel that
Cancel?
I can't cancel
can you help me find my polling place?
I need help
Help me find a ride
Can you help?
How can I help
happy to help
Helpful, thank you
more info about the rally please
I'd like info on early voting
Info on what?
where do I start
When does it start?
Start?
Let's start on Monday
The shift starts at 5
can I opt out of the party registration?
Can I opt out of dues?
remove the sign from my yard
Please remove the old signs
Did they remove the drop box?
take me off hold
take my number down
Take my mom
I took the day off
I don't text much
I don't text my mom enough
We don't text
You never text me anymore
why don't you text me tomorrow
He did not text me
My kids never text me
Did they remove my name from the voter rolls?
Don't text me at work, evenings are better
Don't text me now, I'm driving
I don't want to vote
do not forget
do not worry
delete that
My subscription to the paper ended
unsubscribed my brother? no idea
Lose the election
Leave it on the porch
No
no thanks
No more questions
Not interested
Wrong number
who is this
I'm so tired of politics
yes
Yes!
YES please
start time?
revoked my license
Text me tomorrow
I'd like to be removed from office
They removed the mailbox
Please stop by the house
stop in any time
I was on the list
Put me on the list
👍
😂😂

?
...
Loved “Hi Ana, it's Tess from Riverton. Will you vote? Reply STOP to opt out”
Liked "Hi Ana, it's Tess. Reply STOP to quit"
Disliked “Text STOP to opt out”
Laughed at “Reply STOP to unsubscribe”
👍 to “Hi Ana. Reply stop to opt out”
Reacted ❤️ to "Reply STOP to opt out"
Le gustó “Responda ALTO para cancelar”
""".strip("\n").splitlines()

SPANISH_ORDINARY = """
no
No gracias
Mi hijo es muy alto
Soy alta
vivo en la calle Alto Verde
más alto
el fin de semana
Al fin
fin de mes
en la planta baja
estoy de baja
baja la calle
no dejen de escribirme
No dejes de mandarme mensajes
no paren
no basta
No cancelen
voy a parar en la tienda
¿Puedo cancelar mi turno?
No puedo cancelar
¿Me puede ayudar?
Necesito ayuda con mi registro
ayuda a mi mamá
no me escriben nunca
No me mandan la boleta
no me han enviado nada
No quiero votar
no quiero nada de eso
para mi mamá
¿para qué?
Sáqueme de una duda
sácame de dudas
quiero comenzar el lunes
¿A qué hora comienza?
ya no vivo ahí
basta con una firma
me parece bien
déjenme saber
Déjame pensar
mi número es este
borré la foto
Paren el tráfico
¿Quién es?
Sí, cuente conmigo
""".strip("\n").splitlines()


@pytest.mark.parametrize("text", STOPS)
def test_they_want_no_more_texts(text):
    assert read(text) is Word.OPT_OUT


@pytest.mark.parametrize("text", SPANISH_STOPS)
def test_no_quieren_mas_mensajes(text):
    assert read(text) is Word.OPT_OUT


@pytest.mark.parametrize("text", ORDINARY)
def test_they_are_only_talking(text):
    assert read(text) is None


@pytest.mark.parametrize("text", SPANISH_ORDINARY)
def test_solo_conversan(text):
    assert read(text) is None


@pytest.mark.parametrize("text", ["HELP", "help", "Help!", '"HELP"', "help please", "INFO", "Ayuda", "¡AYUDA!"])
def test_they_ask_who_we_are(text):
    assert read(text) is Word.HELP


@pytest.mark.parametrize("text", ["START", "start", "Start.", "UNSTOP", "unstop please", "opt in", "Opt-in"])
def test_they_want_texts_again(text):
    assert read(text) is Word.OPT_IN


def test_who_asks_for_both_is_left_in_peace():
    assert read("START STOP") is not Word.OPT_IN
    assert read("help, stop texting me") is Word.OPT_OUT
    assert read("Stop. Help!") is Word.OPT_OUT


SIMULATED = [(pool, text) for pool, templates in TEMPLATES.items() for t in templates for text in variations(t)]


def test_the_simulators_contacts_are_understood():
    assert len(SIMULATED) > 100
    wrong = [
        (pool, text)
        for pool, text in SIMULATED
        if read(text) is not (Word.OPT_OUT if pool.startswith("stop") else None)
    ]

    assert wrong == []


@given(
    st.sampled_from(["stop", "unsubscribe", "stop texting me", "take me off your list", "No me escriban"]),
    st.sampled_from([str.upper, str.title, str.lower, str.capitalize]),
    st.text("!.?  \n😡🙏\"'“”…", max_size=6),
    st.text("!.  \n😡🙏\"'“”…", max_size=6),
)
def test_case_punctuation_and_emoji_make_no_difference(words, cased, before, after):
    assert read(before + cased(words) + after) is Word.OPT_OUT


@given(st.text())
def test_anything_can_be_read(text):
    assert read(text) in {None, *Word}


def test_a_very_long_text_is_read_at_once():
    assert read("stop and " * 20_000) is None
    assert read("please " * 20_000 + "stop") is Word.OPT_OUT
    assert read("please " * 20_000 + "vote") is None
