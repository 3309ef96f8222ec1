"""What the simulator's contacts say. `{a|b}` is one or the other; NAME is the texter's, when they gave it."""

import re
from itertools import product

SPIN = re.compile(r"\{([^{}]*)\}")


def variations(template: str) -> list[str]:
    """Every sentence a template can become."""
    parts = SPIN.split(template)
    choices = [part.split("|") if place % 2 else [part] for place, part in enumerate(parts)]
    return ["".join(words) for words in product(*choices)]


# A pool is "mood" or "mood topic"; the topic's own pool is preferred where there is one.
TEMPLATES: dict[str, list[str]] = {
    "yes": [
        "{Hi|Hey|Hello} NAME, {yes|sure|of course}! {Count me in|Put me down|I'd be glad to}.",
        "{Yes|Yep|Yeah}, {absolutely|definitely|for sure}{.|!}",
        "{Sounds good|That works} {to|for} me{.| 👍|!}",
        "{Sure|Of course}, {happy to|glad to} {help|pitch in}{.|!}",
        "I {am|'m} {in|on board}{.|!} {Thanks for|Glad you're} {asking|doing this}.",
        "{Yes|Yes please}, {tell me more|what do you need from me}",
        "{You bet|Absolutely}{.|!} My {sister|neighbor|husband|wife} {might|would} {too|come along}.",
    ],
    "yes vote": [
        "{Yes|Yep}, I {always vote|never miss one|vote every time}{.|!}",
        "{Hi|Hey} NAME! {Planning to|Going to|We will} vote {early|on the way to work|Saturday morning}.",
        "You {have|can count on} my vote{.|!}",
        "{Yes|Sure}, {my mom and I are|the whole family is|we are all} {going together|going first thing}.",
        "{Already have|I've got} a plan: {after my shift|before work|with my neighbor}{.|!}",
        "{Definitely|Absolutely}. {It matters too much|Too important to sit out} this {time|year}.",
    ],
    "yes food": [
        "{Yes please|Yes}, {that would help a lot|we could really use it} this {week|month}.",
        "{Hi|Hello} NAME, {yes|please}. {We are four|There are three of us|It's me and two kids}.",
        "{That's a blessing|Bless you all}, {yes|we'd love a box}{.|!}",
        "{Yes|Sure}, and I can {pick up for|bring a box to} my {neighbor|mother} {too|as well}.",
        "{I can volunteer|I'd like to help hand out boxes} {Saturday|this week} {if you need hands|if that's useful}.",
    ],
    "yes union": [
        "{I'm in|Count me in}. {We need this contract|It's about time}{.|!}",
        "{Yes|Yep}, {ready to sign|I'll sign a card}{.|!} {Bring one|See you} {at break|on second shift}.",
        "{Hi|Hey} NAME, {the whole night crew is|everybody on my line is} {with you|talking about it}.",
        "{Solidarity|All the way}{.| ✊|!} {Tell me where to be|What do you need}",
        "I'll {be there|come} {after my shift|with two coworkers}{.|!}",
    ],
    "yes canvass": [
        "{Sure|Yes}, I can {knock doors|do a shift} {Saturday|Sunday afternoon|after 5}{.|!}",
        "{I'd love to|Happy to} {walk a few blocks|knock}, {never done it before|it's been a while} though.",
        "{Sign me up|Put me on the list} for {a morning|an afternoon} shift{.|!}",
        "{Yes|Yep}! Can I {bring my daughter|bring a friend|come with my dog}?",
    ],
    "no": [
        "{No thanks|No thank you}, {not this time|I'll pass}{.|}",
        "{Sorry|Sorry NAME}, {can't|I can't} {make it|do that} {this week|right now}.",
        "{Not interested|Not for me}, {but thanks|thank you}{.|}",
        "{No|Nope}, {we're away|I'm working} {that day|then}{.|}",
        "{I'm going to|Will} have to say no, {too much going on|my knee is bad|we just had a baby}.",
        "{Not really|No}, {I don't do|I stay out of} {these things|that stuff}{.|}",
    ],
    "no vote": [
        "{No|Nope}, {not voting this year|sitting this one out}{.|}",
        "I'm {voting for|with} the other {side|one}, {sorry|thanks though}{.|}",
        "{Not sure why I would|None of them} {bother|deserve it}, honestly.",
        "{I can't vote here|I'm not a citizen yet}, {but good luck|next year hopefully}{.|!}",
    ],
    "maybe": [
        "{Maybe|Possibly}, {let me check with|have to ask} my {wife|husband|boss}{.|}",
        "{Not sure yet|Depends on work}, {ask me|try me} {again|back} {Thursday|next week}{.|}",
        "{Hmm|Hm}, {maybe|could be}. {What would I have to do|How long does it take}?",
        "{I might|Might}, {if I can get a ride|if the kids are better|if it doesn't rain}{.|}",
        "{Still deciding|On the fence}{.|} {What do you think|Can you send me something to read}?",
        "{Let me|I'll} {think about it|look at my calendar} and {get back to you|text you}{.|}",
    ],
    "asks": [
        "{Where is it|Where is it exactly}?",
        "What time {does it start|should I come|is it}?",
        "{Ok|Hi NAME}, {where|what address} {is that|do I go to}? {I'm new here|I don't have a car}.",
        "{Is there|Do you have} {parking|a bus that goes there|someone who could drive me}?",
        "{Can I bring|Is it ok to bring} my {kids|mother|grandson}?",
        "{How long|About how long} {does it take|would it be}?",
    ],
    "asks vote": [
        "{Where's|Where is} my polling place? {It was|Used to be} the {school|fire station} {last time|before}.",
        "What time do the polls {open|close}?",
        "Do I {need|have} to {bring|show} {an ID|my license}?",
        "{I moved|We just moved}, {can I still vote|do I have to register again}?",
        "{How do I get|Is it too late for} a {mail ballot|ballot by mail}?",
        "Is there early voting {this weekend|on Sunday|near the college}?",
        "When does early voting {start|end}?",
    ],
    "asks food": [
        "What {time|day} {do you open|is pickup}?",
        "{Do I need|Should I bring} {an ID|proof of address|my own bags}?",
        "{Where is it|Is that the church on Main}? {I take the bus|My car's in the shop}.",
        "{Do you have|Is there} {baby formula|anything without gluten|diapers}?",
        "Can {my daughter|somebody else|a neighbor} pick it up for {me|us}?",
    ],
    "asks union": [
        "{When's|When is} the {meeting|vote}? I {work nights|get off at 3}.",
        "{Can they|Could they} fire {me|us} for {this|signing}?",
        "{How much are|What about} dues?",
        "{Will|Does} my supervisor {find out|see who signed}?",
    ],
    "curious": [
        "{Who is this|Who's this}?",
        "{Is this|Are you} a {real person|bot|robot}? {lol|Just checking|}",
        "{How did you get|Where did you get} {my number|this number}?",
        "{What organization|Who} {is this with|are you with}{ again|}?",
        "{Do I know you|Have we met}, NAME? 🙂",
    ],
    "wrong": [
        "{Sorry|Hi}, {wrong number|you have the wrong number}{.|}",
        "{This isn't|I'm not} {her|him|the person you want}, {I've had this number since spring|new phone}{.|}",
        "{Nobody|No one} {by that name|called that} {here|at this number}{.|}",
        "{I think|Pretty sure} you {want|mean} {my cousin|somebody else}{.|, sorry!}",
        "{Wrong person|Not me}, {but good luck|have a nice day}{.|!}",
    ],
    "already": [
        "{Already did|Did that already}, {thanks|thank you} {though|for checking}{.|!}",
        "{Done|All done}{.|!} {Took care of it|Did it} {yesterday|last week|Monday}.",
        "{I talked to|Somebody from your group talked to} {one of you|me} {yesterday|on Tuesday} already.",
        "{Signed up|I'm signed up} {last week|at the market} {already|with my sister}.",
    ],
    "already vote": [
        "{Already voted|I voted already}{.|!} {By mail|Early|At the library}.",
        "{Mailed mine in|Dropped my ballot off} {last week|on Friday|two days ago}{.|!}",
        "{Voted yesterday|Voted this morning}, {no line at all|in and out in ten minutes|waited but did it}{.|!}",
        "{Done|✅ Done}, {got my sticker|sticker and all}{.|!}",
    ],
    "already food": [
        "{Picked up|We got} {ours|a box} {Tuesday|this morning}, {thank you|God bless}{.|!}",
        "{We're ok|We are fine} {now|this month}, {give it to|save it for} {a family who needs it|someone else}{.|}",
    ],
    "already union": [
        "{Signed my card|I signed} {already|last week}{.| ✊}",
        "{Gave mine to|My card is with} {Denise|the steward|Marcus} {already|on Friday}{.|}",
    ],
    "busy": [
        "{At work|Driving}, {text you later|can't talk now}{.|}",
        "{In a meeting|Putting the kids to bed}, {try me tomorrow|later}{?|.}",
        "{Can this wait|Can we do this} {till tonight|tomorrow}?",
    ],
    "rude": [
        "{Oh great|Wonderful}, another {one of these|robot}{.| 🙄}",
        "{Unbelievable|Really?} {At dinner time|On a Sunday}.",
        "{Get a real job|Find something better to do}{.|, NAME}",
        "{You people|You folks} {never quit|are something else}{.| 🙄}",
        "{I bet you get paid|How much do they pay you} {for this|per text}{.|?}",
    ],
    "spanish": [
        "{Hola|Buenas} NAME, {sí|claro que sí}, {cuente conmigo|con mucho gusto}{.|!}",
        "{¿Habla español?|¿Me puede escribir en español?} {No leo bien el inglés.|Gracias.}",
        "{Sí, gracias|Sí}. ¿{Dónde es|A qué hora empieza|Qué día es}?",
        "{Todavía no sé|No estoy seguro}, {tengo que preguntar a mi esposa|trabajo ese día}{.|}",
        "{Muchas gracias|Gracias} {por avisar|por el mensaje}{.|!} {Ahí estaremos|Le digo a mi familia}.",
    ],
    "spanish later": [
        "{Muy bien|Perfecto|Está bien}, {gracias|muchas gracias}{.|!}",
        "{Sí|Claro}, {por la mañana|el sábado|después del trabajo}{.|}",
        "{¿Y hay|¿Tienen} {estacionamiento|alguien que hable español}?",
        "{Dios los bendiga|Que tenga buen día}{.| 🙏}",
    ],
    "thanks": [
        "{Thank you|Thanks}{ so much|}{.|!}",
        "{Thanks|Thank you} NAME, {have a good one|you too|take care}{.|!}",
        "{Great|Perfect|Awesome}, {thanks|ty}{.|!}",
        "{Appreciate you|Appreciate it}{.| 🙏}",
        "{👍|❤️|🙏}",
        "{You're welcome|No problem}{.|, take care!}",
    ],
    "noted": [
        "{Ok|Okay}, {got it|noted|good to know}{.|, thanks!}",
        "{Oh nice|Oh good}, {that's close|I know where that is|that works}{.|!}",
        "{Got it|Perfect}. {I'll be there|See you then|I'll tell my neighbor}{.|!}",
        "{Writing it down|Putting it on the fridge}{.|, thanks!}",
    ],
    "follow up": [
        "{And is there|Is there} {parking|a phone number I can call|a place to sit}?",
        "{Can I|Could I} {bring a friend|come a bit late|do it online}?",
        "{Do you know|Any idea} {how long the line is|who else is coming|if it's wheelchair accessible}?",
    ],
    "when": [
        "{Saturday|Sunday} {morning|afternoon}, {probably|I think|most likely}{.|}",
        "{After work|After 5|Around noon} {works best|is good}{.|}",
        "{Probably|Maybe} {Thursday|Friday} {evening|before work}{.|}",
    ],
    "where": [
        "{Over by|Near|Two blocks from} the {library|high school|old mill|fire station}{.|}",
        "{On the north side|Downtown|Out past the bridge}{.|, off Oak St}",
    ],
    "how many": [
        "{Just me|Two of us|There are four of us|Five with the baby}{.|}",
        "{Me and my mom|Me, my husband and two kids|Three, I think}{.|}",
    ],
    "why": [
        "{Schools|Rent|Health care|Wages}, {mostly|by far}{.|}",
        "{The cost of everything|Rent is out of control|My kids' school}{.|} {Somebody has to fix it|You?|}",
        "{Honestly|I guess} {the hospital closing|clean water|safe streets}{.|}",
    ],
    "says yes": [
        "{Yes|Yep|Yeah|Yes I can}{.|!}",
        "{Sure|Sure thing|Definitely}{.|, NAME!| 👍}",
        "{I think so|Should be fine}{.|, yes}",
        "{Of course|Absolutely}{.|!}",
    ],
    "says no": [
        "{No|Nope|No sorry}{.|}",
        "{Not really|I don't think so}{.|, sorry}",
        "{Can't|I can't}, {sorry|maybe next time}{.|}",
    ],
    "says maybe": [
        "{Maybe|Possibly|Not sure}{.|, I'll see}",
        "{Depends on|Have to see about} {work|the weather|my ride}{.|}",
        "{Ask me|Check with me} {tomorrow|closer to the day}{.|}",
    ],
    "sorry": [
        "{No worries|No problem|All good}{.|, bye}",
        "{It happens|That's ok}{.|, good luck!}",
    ],
    "stop": [
        "{STOP|Stop|stop|STOP.|Stop!}",
        "{Stop texting me|stop texting me please|Please stop texting me}{.|}",
        "{Unsubscribe|UNSUBSCRIBE|unsubscribe}{|.}",
        "{Remove me from your list|please remove me|Take me off your list}{.| please}",
        "{Do not text me|Don't text me}{ again|}{.|}",
        "{ALTO|Alto}",
        "{opt out|Opt me out}{.| please}",
        "{quit|QUIT|end|cancel}",
    ],
    "stop spanish": [
        "{ALTO|Alto|alto}{.|}",
        "{No me escriban|no me escriban más|Ya no me escriban}{.|}",
        "{Cancelar|cancelar}",
    ],
}

POOLS: dict[str, list[list[str]]] = {
    name: [variations(template) for template in templates] for name, templates in TEMPLATES.items()
}
