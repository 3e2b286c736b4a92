"""Label noise: words that are asked for as nouns and are none, judged against a vocabulary.

The built-in vocabulary is that of `devkit.tasks.vocabulary` with further everyday nouns; a study adds its own.
"""

from __future__ import annotations

from pathlib import Path

from devkit.banks.wording import singular
from devkit.errors import UserError
from devkit.tasks.vocabulary import CATEGORIES, plural

MORE = """
acorn alarm album alligator alphabet anchor ankle apron aquarium arrow artist aunt author avenue axe backpack badge
bagel bakery ballet bandage bank banner barn barrel baseball basin basketball battery bead beak beard beaver bedroom
beehive beet bib bill binder biscuit blender blouse blueberry board bone bookcase bookshelf booster bow bowtie bracelet
branch brick bridge briefcase brother bucket buckle building bull bumper bunk burger burrito butter cab cabbage cable
cactus cage calendar calf camel can cane canoe canvas cape caramel cardboard carpet carriage cart carton cashew castle
cauliflower ceiling celery cellphone cello cereal chain chalk chalkboard checkers cheek chest chicken chimney chin chip
chipmunk chocolate church cinnamon circle city clam clay cleaner cliff closet clothes clothing club coaster cockroach
coconut coffee coin collar colander cone container cork corner costume cotton counter cousin cover crane cream
crocodile crow crown crust cupboard cupcake curb curtain cymbal dad daisy dam dashboard daughter deck dice dinner
dishwasher dishtowel dock donut doorbell doorknob doorway dough dragon dragonfly dress dresser drill driver driveway
dryer duckling dustpan eagle earring easel edge eggplant elbow elevator engine eraser eyebrow eyelash fabric faucet
feather field fig figurine fire firefly fireplace fist flamingo flask floor flour flute foam folder food foot football
forehead forest fountain frame freezer fruit furniture garage garbage garlic gate gift ginger girl globe glue goat goal
goldfish gorilla grandma grandpa granola grater gravel grill ground guinea gum gutter gym hairbrush hairdryer hall
hallway ham hammock hamper hamster handbag handkerchief handle harmonica hawk hay headband headphones heart heater
hedgehog heel helmet hen highchair hill hinge hip hole honey hood hoodie hook hoop horn hospital hotdog hour human
hummingbird hut ice icicle icing igloo infant insect iron island ivy jaw jello jelly jellyfish jersey jewel juicer
jungle kangaroo kayak ketchup kid kitchen koala label lace lake lantern laptop laundry lavender lawn lawnmower leash
lemonade leopard leotard letter lettuce library light lighter lightswitch lily lime line lip lipstick llama lobster
lock locker log lollipop lotion lunch lunchbox machine magazine magnet mail mailbox makeup mango map maraca market
marker marshmallow mask mat match mattress meal measuring meat medal medicine metal microphone milkshake mint mitt
mole money monitor monster moose moth motor mouse mud muffin mulch muscle museum nail napkin nature neck nectarine
needle neighbor nest net newspaper night nightgown nipple notebook number nurse nut oar oatmeal ocean octopus office
oil olive opener ornament ostrich otter outlet oval overalls oyster pacifier pack package pad page paint paintbrush
painting pajama palm pamphlet pan pancake panda panther parade parent park parrot parsley party patio paw peacock
peanut pearl pebble peeler pelican people pepperoni perfume phone photo photograph piano pickle picnic pigeon piggy
pillowcase pilot pin pinecone pipe pistachio pita placemat plank plastic plate plates platform play playground playpen
pliers plug plum pocket poison pole police polish pond pool pop porch porcupine porridge post poster potholder powder
pretzel printer prune pudding puddle puff pump pupil quarter queen quilt quiche raccoon rack racket radiator radish
railing rainbow raincoat rake ram ramp ranch raspberry rat raven razor receipt recorder rectangle refrigerator
reindeer restaurant rhino rib ribbon rice rim river road robe robin rod roll roof room root rope rose ruler runner
saddle safe sail sailboat salad salt salamander sand sandal sauce saucer sausage saw saxophone scale scarecrow school
scoop scorpion screen screw screwdriver seagull seal seat seatbelt seaweed seesaw shade shadow shampoo shaver shed
sheet shelving shoelace shop shore shoulder shower shrimp shrub shutter sibling side sidewalk sign silverware singer
siren sister skateboard skeleton ski skin skunk sky sleeping sleeve sling slinky smoke snack snap snow snowball
snowflake snowsuit socket soda soldier son speaker spinach sphere spatula spaghetti spine spoonful sprinkler spray
sprout square squash squid squirt stair staircase stamp stand stapler statue steak steam steering stem step stereo
stethoscope sticker stocking stomach stop store storm stove straw stream street string stroller strainer stump sugar
suit suitcase sunflower sunglasses sunscreen sunset surfboard swan swimsuit switch sword syringe syrup tablecloth
tablet tack taco tadpole tail tank tea teacher tear teether television tennis thermometer thermos thermostat thigh
thing thread throat thumb ticket tie tights tile tin tire toad toaster toddler tofu toilet tongs tongue tool toolbox
tooth toothpaste torch tortilla tortoise tower town track trail trailer trampoline trashcan treat treasure treehouse
triangle trombone trophy trousers trunk tshirt t-shirt tub tube tuba tulip tummy tunnel turnip turtleneck tv twig
ukulele uncle undershirt underwear unicorn vacuum valley vegetable vein vest vine violin vitamin volcano vulture wafer
waffle waist walker wall wallet walnut walrus wand wardrobe washcloth washer washing wasp waste water wave wax web
weed weight wheat wheelbarrow wheelchair whip whisk whistle whiteboard wick wife wig windmill windshield wing wipe
wire wood woodpecker wool wrapper wreath wrench wrist wristwatch yard yarn yolk yoyo zoo zucchini
"""
_VERBAL = frozenset({"ceiling", "clothing", "icing", "painting", "building", "railing", "stocking", "shelving"})


class Nouns:
    """A vocabulary and what it says of a word.

    Args:
        more: Further right nouns.
    """

    def __init__(self, more: frozenset[str] = frozenset()) -> None:
        built_in = {noun.lower() for nouns in CATEGORIES.values() for noun in nouns} | set(MORE.split())
        self.known = frozenset(built_in | {word.lower() for word in more}) - {"sleeping", "measuring", "washing"}
        self.plurals = frozenset(plural(noun) for noun in self.known) - self.known

    def fault(self, word: str) -> str:
        """Return what is wrong with a noun that should be singular; empty when nothing is.

        >>> Nouns().fault("grasping"), Nouns().fault("buttercontainers"), Nouns().fault("shoes"), Nouns().fault("cup")
        ('a verb form', 'words run together: butter + containers', 'a plural', '')
        """
        low = word.lower().strip()
        if not low:
            return "empty"
        if low in self.known or low.rsplit(" ", 1)[-1] in self.known:
            return ""
        if low in self.plurals or low.rsplit(" ", 1)[-1] in self.plurals:
            return "a plural"
        if low.endswith("ing") and low not in _VERBAL:
            return "a verb form"
        parts = self._run_together(low)
        if parts:
            return f"words run together: {parts[0]} + {parts[1]}"
        if low.endswith("s") and not low.endswith("ss"):
            return "an odd plural, not in the vocabulary"
        return "not in the vocabulary"

    def _run_together(self, word: str) -> tuple[str, str] | None:
        for cut in range(3, len(word) - 2):
            head, tail = word[:cut], word[cut:]
            if head in self.known and (tail in self.known or singular(tail) in self.known):
                return head, tail
        return None


def read_vocabulary(path: Path) -> frozenset[str]:
    """Read further nouns, one a line; ``#`` begins a remark.

    Raises:
        UserError: The file cannot be read.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise UserError(f"the vocabulary cannot be read: {error.strerror}", place=str(path)) from None
    except UnicodeDecodeError:
        raise UserError("the vocabulary is no UTF-8 text", place=str(path)) from None
    return frozenset(word for line in lines if (word := line.partition("#")[0].strip()))
