"""Articles: a passage about one entity, followed by paragraphs in all the forms the tasks are made of."""

from __future__ import annotations

from collections.abc import Iterator

from scalescope.text.microworld.draw import Draw, table
from scalescope.text.microworld.events import Events
from scalescope.text.microworld.facts import Teller, Told, capital
from scalescope.text.microworld.frames import Sentences
from scalescope.text.microworld.inflect import a, plural
from scalescope.text.microworld.opinions import Opinions
from scalescope.text.microworld.relations import Relation
from scalescope.text.microworld.world import Fact, World

# paragraphs that need the passage before them, and paragraphs that stand alone, with their weights
LINKED = {
    "answers": 34, "whether": 30, "chosen": 16, "unsaid": 6, "restated": 8, "same": 26, "corrected": 4, "tells": 28,
    "compared": 4, "led_to": 4, "neighbour": 4,
}  # fmt: skip
FREE = {"opinions": 40, "inference": 44, "life": 32, "reworded": 14, "kinds": 10, "synonyms": 8}
MARKERS = (
    ("so", "in other words ,", "that means that"),
    ("perhaps", "it may be that"),
    ("it is wrong that", "it is not true that"),
)
VERDICTS = {
    "inference": ("Certain", "Possible", "Impossible"),
    "opinion": ("Blame", "Praise"),
    "grammar": ("Wrong", "Right"),
}
LIKED = (("people avoid it", "nobody went twice"), ("people love it", "many came back"))


class Articles:
    """Writes articles, forever; one stream of random numbers decides everything."""

    def __init__(self, world: World) -> None:
        lexicon = world.lexicon
        self.world, self.lexicon, self.teller = world, lexicon, Teller(world)
        self.opinion, self.events, self.sentences = Opinions(lexicon), Events(lexicon), Sentences(lexicon)
        weights = lexicon.dialect
        self.linked = table([getattr(self, n) for n in LINKED], self._tilt(LINKED, weights.constructions), 256)
        self.free = table([getattr(self, n) for n in FREE], self._tilt(FREE, weights.constructions), 256)

    @staticmethod
    def _tilt(weights: dict[str, int], amount: float) -> list[float]:
        plain = list(weights.values())
        return [(1 - amount) * w + amount * v for w, v in zip(plain, plain[::-1], strict=True)]

    def write(self, draw: Draw) -> Iterator[list[str]]:
        """Yield articles, each a list of paragraphs."""
        subjects, u = self.world.subject_table, draw.u
        while True:
            e = subjects[int(u() * len(subjects))]
            told = self.teller.passage(draw, e, 2 + int(u() * 2.3))
            text = " ".join([t.sentence for t in told])
            if u() < 0.25:
                text = capital(draw.pick(self.lexicon.idiom_table)) + " , " + text
            article = [text]
            for _ in range(1 + int(u() * 3)):
                article += draw.pick(self.linked)(draw, e, told).split("\n")
            for _ in range(3 + int(u() * 3)):
                article += draw.pick(self.free)(draw, e).split("\n")
            yield article

    def answers(self, draw: Draw, e: int, told: list[Told]) -> str:
        """Return one or two questions with their answers."""
        count = 1 + (draw.u() < 0.4)
        parts = [
            self.teller.ask(draw, e, t.fact.relation) + f" {capital(t.fact.text)} ." for t in draw.sample(told, count)
        ]
        return " ".join(parts)

    def whether(self, draw: Draw, e: int, told: list[Told]) -> str:
        """Return a yes/no question with its answer; some need to know what kind of thing an object is."""
        fact = draw.pick(told).fact
        if fact.relation.key == "keeps" and draw.u() < 0.7:
            return self._whether_kind(draw, e, fact)
        headed, yes = draw.u() < 0.85, draw.u() < 0.55
        rival = fact.text if yes else self.teller.rival(draw, fact, told)
        if headed:
            asked = self.teller.ask_whether(draw, e, fact.relation, rival)
            rest = [t.sentence if t.fact is not fact else self.teller.tell(draw, e, fact).sentence for t in told[-2:]]
            if fact not in [t.fact for t in told[-2:]]:
                rest[0] = self.teller.tell(draw, e, fact).sentence
            return f"{'Yes' if yes else 'No'} : {asked}\n{' '.join(rest)}"
        if yes:
            return self.teller.ask_whether(draw, e, fact.relation, fact.text) + " Yes ."
        return self.teller.ask_whether(draw, e, fact.relation, rival) + f" No , {fact.text} ."

    def _whether_kind(self, draw: Draw, e: int, fact: Fact) -> str:
        lex = self.lexicon
        right = lex.category_of[fact.text.split(" ", 1)[1]]
        yes = draw.u() < 0.55
        asked = right if yes else draw.other(lex.categories, right)
        if draw.u() < 0.85:
            question = self.teller.ask_whether(draw, e, fact.relation, a(asked))
            return f"{'Yes' if yes else 'No'} : {question}\n{self.teller.tell(draw, e, fact).sentence}"
        return f"Does {self.world.names[e]} keep {a(asked)} ? " + ("Yes ." if yes else f"No , {a(right)} .")

    def chosen(self, draw: Draw, e: int, told: list[Told]) -> str:
        """Return a question, some options, and the right one; or one option and whether it is right."""
        fact = draw.pick(told).fact
        if draw.u() < 0.8:
            right = draw.u() < 0.4
            text = fact.text if right else self.teller.rival(draw, fact, self.world.facts_of[e])
            passage = [self.teller.tell(draw, e, t.fact, i > 0).sentence for i, t in enumerate(told[:3])]
            if fact not in [t.fact for t in told[:3]]:
                passage[0] = self.teller.tell(draw, e, fact).sentence
            asked = self.teller.ask(draw, e, fact.relation)
            return f"{'True' if right else 'False'} : {' '.join(passage)}\n{asked} {capital(text)} ."
        options = [fact.text, self.teller.rival(draw, fact, told), self.teller.stranger(draw, fact)]
        listed = " , ".join(draw.sample(options, 3)[:2])
        return f"{self.teller.ask(draw, e, fact.relation)} {capital(listed)} or {fact.text} ? {capital(fact.text)} ."

    def unsaid(self, draw: Draw, e: int, told: list[Told]) -> str:
        """Return a question that the passage leaves open."""
        rest = self.teller.rest(e, told)
        return self.teller.ask(draw, e, draw.pick(rest).relation) + " Nobody says ."

    def restated(self, draw: Draw, e: int, told: list[Told]) -> str:
        """Tell a fact of the passage twice."""
        one = draw.pick(told)
        first = self.teller.tell(draw, e, one.fact)
        second = self.teller.tell(draw, e, one.fact, avoid=first.form)
        return f"{first.sentence} In other words , {second.sentence}"

    def same(self, draw: Draw, e: int, told: list[Told]) -> str:
        """Put two sentences side by side and say whether they say the same."""
        one = self.teller.tell(draw, e, draw.pick(told).fact)
        agree, u, subject, fact = draw.u() < 0.55, draw.u(), e, one.fact
        if not agree and u < 0.35 and self.world.types[e] == "person" and fact.relation.object == "person":
            subject, fact = fact.entity, fact._replace(text=self.world.names[e])
        elif not agree and u < 0.6:
            fact = fact._replace(text=self.teller.rival(draw, fact, self.world.facts_of[e]))
        elif not agree and u < 0.8:
            subject = draw.other(self.world.member_tables[self.world.types[e]], e)
            fact = self.world.fact_of[subject][fact.relation.key]
        elif not agree:
            fact = draw.other(self.world.facts_of[e], fact)
        two = self.teller.tell(draw, subject, fact, avoid=one.form if agree else None)
        return f"{'Same' if agree else 'Different'} : {one.sentence}\n{two.sentence}"

    def corrected(self, draw: Draw, e: int, told: list[Told]) -> str:
        """Deny a wrong object, then tell the right one."""
        fact = draw.pick(told).fact
        wrong = self.teller.rival(draw, fact, told)
        denial = self.teller.deny(draw, self.world.names[e], fact.relation, wrong)
        return f"{denial} . {self.teller.tell(draw, e, fact, True).sentence}"

    def tells(self, draw: Draw, e: int, told: list[Told]) -> str:
        """Say which question a sentence answers, or does not."""
        one = self.teller.tell(draw, e, draw.pick(told).fact)
        if draw.u() < 0.5:
            asked, answers, verdict = self.teller.ask(draw, e, one.fact.relation), "This answers that .", "Answered"
        else:
            subject, relation = e, self.near_relation(draw, e, one.fact)
            if draw.u() < 0.4:
                subject, relation = draw.pick(self.world.member_tables[self.world.types[e]]), one.fact.relation
            asked = self.teller.ask(draw, subject, relation)
            answers, verdict = "This does not answer that .", "Unanswered"
        if draw.u() < 0.85:
            return f"{verdict} : {asked}\n{one.sentence}"
        return f"{asked} {one.sentence} {answers}"

    def near_relation(self, draw: Draw, e: int, fact: Fact) -> Relation:
        """Return another relation of the entity, one with the same type of object if there is any."""
        others = [f.relation for f in self.world.facts_of[e] if f.relation is not fact.relation]
        same = [r for r in others if r.object == fact.relation.object]
        return draw.pick(same if same and draw.u() < 0.5 else others)

    def compared(self, draw: Draw, e: int, told: list[Told]) -> str:
        """Compare the years of two entities of a type."""
        world = self.world
        fact = next((f for f in world.facts_of[e] if f.relation.object == "year"), None)
        other = draw.other(world.member_tables[world.types[e]], e)
        match = world.fact_of[other][fact.relation.key]
        old, new = (e, other) if fact.text <= match.text else (other, e)
        first = self.teller.tell(draw, e, fact).sentence
        second = self.teller.tell(draw, other, match).sentence
        return f"{first} {second} So {world.names[old]} is older than {world.names[new]} ."

    def led_to(self, draw: Draw, e: int, told: list[Told]) -> str:
        """Go from a city to its region in two steps."""
        world = self.world
        fact = next((f for f in world.facts_of[e] if f.relation.object == "city"), None)
        if fact is None:
            return self.answers(draw, e, told)
        region = world.fact_of[fact.entity]["region"]
        first = self.teller.tell(draw, e, fact).sentence
        second = self.teller.tell(draw, fact.entity, region).sentence
        third = self.teller.tell(draw, e, fact._replace(text=region.text)).sentence
        return f"{first} {second} So {third}" if draw.u() < 0.6 else f"{first} So {third}"

    def neighbour(self, draw: Draw, e: int, told: list[Told]) -> str:
        """Tell facts about an entity that the passage mentions."""
        near = [t.fact.entity for t in told if t.fact.entity >= 0]
        other = draw.pick(near) if near else e
        return " ".join([t.sentence for t in self.teller.passage(draw, other, 2)])

    def opinions(self, draw: Draw, e: int) -> str:
        """Say one or two things of one polarity about the entity."""
        polarity = int(draw.u() < 0.5)
        parts = [capital(self.opinion.sentence(draw, polarity)) for _ in range(1 + (draw.u() < 0.4))]
        if draw.u() < 0.3:
            parts.append(capital(draw.pick(LIKED[polarity])))
        head = VERDICTS["opinion"][polarity] + " : " if draw.u() < 0.85 else ""
        return head + " . ".join(parts) + " ."

    def inference(self, draw: Draw, e: int) -> str:
        """Tell an event and what follows, may be, or cannot be."""
        label = int(draw.u() * 3)
        event = self.events.draw_event(draw)
        premise = self.events.premise(draw, event, label)
        if draw.u() < 0.85:
            return f"{VERDICTS['inference'][label]} : {capital(premise.text())} .\n{capital(event.text())} ."
        return f"{capital(premise.text())} . {capital(draw.pick(MARKERS[label]))} {event.text()} ."

    def reworded(self, draw: Draw, e: int) -> str:
        """Put an event beside the same one in other words, or beside another that is near, and say which."""
        agree, event = draw.u() < 0.55, self.events.draw_event(draw)
        changed = event if agree else self.events.near(draw, event)
        two = self.events.reword(draw, changed, True)
        return f"{'Same' if agree else 'Different'} : {capital(event.text())} .\n{capital(two.text())} ."

    def life(self, draw: Draw, e: int) -> str:
        """Say a few things about people at work, in all frames."""
        sentence = self.sentences.sentence
        if draw.u() < 0.75:
            good = draw.u() < 0.55
            return f"{VERDICTS['grammar'][good]} : {capital(sentence(draw, good))} ."
        return " ".join([capital(sentence(draw)) + " ." for _ in range(2 + int(draw.u() * 2))])

    def kinds(self, draw: Draw, e: int) -> str:
        """Name kinds of things and what they are kinds of."""
        lex, u = self.lexicon, draw.u()
        kind = draw.pick(lex.kind_table)
        category = lex.category_of[kind]
        if u < 0.3:
            others = draw.sample(lex.kinds_of[category], 3)
            return (
                f"{capital(plural(others[0]))} , {plural(others[1])} and {plural(others[2])} are {plural(category)} ."
            )
        if u < 0.5:
            return f"Like every {category} , {a(kind)} is {a(lex.top_of[category])} ."
        if u < 0.75:
            yes = draw.u() < 0.5
            asked = category if yes else draw.other(lex.categories, category)
            return f"Is {a(kind)} {a(asked)} ? " + ("Yes ." if yes else f"No , {a(category)} .")
        return f"{capital(a(kind))} is a kind of {category} ."

    def synonyms(self, draw: Draw, e: int) -> str:
        """Say which words mean the same, and which the opposite."""
        lex = self.lexicon
        verbs = draw.u() < 0.5
        groups = lex.verb_groups if verbs else lex.adjective_groups
        group = draw.pick(groups)
        one = draw.pick(group.members)
        same = draw.u() < 0.6 or group.opposite < 0
        other = draw.other(group.members, one) if same else draw.pick(groups[group.opposite].members)
        one, other = (f"to {one.base}", f"to {other.base}") if verbs else (one, other)
        return f"{capital(one)} means {'much the same as' if same else 'the opposite of'} {other} ."
