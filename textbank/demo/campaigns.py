"""What the demo organizations say: campaigns with their scripts, their canned responses, and who they are for."""

from dataclasses import dataclass, field
from typing import Any

Tree = dict[str, Any]


def step(text: str, question: str = "", **answers: Tree | None) -> Tree:
    """A step of a script; an answer's name is its value, with blanks for underscores."""
    offered = [{"value": name.replace("_", " "), "next": following} for name, following in answers.items()]
    return {"text": text, "question": question, "answers": offered}


@dataclass(frozen=True)
class Plan:
    """A campaign of the demo and the life it has had so far.

    `answers` says which answer of the first question a contact of that mood gives; `tags` what is put on. Times are
    hours before now: when it started, when the last texts were handed out, and when it was paused or archived.
    """

    title: str
    description: str
    script: Tree
    canned: dict[str, str]
    answers: dict[str, str]
    contacts: int
    texters: tuple[str, ...] = ()
    tags: dict[str, str] = field(default_factory=dict)
    fields: dict[str, tuple[str, ...]] = field(default_factory=dict)
    spanish: float = 0.0  # share of contacts who write Spanish, beyond those that are anywhere
    again: float = 0.0  # share of contacts who are in the campaign before too
    started: float | None = None
    latest: float = 0.4
    rested: float | None = None
    archived: bool = False
    given: float = 0.8  # share of the contacts that were handed out
    due_in_days: int | None = None
    priority: int = 500


SPANISH = (
    "¡Claro! Soy {texterFirstName}, de Riverbend Organizing. Somos vecinos que ayudan a sus vecinos. "
    "¿Le interesa saber más?"
)
WRONG = "Sorry about that! I'll take this number off our list. Have a good day."
QUESTION = "question"
WHO = "Who is this?"
GOODBYE = "Goodbye"

CANVASS = Plan(
    title="Weekend Canvass: East Riverbend",
    description="Ask neighbors in wards 3 to 7 to knock doors with us this weekend.",
    script=step(
        "Hi {firstName}, it's {texterFirstName}, a volunteer with Riverbend Organizing. We're knocking doors "
        "around {turf} this weekend to talk about rent and buses. Can you join us for a two-hour canvass?",
        "Will they canvass?",
        Yes=step(
            "Wonderful, thank you {firstName}! Shifts start at 10 in the morning and at 2 in the afternoon. "
            "Which one suits you?",
            "Which shift?",
            Morning=step("You're down for 10 am. We meet at {turf}, coffee is on us. Thank you!"),
            Afternoon=step("You're down for 2 pm. We meet at {turf}, snacks are on us. Thank you!"),
        ),
        Maybe=step("No pressure at all. Shall I check in again on Thursday?", "Ask again?", Yes=None, No=None),
        No=step("Thanks for telling me, {firstName}. If you ever want to pitch in, just text back. Take care!"),
        Already_signed_up=step("Even better. See you out there, and thank you!"),
        Spanish=step(SPANISH, "¿Le interesa?", Sí=None, No=None),
        Wrong_number=step(WRONG),
    ),
    canned={
        QUESTION: "Good question! We meet at {turf}; street parking is free, kids are welcome, and somebody can pick "
        "you up. Can you make it?",
        WHO: "I'm {texterFirstName}, a volunteer with Riverbend Organizing, a neighborhood group. I got your number "
        "from the public list. Would you like to canvass with us on the weekend?",
        GOODBYE: "Great, thank you {firstName}. Take care!",
        "Accessibility": "The meeting place has a ramp, and there is plenty to do sitting down: we need greeters too.",
        "Training": "No experience needed. We train everybody for twenty minutes and go in pairs.",
    },
    answers={"yes": "Yes", "no": "No", "maybe": "Maybe", "already": "Already signed up", "wrong": "Wrong number"},
    tags={"Yes": "Volunteer", "Wrong number": "Wrong number", "Spanish": "Spanish"},
    fields={
        "city": (),
        "turf": ("Oak Street Library", "the Mill Park gate", "Garfield School", "the union hall"),
        "precinct": ("E-03", "E-04", "E-05", "E-06", "E-07"),
    },
    contacts=1_600,
    texters=("nia", "omar", "tess", "june", "theo", "ravi", "tara"),
    started=150,
    priority=100,
)

EARLY_VOTE = Plan(
    title="Vota temprano: early vote reminders",
    description="Reminders in both languages; hand Spanish speakers to somebody who speaks it.",
    script=step(
        "Hola {firstName}, soy {texterFirstName} de Riverbend Organizing. ¿Ya tiene un plan para votar temprano? "
        "/ Do you have a plan to vote early?",
        "Has a plan?",
        Has_a_plan=step("¡Qué bueno! That's great. Your early vote site is {pollingPlace}. ¡Gracias!"),
        Needs_a_plan=step(
            "Your early vote site is {pollingPlace}, open 8 to 6 through Saturday. Could you go before or after work?",
            "When?",
            Before_work=step("Perfect. Lines are shortest at 8. Thank you for voting!"),
            After_work=step("Perfect. It closes at 6, so be in line by then. Thank you for voting!"),
        ),
        Will_not_vote=step("Thank you for telling me. If you change your mind, text me. Take care!"),
        Has_voted=step("Fantastic, thank you for voting! Tell a neighbor."),
        Spanish=step(
            "Gracias por responder. Su lugar para votar es {pollingPlace}, de 8 a 6, hasta el sábado. ¿Necesita que "
            "alguien le lleve?",
            "¿Necesita transporte?",
            Sí=step("Muy bien, le llamamos mañana para decirle la hora. ¡Gracias por votar!"),
            No=step("Perfecto. ¡Gracias por votar!"),
        ),
        Wrong_number=step(WRONG),
    ),
    canned={
        QUESTION: "Your early vote site is {pollingPlace}, open 8 to 6 through Saturday. Bring any photo ID. Does that "
        "work for you?",
        WHO: "I'm {texterFirstName}, a volunteer with Riverbend Organizing. We remind neighbors about early voting. "
        "Do you have a plan to vote?",
        GOODBYE: "Great, thank you {firstName}. See you at the polls!",
        "Mail ballot": "You can still drop off a mail ballot at any early vote site until Saturday at 6.",
        "Para llegar": "Hay autobús gratis al lugar de votación: pregunte por la línea 12.",
    },
    answers={
        "yes": "Has a plan",
        "maybe": "Needs a plan",
        "no": "Will not vote",
        "already": "Has voted",
        "wrong": "Wrong number",
    },
    tags={"Wrong number": "Wrong number", "Spanish": "Spanish", "Sí": "Needs a ride"},
    fields={
        "city": (),
        "pollingPlace": ("Lincoln Elementary", "the Southside Rec Center", "St. Rita's Hall", "the County Annex"),
    },
    contacts=720,
    texters=("rosa", "hugo", "tess", "lena", "tara"),
    spanish=0.4,
    started=76,
    due_in_days=5,
    priority=200,
)

FOOD_BANK = Plan(
    title="Food Bank: holiday boxes",
    description="Tell households that boxes are ready, and find people who can bring them to neighbors.",
    script=step(
        "Hello {firstName}, this is {texterFirstName} from the Riverbend Food Bank. Holiday grocery boxes are ready "
        "at {pantry}. Shall we set one aside for your household?",
        "Wants a box?",
        Wants_a_box=step(
            "It has your name on it. How many people is it for?",
            "How many people?",
            One_or_two=step("Thank you! Pick it up at {pantry} on Saturday between 10 and 2."),
            Three_or_more=step("Thank you! We'll pack a large one. Pick it up at {pantry} on Saturday from 10 to 2."),
        ),
        Not_sure=step("That's fine. Boxes are there until Saturday at 2, no papers needed. Take care!"),
        No_thanks=step("All right, thank you for telling us. Happy holidays!"),
        Has_one=step("So glad it reached you. Happy holidays!"),
        Spanish=step(
            "Buenas tardes, soy {texterFirstName} del banco de comida. ¿Le apartamos una caja para su familia?",
            "¿Quiere una caja?",
            Sí=step("Listo. La puede recoger el sábado de 10 a 2. ¡Gracias!"),
            No=None,
        ),
        Wrong_number=step(WRONG),
    ),
    canned={
        QUESTION: "You can come to {pantry} on Saturday from 10 to 2. No papers needed; a neighbor may pick it up for "
        "you. Shall we set a box aside?",
        WHO: "This is {texterFirstName}, I volunteer at the Riverbend Food Bank. You came by last winter. Would you "
        "like a holiday box?",
        GOODBYE: "You're very welcome, {firstName}. Happy holidays!",
        "Diets": "We have halal, vegetarian and gluten-free boxes. Tell us at the door and you get the right one.",
        "Delivery": "We can bring it to your door on Sunday. What is the street and number?",
    },
    answers={
        "yes": "Wants a box",
        "maybe": "Not sure",
        "no": "No thanks",
        "already": "Has one",
        "wrong": "Wrong number",
    },
    tags={"Wrong number": "Wrong number", "Spanish": "Spanish"},
    fields={"city": (), "pantry": ("First Street Pantry", "the Bethel Church hall", "Northside Market")},
    contacts=560,
    texters=("miles", "dana", "theo", "nia"),
    started=52,
    due_in_days=9,
    priority=300,
)

UNION = Plan(
    title="Mercy Hospital: contract vote",
    description="Paused while the bargaining team meets. Nobody texts until it says so.",
    script=step(
        "Hi {firstName}, {texterFirstName} here with your coworkers' union at Mercy. The contract vote is on Tuesday "
        "in the {unit} break room. Can we count on you?",
        "Will they vote?",
        Voting_yes=step("Thank you! Bring a coworker who has not voted. Solidarity!"),
        Undecided=step("Fair enough. A steward can walk you through it. When is a good time?", "When?", Called=None),
        Voting_no=step("Thank you for being straight with me. The steward's door is open if you want to talk."),
        Signed=step("Great, thank you. Solidarity!"),
        Spanish=step(
            "Gracias. Una delegada que habla español le escribe hoy mismo. ¿A qué hora sale?", "Hora?", Ok=None
        ),
        Wrong_number=step(WRONG),
    ),
    canned={
        QUESTION: "The vote is on Tuesday from 6 am to 8 pm in the {unit} break room. Nobody sees how you vote. Can we "
        "count on you?",
        WHO: "I'm {texterFirstName}, I work nights and help the union with texting. Will you vote on Tuesday?",
        GOODBYE: "Thank you, {firstName}. See you on Tuesday!",
        "Dues": "Dues start only after a first contract that you voted for, and they are 1.4 % of pay.",
    },
    answers={
        "yes": "Voting yes",
        "maybe": "Undecided",
        "no": "Voting no",
        "already": "Signed",
        "wrong": "Wrong number",
    },
    tags={"Wrong number": "Wrong number", "Spanish": "Spanish"},
    fields={"city": (), "unit": ("ICU", "ER", "pharmacy", "third-floor")},
    contacts=340,
    texters=("june", "ravi", "dana"),
    started=70,
    latest=5.2,
    rested=5,
    given=0.7,
)

PHONE_BANK = Plan(
    title="January phone bank sign-ups",
    description="A draft: the list is in, the script needs one more pair of eyes.",
    script=step(
        "Happy new year {firstName}! {texterFirstName} from Riverbend Organizing here. We're starting a phone bank on "
        "January evenings. Would you try one with us?",
        "Will they call?",
        Yes=step("Great! Mondays or Wednesdays?", "Which evening?", Monday=None, Wednesday=None),
        No=step("Thank you all the same. Happy new year!"),
        Wrong_number=step(WRONG),
    ),
    canned={WHO: "I'm {texterFirstName}, a volunteer with Riverbend Organizing.", GOODBYE: "Thank you, {firstName}!"},
    answers={},
    fields={"city": ()},
    contacts=180,
    again=0.5,
)

PRIMARY = Plan(
    title="Primary Day reminders",
    description="Done: two mornings of reminders before the primary.",
    script=step(
        "Good morning {firstName}, it's {texterFirstName} with Riverbend Organizing. It's primary week! Polls at "
        "{pollingPlace} open at 7. Can we count on your vote?",
        "Voting?",
        Voting=step("Thank you! Do you know a neighbor who could use a reminder?", "Knows one?", Yes=None, No=None),
        Not_sure=step("The ballot is short this time, and the mayor's race is close. Thank you for thinking about it!"),
        Not_voting=step("Thanks for telling me. Take care!"),
        Voted=step("Thank you for voting, {firstName}!"),
        Spanish=step("Gracias. Su lugar para votar es {pollingPlace}. ¡Hasta pronto!"),
        Wrong_number=step(WRONG),
    ),
    canned={
        QUESTION: "Polls at {pollingPlace} are open from 7 am to 8 pm. Bring any ID. Will you vote?",
        WHO: "I'm {texterFirstName}, a volunteer with Riverbend Organizing. Can we count on your vote?",
        GOODBYE: "Great, thank you {firstName}!",
    },
    answers={"yes": "Voting", "maybe": "Not sure", "no": "Not voting", "already": "Voted", "wrong": "Wrong number"},
    tags={"Wrong number": "Wrong number", "Spanish": "Spanish"},
    fields={"city": (), "pollingPlace": ("Lincoln Elementary", "the Southside Rec Center", "the County Annex")},
    contacts=450,
    texters=("omar", "miles", "hugo", "lena", "tess"),
    again=0.3,
    started=21 * 24,
    latest=19 * 24,
    rested=18 * 24,
    archived=True,
    given=0.93,
)

TENANTS = Plan(
    title="Rent meeting, Thursday",
    description="Invite every floor to the meeting.",
    script=step(
        "Hi {firstName}, {texterFirstName} from Harbor Street Tenants. We meet on Thursday at 7 in the laundry room "
        "about the rent increase. Will you come?",
        "Coming?",
        Coming=step("See you there, {firstName}!"),
        Maybe=step("Hope you can make it. Bring a neighbor!"),
        Not_coming=step("Thank you for telling me. I'll bring you the notes."),
        Wrong_number=step(WRONG),
    ),
    canned={WHO: "I'm {texterFirstName}, from the fourth floor. Will you come?", GOODBYE: "Thanks, {firstName}!"},
    answers={"yes": "Coming", "maybe": "Maybe", "no": "Not coming", "already": "Coming", "wrong": "Wrong number"},
    fields={"city": ()},
    contacts=60,
    texters=("yan", "zora"),
    started=26,
)

# A campaign may have people of those before it once more.
DEMO = [PRIMARY, CANVASS, EARLY_VOTE, FOOD_BANK, UNION, PHONE_BANK]
OTHER = [TENANTS]

# What texters write to whoever takes an escalated conversation over.
NOTES = [
    "Asks about the landlord's letter. I don't know what we may say.",
    "Very upset about an earlier text. Could somebody senior answer?",
    "Says she is a reporter.",
    "Wants to give a larger donation and asks whom to call.",
    "Needs help with housing tonight.",
    "Would like to speak with the organizer, not with me.",
]
