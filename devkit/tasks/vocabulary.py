"""Early nouns: their categories, animacy and plurals. Words only; what they look like is left to a corpus.

The categories are coarse everyday ones, made for choosing distractors. Nouns outside the table are allowed
everywhere; they have no category, so nothing is semantically close to them.
"""

from __future__ import annotations

CATEGORIES: dict[str, tuple[str, ...]] = {
    "animals": (
        *("animal", "ant", "bear", "bee", "bird", "bug", "bunny", "butterfly", "cat", "chicken", "cow", "crab", "deer"),
        *("dinosaur", "dog", "dolphin", "donkey", "duck", "elephant", "fish", "fox", "frog", "giraffe", "goose", "hen"),
        *("hippo", "horse", "kitten", "ladybug", "lamb", "lion", "lizard", "monkey", "mouse", "owl", "panda"),
        *("penguin", "pig", "pony", "puppy", "rabbit", "rooster", "shark", "sheep", "snail", "snake", "spider"),
        *("squirrel", "tiger", "turkey", "turtle", "whale", "wolf", "worm", "zebra"),
    ),
    "people": ("baby", "boy", "girl", "man", "woman", "child", "clown", "doctor", "person"),
    "body": (
        "arm",
        "ear",
        "eye",
        "face",
        "finger",
        "foot",
        "hair",
        "hand",
        "head",
        "knee",
        "leg",
        "mouth",
        "nose",
        "toe",
    ),
    "food": (
        *("apple", "avocado", "banana", "bean", "berry", "bread", "broccoli", "cake", "candy", "carrot", "cereal"),
        *("cheese", "cherry", "cookie", "corn", "cracker", "cucumber", "donut", "egg", "grape", "hamburger"),
        *("ice cream", "juice", "lemon", "melon", "milk", "muffin", "mushroom", "noodle", "onion", "orange"),
        *("pancake", "pasta", "pea", "peach", "pear", "pepper", "pie", "pineapple", "pizza", "popcorn", "popsicle"),
        *("potato", "pumpkin", "raisin", "sandwich", "soup", "strawberry", "toast", "tomato", "watermelon", "yogurt"),
    ),
    "clothes": (
        *(
            "bag",
            "belt",
            "bib",
            "boot",
            "button",
            "cap",
            "coat",
            "diaper",
            "dress",
            "glasses",
            "glove",
            "hat",
            "jacket",
        ),
        *("jeans", "mitten", "necklace", "pajamas", "pants", "purse", "sandal", "scarf", "shirt", "shoe", "shorts"),
        *("skirt", "slipper", "sneaker", "sock", "sweater", "tie", "umbrella", "watch", "zipper"),
    ),
    "toys": (
        *("ball", "balloon", "bat", "bell", "block", "book", "boomerang", "bubble", "bucket", "card", "crayon", "cube"),
        *("doll", "drum", "game", "guitar", "kite", "marble", "pinwheel", "present", "puppet", "puzzle", "rattle"),
        *("ring", "robot", "shovel", "spade", "spinning top", "star", "teddy", "teddy bear", "top", "toy", "trumpet"),
        *("xylophone",),
    ),
    "vehicles": (
        *("airplane", "bicycle", "bike", "boat", "bulldozer", "bus", "car", "fire truck", "helicopter", "motorcycle"),
        *("plane", "rocket", "scooter", "ship", "sled", "stroller", "tractor", "train", "tricycle", "truck", "van"),
        *("wagon",),
    ),
    "kitchen": (
        *("bottle", "bowl", "can", "cup", "dish", "fork", "fridge", "glass", "jar", "jug", "kettle", "knife", "lid"),
        *("microwave", "mug", "oven", "pan", "pitcher", "plate", "pot", "sink", "spoon", "stove", "teapot", "tray"),
    ),
    "furniture": (
        *("bath", "bathtub", "bed", "bench", "cabinet", "chair", "couch", "crib", "cushion", "desk", "door", "drawer"),
        *("drain", "high chair", "lamp", "mirror", "pillow", "potty", "rug", "shelf", "shower", "sofa", "stairs"),
        *("stool", "table", "toilet", "window"),
    ),
    "household": (
        *("basket", "blanket", "bowtie", "box", "broom", "brush", "bulb", "camera", "candle", "clock", "comb"),
        *("computer", "envelope", "flashlight", "fan", "hammer", "hanger", "key", "keyboard", "ladder", "lightbulb"),
        *("mop", "nail", "paper", "pen", "pencil", "phone", "picture", "plant", "radio", "remote", "scissors", "soap"),
        *("sponge", "tape", "telephone", "tissue", "toothbrush", "towel", "trash", "TV", "vacuum", "vase"),
    ),
    "outdoors": (
        *("bush", "cloud", "fence", "flag", "flower", "garden", "grass", "hose", "house", "leaf", "moon", "mountain"),
        *("rain", "rock", "sandbox", "seed", "shell", "slide", "snowman", "stick", "stone", "sun", "swing", "tree"),
        *("tent", "wheel"),
    ),
}
RELATED: tuple[frozenset[str], ...] = (
    frozenset({"food", "kitchen"}),
    frozenset({"animals", "people"}),
    frozenset({"kitchen", "household"}),
    frozenset({"furniture", "household"}),
    frozenset({"toys", "vehicles"}),
    frozenset({"clothes", "body"}),
    frozenset({"people", "body"}),
)
_CATEGORY = {noun.lower(): category for category, nouns in CATEGORIES.items() for noun in nouns}
_IRREGULAR = {
    **{"child": "children", "deer": "deer", "fish": "fish", "foot": "feet", "goose": "geese", "man": "men"},
    **{"mouse": "mice", "person": "people", "sheep": "sheep", "tooth": "teeth", "woman": "women", "snowman": "snowmen"},
    **{"knife": "knives", "leaf": "leaves", "loaf": "loaves", "shelf": "shelves", "scarf": "scarves", "wolf": "wolves"},
    **{"potato": "potatoes", "tomato": "tomatoes", "mango": "mangoes", "toothbrush": "toothbrushes"},
}
PLURAL_ONLY = frozenset({"glasses", "jeans", "pajamas", "pants", "scissors", "shorts", "stairs"})


def category(noun: str) -> str:
    """Return the category of a noun, by its last word where the whole is unknown; empty when there is none."""
    name = noun.lower()
    return _CATEGORY.get(name) or _CATEGORY.get(name.rsplit(" ", 1)[-1], "")


def animate(noun: str) -> bool:
    """Tell whether a noun names an animal or a person."""
    return category(noun) in ("animals", "people")


def related(one: str, other: str) -> bool:
    """Tell whether two categories are different but near each other (food and kitchen)."""
    return frozenset({one, other}) in RELATED


def plural(noun: str) -> str:
    """Return the plural of an English noun; only the last word of a compound changes.

    >>> plural("TV"), plural("teddy bear"), plural("box"), plural("scissors")
    ('TVs', 'teddy bears', 'boxes', 'scissors')
    """
    head, _, last = noun.rpartition(" ")
    prefix = f"{head} " if head else ""
    low = last.lower()
    if low in PLURAL_ONLY:
        return noun
    if low in _IRREGULAR:
        return prefix + _IRREGULAR[low]
    if low.endswith(("s", "x", "z", "ch", "sh")):
        return prefix + last + "es"
    if low.endswith("y") and low[-2:-1] not in "aeiou" and len(low) > 1:
        return prefix + last[:-1] + "ies"
    return prefix + last + "s"
