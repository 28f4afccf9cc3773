"""Raw word lists of the microworld: plain strings, most frequent first within each list.

Everything here is data. `lexicon` inflects it, weights it by Zipf's law and, for a dialect, replaces a share of it.
"""

from __future__ import annotations

# category: (hypernym one level up) -> kinds, frequent first. The first word of a line is the category.
KINDS = """
bird animal: hawk owl robin crow kestrel finch heron swan lark raven magpie plover wren osprey bittern cormorant linnet
fish animal: trout salmon carp pike perch herring eel cod mackerel bream tench halibut sturgeon roach minnow grayling
mammal animal: fox horse wolf badger otter hare deer ferret weasel mole stoat goat lynx marten shrew dormouse
insect animal: bee ant moth beetle wasp cricket hornet locust mayfly earwig ladybird cicada weevil dragonfly
reptile animal: snake lizard tortoise viper gecko turtle adder iguana skink chameleon cobra python
tree plant: oak pine birch elm willow maple cedar alder rowan larch hornbeam hazel sycamore cypress juniper
flower plant: rose lily tulip daisy violet poppy iris orchid dahlia crocus lupin peony aster begonia foxglove
herb plant: mint sage thyme basil parsley dill fennel chervil tarragon marjoram borage lovage
fruit food: apple pear plum cherry peach grape melon quince apricot damson fig mulberry medlar
dish food: soup stew pie pudding omelette salad porridge dumpling casserole pancake goulash fritter
cheese food: cheddar brie stilton gouda edam feta gruyere emmental camembert ricotta
drink food: tea wine beer cider coffee cocoa lemonade brandy mead sherry claret cordial
instrument object: lute violin drum harp flute cello trumpet oboe bassoon fiddle zither lyre clarinet viola
tool object: hammer saw axe chisel spade plough sickle wrench rake mallet pliers trowel hatchet
weapon object: sword spear dagger bow musket lance pistol rapier crossbow halberd sabre cutlass
garment object: coat hat shirt cloak glove scarf gown boot apron tunic bonnet waistcoat doublet
furniture object: chair table bed bench desk stool wardrobe sofa cabinet dresser bookcase ottoman
jewel object: ring necklace brooch bracelet crown pendant locket tiara amulet earring
vessel object: cup jug bottle kettle bowl barrel vase flask goblet tankard pitcher beaker decanter
toy object: doll kite puzzle ball puppet marble yoyo whistle hoop spinner
vehicle object: cart wagon carriage bicycle sledge tram coach lorry chariot wheelbarrow omnibus
coin object: penny halfpenny florin ducat guinea shilling thaler groat farthing
"""

CATEGORY_VERBS = """
bird: feed tame hear cage ring
fish: catch fry hook net smoke
mammal: hunt chase groom stroke trap
insect: swat collect squash observe
reptile: handle avoid measure charm
tree: fell plant climb prune chop
flower: pick smell arrange water press
herb: chew dry crush sprinkle
fruit: peel eat ripen slice bite
dish: cook taste reheat stir swallow
cheese: grate melt spread nibble
drink: brew sip pour drink gulp
instrument: play tune strum practise
tool: wield sharpen grip
weapon: draw polish brandish unsheathe
garment: wear sew iron knit hem
furniture: varnish upholster assemble dust
jewel: pawn engrave flaunt appraise
vessel: fill empty rinse uncork
toy: unwrap spin wind
vehicle: drive steer park push
coin: spend toss mint save
"""

# synonym groups of verbs that go with any object; "/" links the group of opposite meaning on the next line
VERB_GROUPS = """
buy purchase acquire / sell vend
find discover locate / lose mislay misplace
repair mend fix / damage break harm
love adore cherish / hate detest loathe
hide conceal stash / show display exhibit
carry haul lug / drop dump
praise commend extol / mock ridicule deride
keep retain / discard scrap
steal pinch swipe / return restore
accept welcome / refuse reject spurn
want desire crave / fear dread
describe depict portray / ignore neglect overlook
clean scrub / stain soil
receive obtain / send dispatch
"""

ADJECTIVES = """
big large huge / small little tiny
old ancient aged / new modern recent
clean spotless / dirty filthy grimy
bright shiny gleaming / dull dim murky
heavy weighty / light weightless
wet soggy damp / dry parched
strong sturdy robust / weak flimsy frail
costly pricey expensive / cheap inexpensive
thick stout / thin slender slim
rare scarce uncommon / common ordinary usual
hot warm scalding / cold chilly icy
famous renowned celebrated / obscure unknown
smooth even / rough coarse bumpy
full crammed / empty vacant hollow
straight upright / crooked bent warped
"""

PLAIN_ADJECTIVES = (
    "red blue green white black brown grey golden silver wooden painted round square striped foreign local"
)

PROFESSIONS = """painter baker miller poet farmer teacher doctor sailor carpenter singer weaver lawyer
merchant potter tailor soldier fisher smith hunter judge clerk mason actor dancer gardener printer cooper
chemist surgeon tanner shepherd brewer barber saddler glazier cobbler falconer chandler fletcher thatcher
wheelwright apothecary milliner cartographer engraver ploughman armourer bookbinder locksmith ropemaker"""


INTRANSITIVE = """sleep laugh arrive wait smile sneeze vanish faint snore shiver blush yawn tremble weep
loiter stumble doze sulk giggle falter dawdle wince totter swoon"""
TRANSITIVE = """visit devour examine greet inspect tackle resemble praise rescue surround accompany abandon
conquer encounter mention possess scold interrogate evade despise enrage escort envy flatter"""
PREPOSITIONAL = """rely on; belong to; listen to; look at; wait for; consist of; depend on; care for; laugh
at; believe in; hope for; object to; complain about; apologise for; boast of; insist on; dispose of; contend
with; long for; refer to; benefit from; abstain from; refrain from; delight in; indulge in; specialise in;
tamper with; cope with; dabble in; pounce on; embark on; frown on; adhere to; cling to; resort to; succumb to;
allude to; cater for; yearn for; vouch for; recoil from; deviate from; wallow in; rejoice in; grapple with;
sympathise with; quarrel with; gloat over; brood over; preside over"""
CLAUSAL = """think know say believe hope claim doubt suspect admit realise insist assume conclude imagine
confess assert deduce presume maintain reckon surmise allege"""
INFINITIVAL = """want try decide plan refuse hope agree promise fail learn manage threaten hesitate intend
offer aspire endeavour vow strive deign yearn"""
GERUND = """enjoy finish avoid stop keep practise dislike postpone resume risk deny quit dread resent
recollect detest contemplate relish abhor shirk forgo"""
DITRANSITIVE = "give send show offer lend hand sell teach promise award grant owe bring throw toss pass"
OBJECT_TO = """persuade force ask order allow teach tell urge advise invite warn help compel implore induce
entice coax exhort oblige incite"""
MASS = """water sand gold rice flour milk salt silk wool iron dust smoke butter honey timber glass paper
furniture luggage advice"""

ASPECTS = """food music plot service view story room style light sound design acting ending song garden price
taste view crew staff atmosphere dialogue script melody layout comfort pace craft tone chorus scenery gallery
humour decor finish"""

POSITIVE = """good great fine lovely nice beautiful wonderful excellent superb charming brilliant splendid
delightful pleasant perfect amazing elegant clever graceful magnificent impressive enjoyable fantastic
marvellous outstanding remarkable stunning terrific fabulous glorious gorgeous exquisite sublime radiant
dazzling inspiring witty moving touching gripping fresh lively vivid crisp warm generous honest sincere noble
kind gentle polished refined tasteful stylish smart sharp inventive original creative imaginative thoughtful
insightful profound masterful skilful accomplished flawless faultless impeccable immaculate exceptional
extraordinary phenomenal sensational spectacular breathtaking captivating enchanting bewitching spellbinding
mesmerising riveting absorbing engrossing compelling fascinating intriguing engaging entertaining amusing
hilarious funny joyful cheerful merry jolly uplifting heartening rousing stirring thrilling exciting
exhilarating refreshing soothing calming serene tranquil peaceful harmonious melodious tuneful luminous
glowing sparkling glittering lustrous sumptuous luxurious opulent lavish plush cosy comfy inviting welcoming
hospitable friendly courteous gracious considerate attentive helpful reliable dependable trustworthy steady
solid sound sturdy admirable commendable praiseworthy laudable meritorious deserving worthy estimable
reputable distinguished eminent illustrious majestic regal stately dignified grand imposing monumental heroic
valiant gallant bold daring fearless intrepid ingenious astute shrewd wise sage judicious prudent sensible
rational lucid articulate eloquent expressive poetic lyrical evocative resonant poignant tender affectionate
loving heartfelt soulful passionate fervent ardent zestful spirited vibrant dynamic energetic vigorous
exuberant ebullient effervescent bubbly sunny radiating buoyant optimistic hopeful promising auspicious
fortunate blessed heavenly divine celestial angelic ethereal dreamy idyllic picturesque scenic quaint adorable
endearing lovable likeable amiable affable genial convivial congenial personable winsome winning fetching
alluring appealing attractive handsome comely shapely delectable delicious scrumptious luscious succulent
savoury tasty appetising mouthwatering toothsome ambrosial fragrant aromatic balmy dulcet mellifluous silky
velvety satiny seamless effortless fluent nimble deft adept proficient consummate unrivalled peerless
matchless incomparable unsurpassed supreme sterling stellar topnotch firstrate exemplary"""

NEGATIVE = """bad poor awful terrible dull boring ugly horrible nasty dreadful weak stupid silly tedious
dreary bleak stale clumsy crude cheap shoddy sloppy lazy messy dirty grim gloomy dismal dire ghastly hideous
horrid vile foul rotten lousy rubbish pathetic feeble lame limp flat bland insipid vapid tasteless tacky gaudy
garish vulgar coarse rude crass brash harsh shrill grating jarring annoying irritating infuriating maddening
tiresome wearisome wearying tiring draining numbing soporific monotonous repetitive predictable derivative
hackneyed trite banal cliched corny mawkish sappy soppy maudlin cloying saccharine sickly sentimental
contrived forced laboured strained stilted wooden leaden ponderous plodding sluggish lethargic listless
lifeless soulless heartless cold chilly frosty unfriendly hostile surly sullen morose grumpy grouchy cranky
crabby petulant peevish churlish boorish loutish oafish uncouth brutish barbaric savage cruel vicious
malicious spiteful hateful odious loathsome detestable despicable contemptible abominable abhorrent repulsive
repugnant repellent revolting disgusting sickening nauseating offensive obnoxious insufferable unbearable
intolerable insulting demeaning degrading humiliating shameful disgraceful scandalous sordid seedy sleazy
squalid shabby scruffy tatty threadbare dilapidated decrepit ramshackle rickety flimsy wobbly faulty flawed
defective deficient inadequate insufficient unsatisfactory disappointing underwhelming mediocre inferior
substandard secondrate worthless useless pointless futile fruitless hopeless senseless mindless brainless
witless inane asinine idiotic moronic foolish fatuous ludicrous laughable ridiculous preposterous absurd
nonsensical incoherent muddled confused confusing baffling bewildering convoluted tangled murky opaque turgid
verbose bloated overblown overwrought pompous pretentious bombastic grandiose smug arrogant conceited haughty
snobbish condescending patronising preachy sanctimonious hypocritical dishonest deceitful devious sly shifty
crooked corrupt fraudulent bogus phoney fake sham shallow superficial hollow empty barren sterile arid drab
dingy dank musty mouldy rancid putrid fetid rank smelly stinking noxious toxic poisonous lethal ruinous
disastrous catastrophic calamitous woeful lamentable deplorable regrettable pitiful pitiable wretched
miserable depressing disheartening discouraging demoralising dispiriting harrowing traumatic distressing
upsetting alarming menacing sinister ominous eerie creepy frightful horrendous horrific atrocious appalling
abysmal excruciating execrable"""

POSITIVE_NOUNS = """triumph success treasure delight joy gem masterpiece pleasure marvel wonder treat blessing
jewel hit highlight victory miracle feast paradise godsend classic revelation tonic bargain sensation"""
NEGATIVE_NOUNS = """failure disaster mess shame flop waste bore mistake disgrace nightmare blunder fiasco
letdown eyesore insult chore ordeal nuisance travesty shambles farce swindle debacle atrocity drudge"""

INTENSIFIERS = (
    "very really quite so truly rather deeply utterly remarkably simply thoroughly exceedingly downright decidedly"
)
IDIOMS = """as a matter of fact; on the other hand; by and large; at the end of the day; it goes without
saying that; for what it is worth; as far as we know; in the long run; all things considered; to the best of
our knowledge; believe it or not; strange as it may seem; as the story goes; in the first place; last but not
least; more often than not; once in a while; needless to say; from time to time; to make a long story short"""
PLACES = """on the roof; in the market; by the river; at the harbour; near the old mill; behind the church;
under the bridge; in the kitchen; at the fair; on the hill; in the cellar; by the gate; in the attic; along
the canal; inside the tavern; at the quarry; beside the fountain; in the orchard"""
TIMES = """in spring; last week; at dawn; on monday; after supper; in winter; before noon; at midnight; two
years ago; on market day; during the storm; every evening; in early autumn; after the war; at harvest time; on
friday"""
MATERIALS = """stone brick wood marble granite iron steel slate limestone timber sandstone flint basalt
concrete clay"""
