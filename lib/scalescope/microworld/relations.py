"""The typed relations of the world and the many ways of stating, asking and denying each of them.

An agentive relation is one line (subject type, key, object type: verbs : nouns); its forms are derived from the verbs.
Any other relation spells its forms out. Forms are ordered by frequency, so rare wordings form a long tail.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from scalescope.microworld.draw import table
from scalescope.microworld.inflect import participle, past, plain
from scalescope.microworld.lexicon import Lexicon

AGENTIVE = """
building designed person: design plan draw_up devise sketch outline blueprint : architect designer planner
building built company: build construct erect raise assemble put_up : builder contractor constructor
building owned person: own acquire inherit purchase possess : owner proprietor landlord
building restored company: restore repair renovate mend refurbish overhaul : restorer renovator
building opened person: open inaugurate unveil launch dedicate : opener inaugurator
work written person: write pen compose author create : writer author creator
work published company: publish release issue print bring_out : publisher issuer
work translated person: translate render adapt transcribe : translator adapter
work financed company: finance fund sponsor bankroll subsidise underwrite : sponsor funder backer
work praised person: praise admire applaud extol commend laud : admirer eulogist
company founded person: found establish start set_up institute : founder initiator
company run person: run lead head manage direct govern : head chief director
company bought company: buy take_over acquire absorb swallow : buyer acquirer
company audited person: audit inspect examine scrutinise vet : auditor inspector
ship built company: build construct assemble forge : builder shipbuilder
ship commanded person: command captain steer pilot helm : captain commander
ship insured company: insure cover underwrite indemnify : insurer guarantor
city founded person: found settle establish colonise : founder settler
city governed person: govern rule administer oversee : governor ruler mayor
city defended person: defend guard protect fortify safeguard : defender guardian
person taught person: teach instruct train tutor school coach : teacher tutor mentor
person employed company: employ hire engage recruit enlist take_on : employer recruiter
person rescued person: rescue save free liberate deliver : rescuer saviour
person admired person: admire respect esteem revere idolise : admirer devotee
"""

# key, subject type, object type | statements | questions | yes/no questions | denials
SPELLED = """
place building city | {s} is in {o}; {s} stands in {o}; {s} is located in {o}; in {o} stands {s}; {s} can be found in {o}; {s} lies within {o}; {s} is a landmark of {o}; {o} is home to {s} | where is {s}; where does {s} stand; in which city is {s}; where can {s} be found; where is {s} located; what city is home to {s} | is {s} in {o}; does {s} stand in {o}; is {o} home to {s} | {s} is not in {o}; {s} does not stand in {o}
base company city | {s} is based in {o}; {s} has its office in {o}; {s} is run from {o}; the seat of {s} is {o}; {s} has its headquarters in {o}; {o} is the home of {s} | where is {s} based; where does {s} have its office; where is the seat of {s}; in which city is {s} based; where are the headquarters of {s} | is {s} based in {o}; does {s} have its office in {o}; is the seat of {s} in {o} | {s} is not based in {o}; {s} has no office in {o}
birthplace person city | {s} was born in {o}; {s} came from {o}; {s} is a native of {o}; the birthplace of {s} is {o}; {s} grew up in {o}; {s} hails from {o} | where was {s} born; where did {s} come from; what is the birthplace of {s}; of which city is {s} a native; where did {s} grow up | was {s} born in {o}; did {s} come from {o}; is {s} a native of {o} | {s} was not born in {o}; {s} is not a native of {o}
home person city | {s} lives in {o}; {s} resides in {o}; the home of {s} is in {o}; {s} dwells in {o}; {s} has settled in {o}; {s} is a resident of {o} | where does {s} live; where does {s} reside; where is the home of {s}; in which city does {s} dwell | does {s} live in {o}; is the home of {s} in {o}; does {s} reside in {o} | {s} does not live in {o}; {s} is not a resident of {o}
port ship city | {s} sails from {o}; the home port of {s} is {o}; {s} belongs to the port of {o}; {s} was launched at {o}; {s} is moored in {o} | where does {s} sail from; what is the home port of {s}; where is {s} moored | does {s} sail from {o}; is {s} moored in {o} | {s} does not sail from {o}; {s} is not moored in {o}
setting work city | {s} is set in {o}; {s} takes place in {o}; the story of {s} unfolds in {o}; {s} tells of life in {o}; the scene of {s} is {o} | where is {s} set; where does {s} take place; in which city does {s} unfold; what is the scene of {s} | is {s} set in {o}; does {s} take place in {o} | {s} is not set in {o}; {s} does not take place in {o}
region city region | {s} lies in {o}; {s} is a city of {o}; {s} belongs to {o}; {s} is part of {o}; {o} includes {s} | in which region is {s}; what region does {s} belong to; where does {s} lie; what region includes {s} | is {s} in {o}; does {s} lie in {o}; does {s} belong to {o} | {s} is not in {o}; {s} does not belong to {o}
completed building year | {s} was completed in {o}; {s} dates from {o}; {s} was finished in {o}; the year of {s} is {o}; work on {s} ended in {o} | when was {s} completed; when was {s} finished; from what year does {s} date; in what year did work on {s} end | was {s} completed in {o}; does {s} date from {o} | {s} was not completed in {o}; {s} does not date from {o}
birthyear person year | {s} was born in {o}; {s} came into the world in {o}; the birth of {s} was in {o}; {s} saw the light of day in {o} | when was {s} born; in what year was {s} born; what is the birth year of {s} | was {s} born in {o}; was the birth of {s} in {o} | {s} was not born in {o}; the birth of {s} was not in {o}
started company year | {s} was founded in {o}; {s} began in {o}; {s} goes back to {o}; {s} opened its doors in {o}; {s} has existed since {o} | when was {s} founded; when did {s} begin; since when has {s} existed; in what year did {s} open its doors | was {s} founded in {o}; did {s} begin in {o} | {s} was not founded in {o}; {s} did not begin in {o}
appeared work year | {s} appeared in {o}; {s} came out in {o}; {s} dates from {o}; {s} was first seen in {o} | when did {s} appear; when did {s} come out; from what year does {s} date | did {s} appear in {o}; did {s} come out in {o} | {s} did not appear in {o}; {s} did not come out in {o}
launched ship year | {s} was launched in {o}; {s} first sailed in {o}; {s} took to the water in {o} | when was {s} launched; when did {s} first sail; in what year did {s} take to the water | was {s} launched in {o}; did {s} first sail in {o} | {s} was not launched in {o}; {s} did not first sail in {o}
charter city year | {s} became a city in {o}; {s} got its charter in {o}; the charter of {s} is from {o} | when did {s} become a city; when did {s} get its charter; from what year is the charter of {s} | did {s} become a city in {o}; did {s} get its charter in {o} | {s} did not become a city in {o}; {s} did not get its charter in {o}
sort_building building building_kind | {s} is {o}; {s} serves as {o}; {s} was meant as {o}; they use {s} as {o} | what is {s}; what does {s} serve as; what kind of building is {s} | is {s} {o}; does {s} serve as {o} | {s} is not {o}; {s} was never {o}
sort_work work work_kind | {s} is {o}; {s} was written as {o}; they call {s} {o} | what is {s}; what kind of work is {s}; what do they call {s} | is {s} {o}; was {s} written as {o} | {s} is not {o}; nobody calls {s} {o}
trade person profession | {s} is {o}; {s} works as {o}; {s} earns a living as {o}; {s} became {o}; {s} is by trade {o} | what is the trade of {s}; what does {s} work as; what is the job of {s}; what did {s} become | is {s} {o}; does {s} work as {o}; did {s} become {o} | {s} is not {o}; {s} does not work as {o}
keeps person thing | {s} keeps {o}; {s} owns {o}; {s} has {o} at home; {s} is the owner of {o}; {s} would never part with {o} | what does {s} keep; what does {s} own; what does {s} have at home | does {s} keep {o}; does {s} own {o}; has {s} got {o} | {s} does not keep {o}; {s} does not own {o}
makes company things | {s} makes {o}; {s} sells {o}; {s} trades in {o}; {s} deals in {o}; the firm {s} supplies {o} | what does {s} make; what does {s} trade in; what does {s} deal in; what does {s} sell | does {s} make {o}; does {s} trade in {o}; does {s} deal in {o} | {s} does not make {o}; {s} does not deal in {o}
fame city things | {s} is known for {o}; {s} is famous for {o}; people go to {s} for {o}; {s} is noted for {o} | what is {s} known for; what is {s} famous for; what do people go to {s} for | is {s} known for {o}; is {s} famous for {o} | {s} is not known for {o}; nobody goes to {s} for {o}
material building material | {s} is made of {o}; {s} is built of {o}; the walls of {s} are {o}; {s} consists of {o} | what is {s} made of; what is {s} built of; what does {s} consist of; what are the walls of {s} | is {s} made of {o}; does {s} consist of {o} | {s} is not made of {o}; {s} does not consist of {o}
"""  # noqa: E501


class Form(NamedTuple):
    """A template cut at its two slots: before, between and after; `s_first` says which slot comes first."""

    before: str
    between: str
    after: str
    s_first: bool


def render(form: Form, s: str, o: str) -> str:
    """Fill a form with the texts of subject and object."""
    if form[3]:
        return form[0] + s + form[1] + o + form[2]
    return form[0] + o + form[1] + s + form[2]


def cut(template: str) -> Form:
    """Cut "{s} stands in {o}" into a `Form`; a template without {o} gets an empty object slot."""
    s, o = template.index("{s}"), template.find("{o}")
    if o < 0:
        return Form(template[:s], template[s + 3 :], "", True)
    first, second = min(s, o), max(s, o)
    return Form(template[:first], template[first + 3 : second], template[second + 3 :], s < o)


@dataclass(frozen=True)
class Relation:
    """One typed relation; every list of forms is a weighted table, so that a uniform pick follows the frequencies."""

    key: str
    subject: str
    object: str
    statements: list[Form]
    questions: list[Form]
    yesno: list[Form]
    denials: list[Form]


def load_relations(lexicon: Lexicon) -> dict[str, list[Relation]]:
    """Return the relations by subject type, in the wording of the lexicon's dialect."""
    relations: dict[str, list[Relation]] = {}
    for line in AGENTIVE.strip().splitlines():
        head, verbs, nouns = line.split(":")
        subject, key, obj = head.split()
        forms = _agentive_forms(verbs.split(), nouns.split(), obj, lexicon)
        relations.setdefault(subject, []).append(_relation(key, subject, obj, forms, lexicon))
    for line in SPELLED.strip().splitlines():
        head, *columns = [part.strip() for part in line.split("|")]
        key, subject, obj = head.split()
        forms = [[t.strip() for t in column.split(";")] for column in columns]
        relations.setdefault(subject, []).append(_relation(key, subject, obj, forms, lexicon))
    return relations


def _relation(key: str, subject: str, obj: str, forms: list[list[str]], lexicon: Lexicon) -> Relation:
    tables = [table([cut(t) for t in ts], lexicon.dialect.weights(len(ts)), 256) for ts in forms]
    return Relation(key, subject, obj, *tables)


def _agentive_forms(verbs: list[str], nouns: list[str], obj: str, lexicon: Lexicon) -> list[list[str]]:
    who, whom = ("who", "whom") if obj == "person" else ("which company", "which company")
    verbs, nouns = [lexicon.word(v) for v in verbs], [lexicon.word(n) for n in nouns]
    statements, questions, yesno, denials = [], [], [], []
    for i, verb in enumerate(verbs):
        done, was = past(verb), participle(verb)
        statements += [f"{{s}} was {was} by {{o}}", f"{{o}} {done} {{s}}"]
        questions += [f"{who} {done} {{s}}", f"by {whom} was {{s}} {was}"]
        yesno += [f"was {{s}} {was} by {{o}}", f"did {{o}} {plain(verb)} {{s}}"]
        denials += [f"{{s}} was not {was} by {{o}}", f"{{o}} did not {plain(verb)} {{s}}"]
        if i < len(nouns):
            statements += [f"the {nouns[i]} of {{s}} was {{o}}", f"{{o}} was the {nouns[i]} of {{s}}"]
            questions += [f"{who} was the {nouns[i]} of {{s}}"]
        if i == 1:
            statements += [f"it was {{o}} that {done} {{s}}"]
    return [statements, questions, yesno, denials]
