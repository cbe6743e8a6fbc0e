"""Everything that has a name in the demo company: places, goods, people. All people and firms are invented."""

from typing import NamedTuple


class Store(NamedTuple):
    """A store, its weight in sales, where its customers live, and the store that serves them when it is closed."""

    name: str
    region: str
    weight: float
    towns: tuple[str, ...]
    postcode: int
    neighbour: str


STORES = (
    Store("Stockholm", "Stockholms län", 1.9, ("Stockholm", "Solna", "Nacka", "Täby", "Huddinge"), 11, "Uppsala"),
    Store("Göteborg", "Västra Götalands län", 1.6, ("Göteborg", "Mölndal", "Partille", "Kungälv"), 41, "Jönköping"),
    Store("Malmö", "Skåne län", 1.3, ("Malmö", "Lund", "Trelleborg"), 21, "Helsingborg"),
    Store("Uppsala", "Uppsala län", 1.0, ("Uppsala", "Knivsta", "Enköping"), 75, "Västerås"),
    Store("Linköping", "Östergötlands län", 0.9, ("Linköping", "Motala", "Mjölby"), 58, "Jönköping"),
    Store("Örebro", "Örebro län", 0.9, ("Örebro", "Kumla", "Karlskoga"), 70, "Västerås"),
    Store("Västerås", "Västmanlands län", 0.8, ("Västerås", "Köping", "Sala"), 72, "Örebro"),
    Store("Helsingborg", "Skåne län", 0.8, ("Helsingborg", "Landskrona", "Ängelholm"), 25, "Malmö"),
    Store("Jönköping", "Jönköpings län", 0.8, ("Jönköping", "Huskvarna", "Nässjö"), 55, "Linköping"),
    Store("Umeå", "Västerbottens län", 0.7, ("Umeå", "Holmsund", "Vännäs"), 90, "Uppsala"),
    Store("Karlstad", "Värmlands län", 0.8, ("Karlstad", "Kil", "Kristinehamn"), 65, "Örebro"),
    Store("Skövde", "Västra Götalands län", 0.7, ("Skövde", "Skara", "Falköping"), 54, "Jönköping"),
)
STORE_NAMES = tuple(store.name for store in STORES)
WEB = len(STORES)  # the store code of a web order
SALES_POINTS = (*STORE_NAMES, "Webb")
CLOSED_STORE, OPENED_STORE = "Karlstad", "Skövde"


class Category(NamedTuple):
    """A category: how often a line is of it, the price in the middle in kronor, margin at list price, articles."""

    name: str
    weight: float
    price: float
    margin: float
    brands: tuple[str, ...]
    nouns: tuple[str, ...]


CATEGORIES = (
    Category("Möbler", 0.09, 2300, 0.40, ("Granholm", "Björkvik", "Tallmo"),
             ("Fåtölj", "Soffbord", "Bokhylla", "Matstol", "Sideboard", "Pall")),
    Category("Belysning", 0.11, 800, 0.48, ("Ljusnan", "Norrsken", "Granholm"),
             ("Taklampa", "Golvlampa", "Bordslampa", "Vägglampa", "Ljusslinga", "Fönsterlampa")),
    Category("Textil", 0.18, 510, 0.53, ("Linnéa Väv", "Fjällull", "Tallmo"),
             ("Kudde", "Pläd", "Gardin", "Matta", "Påslakan", "Handduk")),
    Category("Kök", 0.18, 450, 0.46, ("Skafferi", "Emaljverket", "Björkvik"),
             ("Gryta", "Stekpanna", "Skål", "Kniv", "Mugg", "Skärbräda")),
    Category("Trädgård", 0.13, 620, 0.41, ("Grönfingret", "Rabatt & Rot", "Tallmo"),
             ("Kruka", "Utestol", "Odlingslåda", "Vattenkanna", "Parasoll", "Frösats")),
    Category("Fritid", 0.11, 670, 0.37, ("Vildmark", "Kustnära", "Fjällull"),
             ("Ryggsäck", "Termos", "Kylväska", "Hängmatta", "Regnjacka", "Picknickfilt")),
    Category("Barn", 0.08, 400, 0.44, ("Lilla Nord", "Kottebo"),
             ("Gosedjur", "Barnbord", "Sänghimmel", "Träleksak", "Nattlampa", "Barnservis")),
    Category("Dekor", 0.12, 290, 0.56, ("Norrsken", "Kottebo", "Ljusnan"),
             ("Vas", "Ljusstake", "Tavelram", "Spegel", "Doftljus", "Krans")),
)  # fmt: skip
CATEGORY_NAMES = tuple(category.name for category in CATEGORIES)
LINES_OF_GOODS = ("Ask", "Berg", "Dal", "Ek", "Fors", "Holme")  # a noun in six makes is 36 articles a category

JOIN_CHANNELS = ("butik", "webb", "app", "evenemang", "tipsa en vän", "kampanj")
TESTS = ("Höstbrev 2025", "Kanaltest", "VIP-vår")
LEVELS = ("Brons", "Silver", "Guld")
GENDERS = ("kvinna", "man", "annat")
LEAVE_REASONS = ("flyttat", "för många utskick", "hittade billigare", "missnöjd med service", "annat")
INDUSTRIES = ("Hotell", "Restaurang", "Kontor", "Bygg", "Vård", "Skola")
ROLES = ("Inköpare", "Ägare", "Platschef", "Kontorsansvarig")
ORG_FIRST = ("Älv", "Fjord", "Sten", "Havs", "Skogs", "Sol", "Ljung", "Vinter", "Myr", "Ås")
ORG_LAST = ("gården", "kompaniet", "byrån", "verket", "huset", "gruppen", "kliniken", "krogen", "bygg", "skolan")

WOMEN = (
    "Anna", "Eva", "Maria", "Karin", "Sara", "Kristina", "Lena", "Emma", "Kerstin", "Ingrid", "Malin", "Jenny",
    "Elin", "Linda", "Annika", "Marie", "Susanne", "Monica", "Sofia", "Hanna", "Johanna", "Ulla", "Josefin", "Ida",
    "Birgitta", "Helena", "Camilla", "Åsa", "Cecilia", "Amanda", "Julia", "Elsa", "Alice", "Maja", "Fatima", "Leila",
)  # fmt: skip
MEN = (
    "Lars", "Mikael", "Anders", "Johan", "Erik", "Per", "Karl", "Peter", "Jan", "Thomas", "Daniel", "Fredrik",
    "Hans", "Andreas", "Stefan", "Bengt", "Mats", "Bo", "Marcus", "Magnus", "Jonas", "Sven", "Niklas", "Alexander",
    "Oskar", "Viktor", "Göran", "Björn", "Åke", "Emil", "Elias", "Hugo", "Gustav", "Ali", "Omar", "Simon",
)  # fmt: skip
SURNAMES = (
    "Andersson", "Johansson", "Karlsson", "Nilsson", "Eriksson", "Larsson", "Olsson", "Persson", "Svensson",
    "Gustafsson", "Pettersson", "Jonsson", "Jansson", "Hansson", "Bengtsson", "Jönsson", "Lindberg", "Jakobsson",
    "Magnusson", "Lindström", "Olofsson", "Lindqvist", "Lindgren", "Berg", "Axelsson", "Bergström", "Lundberg",
    "Lind", "Lundgren", "Lundqvist", "Mattsson", "Berglund", "Fredriksson", "Sandberg", "Henriksson", "Forsberg",
    "Sjöberg", "Wallin", "Ali", "Engström", "Eklund", "Danielsson", "Lundin", "Håkansson", "Björk", "Bergman",
    "Gunnarsson", "Holm", "Wikström", "Samuelsson", "Isaksson", "Fransson", "Bergqvist", "Nyström", "Holmberg",
    "Arvidsson", "Löfgren", "Söderberg", "Nyberg", "Blomqvist", "Claesson", "Nordström", "Mårtensson", "Ahmed",
)  # fmt: skip
# Numbers that the Swedish telecom authority keeps free for books and films: nobody answers.
PHONES = tuple(f"070-17406{n:02d}" for n in range(5, 100))
