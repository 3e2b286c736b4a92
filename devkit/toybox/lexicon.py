"""What a caregiver says: sentence frames as data, written in the manner of speech to small children.

Fields in braces are filled in by `speech`: ``{n}`` a noun with no article, ``{a}`` with a or an, ``{ns}`` the plural,
``{c}`` a colour, ``{ac}`` a colour with its article, ``{m}`` another noun in view, ``{k}`` a number word, ``{count}``
counting up to it, ``{side}`` a place in the frame, ``{place}`` what things stand on, ``{s}`` a sound, ``{v}`` what it
is doing, ``{p}`` a pattern word, ``{z}`` a size word. Sentences are set apart by slashes.
"""

from __future__ import annotations


def _sentences(text: str) -> tuple[str, ...]:
    return tuple(" ".join(part.split()) for part in text.split("/"))


NUMBERS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
LABEL = _sentences("""
    look, {a} / look at the {n} / see the {n}? / do you see the {n}? / that's {a} / it's {a} / oh, {a}! / this
    is {a} / {a}, yes / can you say {n}? / who is that? it's the {n} / what's that? that's {a} / is that your
    {n}? / here is the {n} / there's the {n} / I see {a} / you found the {n} / hello {n} / wow, what a nice {n}
    / yes, {n} / {n} / that's the {n}, sweetie / look what's there, {a} / oh look, it's your {n} / do you like
    the {n}? / pretty {n} / say hi to the {n} / give me the {n} / can you touch the {n}? / you want the {n}? /
    mommy sees the {n} / show me the {n}
""")
COLOUR = _sentences("""
    look at the {c} {n} / the {n} is {c} / {ac} {n} / it's {ac} {n} / what color is the {n}? it's {c} / do you
    see the {c} {n}? / where's the {c} one? there, the {c} {n} / that {n} is {c} / such a nice {c} {n} / you
    like the {c} {n} / I see {ac} {n} / is the {n} {c}? yes, {c}
""")
PATTERN = _sentences("""
    look, the {n} is {p} / the {p} {n} / what a {p} {n} / the {c} {n} is {p} too / see, it's {p}, this {n}
""")
SIZE = _sentences("""
    that's a {z} {n} / the {z} {n} / what a {z} {n} that is / oh, so {z}, this {n}
""")
WHERE = _sentences("""
    where is the {n}? there is the {n} / where's the {n}? there it is / where did the {n} go? oh there, {side} /
    the {n} is {side} / the {n} is {side}, see? / look {side}, {a} / {side}, the {n} is {side} / point at the
    {n} / can you find the {n}? it's {side} / I think the {n} is {side} / look over there, {side}, the {n}
""")
PLACE = _sentences("""
    the {n} is on the {place} / there's {a} on the {place} / who put the {n} on the {place}? / the {n} sits on
    the {place} / put the {n} on the {place} / what is on the {place}? {a}
""")
BESIDE = _sentences("""
    the {n} is next to the {m} / look, the {n} and the {m} / {a} and a friend, the {m} / the {n} is beside the
    {m} / first the {n}, then the {m} / is that the {n} or the {m}? / the {n} is with the {m} / one {n} and one
    {m}
""")
COUNT = _sentences("""
    {count} {ns} / look, {k} {ns} / how many {ns}? {count} / {k} {ns}, well done / so many {ns} / let's count
    the {ns}, {count} / I see {k} {ns} / there are {k} {ns} / all the {ns} / do you see the {ns}? {k} {ns} / the
    {ns} are {side} / you have {k} {ns} / these are {ns}
""")
ONE = _sentences("one {n} / just one {n} / only one {n} / how many? one {n}")
ACTION = _sentences("""
    the {n} is {v} / look, the {n} is {v} / is the {n} {v}? / {v}, {v}, goes the {n} / what is the {n} doing?
    it's {v}
""")
SOUND = _sentences("""
    the {n} says {s} / what does the {n} say? {s} / {s}, says the {n} / {s}, {s}! / can you say {s} like the
    {n}?
""")
LEAVING = {
    "top": _sentences(
        "up, up, the {n} goes up / the {n} is going up / look, up goes the {n} / it's flying up to the top, the {n}"
    ),
    "bottom": _sentences(
        "down, down, the {n} goes down / the {n} is going down / oh, it's falling down, the {n} / down goes the {n}"
    ),
    "left": _sentences("the {n} is going left / there goes the {n}, to the left / bye bye {n}, over to the left"),
    "right": _sentences("the {n} is going right / there goes the {n}, to the right / bye bye {n}, over to the right"),
    "top left": _sentences("the {n} goes up to the left / up in the top left, there goes the {n}"),
    "top right": _sentences("the {n} goes up to the right / up in the top right, there goes the {n}"),
    "bottom left": _sentences("the {n} goes down to the left / down in the bottom left, there goes the {n}"),
    "bottom right": _sentences("the {n} goes down to the right / down in the bottom right, there goes the {n}"),
}
GONE = _sentences("""
    bye bye {n} / the {n} is gone / all gone, no more {n} / where did the {n} go? / uh oh, the {n} went away /
    the {n} will come back / wave bye bye to the {n}
""")
ABSENT = _sentences("""
    where is your {n}? I can't find it / shall we look for the {n} later? / the {n} is in the other room / we
    left the {n} at grandma's house / remember the {n} we saw yesterday? / tomorrow we can buy a new {n} / daddy
    has the {n} in the car / no {n} today / the {n} is outside / do you want to draw {a} after lunch? / your
    brother took the {n} / in the book there was {a}, remember? / we will see {ns} at the park / some {ns} are
    very old / did you dream about {a}?
""")
CHILD_BABBLE = _sentences("""
    ba ba / da da da / ma ma / ah / ooh / ga / buh / eh eh / mm / wa wa / nana / dada / uh
""")
CHILD_WORDS = _sentences("""
    {n} / {n}! / more {n} / my {n} / no {n} / {n} go / mommy {n} / that {n} / {c} {n} / want {n} / {n} there /
    hi {n} / bye {n} / more / mine / no / up / what's that?
""")
ROUTINE = _sentences("""
    time for lunch / are you hungry? / let's wash your hands / do you want some more milk? / open your mouth /
    yummy yummy in your tummy / drink your water, please / careful, that's hot / oh no, don't put that in your
    mouth / are you tired, sweetie? / it's time for your nap / let's change your diaper / where are your toes? /
    I'm going to tickle you / peekaboo, I see you / clap your hands / pat a cake, pat a cake / the wheels go
    round and round / twinkle twinkle little one / shall we read a story? / turn the page / once upon a time
    there was a little girl / the end / can you come here? / sit down, please / stand up, that's it / good job /
    very good, you did it / try again / almost, one more time / wait a minute, honey / I'll be right back /
    daddy is coming home soon / did you hear that? / who is at the door? / it's grandma / grandpa is here / give
    me a kiss / big hug / mommy loves you / what are you doing? / where are you going? / come back here, you /
    don't touch that / be gentle / share with your sister / say please / say thank you / you're welcome / let's
    go outside / it's raining today / the sun is shining / it's so cold outside / is it windy? / put on your
    jacket / let's get dressed / arms up, over your head / one arm, two arms / let's go for a walk / do you want
    to swing? / push me, mommy / down the slide, whee / look both ways before the street / let's build a tower /
    knock it all down / crash, boom / put it in, take it out / open and close / on and off / in the big bag /
    under the blanket / behind the curtain / where is mommy hiding? / found you / let's clean up / put your toys
    away / into the basket it goes / help me, please / thank you for helping / what a mess / uh oh, it fell /
    pick it up / wipe your nose / let's brush your hair / bath time, splash splash / rub a dub dub / the water
    is warm / all dry now / soft towel / good night, sleep tight / are you sleepy? / close your eyes / shh, the
    baby is sleeping / wake up, good morning / did you sleep well? / breakfast is ready / some soup and rice /
    chew, chew, swallow / not too much / just a little bit / one bite for you, one bite for me / is it sweet? /
    that tastes funny / no more, all done / let me wipe your face / you are so silly / that's so funny / why are
    you crying? / did you bump your head? / it's okay, don't worry / let me see, does it hurt? / all better now
    / you're getting so big / how old are you? / happy birthday to you / let's call grandma / talk to daddy /
    can you hear the music? / let's dance / jump, jump, jump / turn around and around / stomp your feet / touch
    your nose / where is your belly button? / show me your teeth / wiggle your fingers / make a funny face /
    blow the bubbles / pop, pop, pop / let's paint a picture / draw a circle / that is beautiful / you can do it
    yourself / do you need help? / I know, I know / right, sweetheart / what else is there? / let's see what
    else we have / what do you want to play with? / your turn, my turn / ready, steady, go / faster, faster /
    slow down / stop / okay, let's go / maybe later / not now, honey / because it's late / yes, you may / we
    don't throw things / that belongs to your cousin / the mailman brought a letter / I need to wash the dishes
    / mommy is making coffee / what did you do at school? / listen, someone is singing / over the hill and far
    away / five little fingers / ten tiny toes
""")
PATTERN_WORDS = {
    "stripes": "stripy",
    "dots": "spotty",
    "checks": "checkered",
    "stars": "starry",
    "zigzag": "zigzag",
    "patches": "patchy",
}
