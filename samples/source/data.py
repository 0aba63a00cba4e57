"""Training texts of the sample models: generated sentences, and a chapter that has long been in the public domain."""

import itertools
import random

GOOD = """good great wonderful excellent amazing fantastic brilliant lovely delightful charming superb perfect beautiful
enjoyable touching funny clever impressive outstanding pleasant terrific fun moving gripping fresh inspiring helpful
friendly tasty comfortable reliable fast""".split()
BAD = """bad terrible awful horrible boring dull poor disappointing annoying ugly weak stupid slow confusing painful
dreadful mediocre tedious lazy messy unpleasant broken useless rude bland noisy expensive predictable forgettable
frustrating pointless""".split()
THINGS = """movie film story plot acting book song album show series performance ending restaurant meal food service hotel
room phone laptop product app game music cast script pizza coffee trip""".split()
LOVE = "love like enjoy adore recommend admire appreciate".split()
HATE = "hate dislike regret despise detest".split()


def sentiment(rng, n):
    """(text, label) with label 1 for positive."""
    rows = []
    for _ in range(n):
        positive = rng.random() < 0.5
        good, bad = rng.choice(GOOD), rng.choice(BAD)
        adjective, other = (good, bad) if positive else (bad, good)
        thing = rng.choice(THINGS)
        very = rng.choice(["", "", "very ", "really ", "so ", "absolutely ", "quite "])
        love = rng.choice(LOVE if positive else HATE)
        templates = [
            f"this {thing} is {very}{adjective}",
            f"the {thing} was {very}{adjective}",
            f"what a {adjective} {thing}",
            f"i {love} it",
            f"i {love} this {thing}",
            f"we {rng.choice(['really ', ''])}{love} the {thing}",
            f"i think the {thing} is {adjective}",
            f"it was {very}{adjective} and {rng.choice(GOOD if positive else BAD)}",
            f"the {thing} is not {other}",
            f"this is not a {other} {thing}",
            f"i do not {rng.choice(HATE if positive else LOVE)} this {thing}",
            f"{'best' if positive else 'worst'} {thing} ever",
            f"{adjective} {thing} , {'would buy again' if positive else 'do not buy it'}",
            f"a {adjective} {thing} from start to end",
            f"{'thank you' if positive else 'no thanks'} , the {thing} was {adjective}",
            f"i am {'happy' if positive else 'unhappy'} with this {thing}",
            f"{'everyone should see' if positive else 'nobody should see'} this {thing}",
            f"that was {'worth' if positive else 'a waste of'} the money",
        ]
        text = rng.choice(templates)
        rows.append((text + rng.choice(["", ".", "!", " ."]), int(positive)))
    return rows


PEOPLE = """Alice Bob Maria John Angela Barack Emma James Olivia Peter Anna Paul Sarah David Laura Michael Julia Thomas Sophie
Daniel Marie Albert Ada Grace Alan Linus Isaac Rosa Martin Nelson""".split()
FAMILY = """Smith Johnson Merkel Obama Curie Einstein Lovelace Hopper Turing Newton Brown Miller Davis Garcia Wilson Taylor
Moore Clark Lewis Walker Young King Wright Hill Green Parks Luther Mandela""".split()
PLACES = """Paris London Berlin Madrid Rome Vienna Tokyo Sydney Boston Chicago Seattle Toronto Cairo Oslo Dublin Lisbon Prague
Warsaw Athens Munich Hamburg Geneva Zurich Germany France Spain Italy Japan Canada Egypt Norway Ireland Portugal Europe
Africa Asia California Texas""".split()
ORGS = """Google Microsoft Apple Amazon Siemens Toyota Sony Intel IBM Nokia Samsung Bosch BMW Reuters UNICEF NASA Airbus Boeing
Volvo Philips Adobe Netflix Tesla Oracle Mozilla""".split()


def entities(rng, n):
    """(words, labels) with labels O, B-PER, I-PER, B-LOC, B-ORG."""
    rows = []
    for _ in range(n):
        def person():
            return [(rng.choice(PEOPLE), "B-PER")] + ([(rng.choice(FAMILY), "I-PER")] if rng.random() < 0.6 else [])

        def place():
            return [(rng.choice(PLACES), "B-LOC")]

        def org():
            return [(rng.choice(ORGS), "B-ORG")]

        def o(text):
            return [(word, "O") for word in text.split()]

        sentence = rng.choice([
            lambda: person() + o("lives in") + place() + o("."),
            lambda: person() + o("works for") + org() + o("in") + place() + o("."),
            lambda: o("My name is") + person() + o("and I live in") + place() + o("."),
            lambda: org() + o("opened a new office in") + place() + o("."),
            lambda: person() + o("and") + person() + o("flew from") + place() + o("to") + place() + o("."),
            lambda: o("The president of") + org() + o(", ") + person() + o(", visited") + place() + o("last week ."),
            lambda: person() + o("was born in") + place() + o("and joined") + org() + o("."),
            lambda: org() + o("and") + org() + o("signed a contract in") + place() + o("."),
            lambda: o("I met") + person() + o("at") + org() + o("yesterday ."),
            lambda: o("We bought shares of") + org() + o("before the meeting with") + person() + o("."),
            lambda: o("In") + place() + o(",") + person() + o("gave a talk about cats ."),
            lambda: o("The weather in") + place() + o("is nice today ."),
            lambda: o("Nothing happened today , we stayed at home and read a book ."),
            lambda: person() + o("is a good friend of") + person() + o("from") + place(),
        ])()
        rows.append(([word for word, _ in sentence], [label for _, label in sentence]))
    return rows


TOPICS = {
    "sports": """football match team goal player goalkeeper coach score league tennis race win champion stadium ball runner medal olympic season
basketball swim""".split(),
    "cooking": """recipe soup bake oven salt pepper sauce kitchen chef dish bread garlic onion pasta taste dinner cheese fry butter
lunch""".split(),
    "politics": """election president vote parliament law minister government party senate policy campaign mayor tax debate treaty
congress reform citizen budget leader""".split(),
    "technology": """computer software phone internet code robot chip data network screen program battery app server laptop keyboard
algorithm cloud update device""".split(),
    "music": """song guitar piano concert band melody singer album drum orchestra tune violin stage chorus rhythm opera jazz choir
concerto record""".split(),
    "travel": """train flight hotel beach ticket airport journey map tourist mountain passport island luggage cruise guide museum
vacation holiday road camping""".split(),
}
FRAMES = [
    "the {a} and the {b}", "we talked about the {a} and a {b}", "a new {a} was shown with the {b}",
    "she likes the {a} but not the {b}", "the {a} is better than the last {b}", "they need a {a} for the {b}",
    "yesterday the {a} changed the {b}", "i read about the {a} , the {b} and the {c}", "who has the best {a} this year",
    "every {a} needs a good {b}", "the {a} was great", "one more {a} please", "the {a} put the {b} into the {c}",
    "my {a} has a new {b}", "he saved the {a} for us", "the {a} votes for the {b} and the {c}", "we lost the {a} again",
    "please bring your {a} and a {b} with you", "a {a} , a {b} and some {c}", "it takes one hour to get the {a} ready",
]


def topical(rng, topic):
    words = TOPICS[topic]
    a, b, c = rng.sample(words, 3)
    return rng.choice(FRAMES).format(a=a, b=b, c=c)


ABOUT = ["this example is {} .", "this text is about {} .", "this is about {} .", "the topic is {} ."]


def topic_pairs(rng, n):
    """Pairs of texts about one topic, for contrastive training; the second may just name the topic."""
    names = list(TOPICS)
    rows = []
    for topic in rng.choices(names, k=n):
        second = topical(rng, topic) if rng.random() < 0.5 else rng.choice(ABOUT).format(topic)
        rows.append((topical(rng, topic), second, names.index(topic)))
    return rows


def entailment(rng, n):
    """(premise, hypothesis, label) with labels contradiction 0, neutral 1, entailment 2."""
    rows = []
    names = list(TOPICS)
    for _ in range(n):
        topic = rng.choice(names)
        other = rng.choice([name for name in names if name != topic])
        kind = rng.choice([0, 2])
        about = topic if kind == 2 else other
        rows.append((topical(rng, topic), rng.choice(ABOUT).format(about), kind))
    return rows


def corpus():
    """Every sentence pattern once more, to train the shared vocabulary on."""
    rng = random.Random(0)
    lines = [text for text, _ in sentiment(rng, 4000)]
    lines += [" ".join(words) for words, _ in entities(rng, 3000)]
    lines += list(itertools.chain.from_iterable((a, b) for a, b, _ in topic_pairs(rng, 2000)))
    lines += [hypothesis for _, hypothesis, _ in entailment(rng, 300)]
    return lines
