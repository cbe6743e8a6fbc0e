"""Common first names and surname endings in Sweden: how a column of people differs from one of products."""

_FIRST = """
aaron abdi adam agneta ahmed aida aisha alexander ali alice alva amanda amina amir amy anastasia anders andreas
andrew anette angela anita anja ann anna anne annelie annika anthony anton arne arvid ashley asta astrid axel ayşe
barbara barbro bengt benjamin berit bertil betty birgit birgitta björn bo brenda brian britt britta camille carin
carina carl carlos carol caroline carolyn catherine cecilia charles charlie charlotta charlotte chen christer
christian christina christine christoffer christopher claes clara cynthia daniel david deborah dennis diane donald
donna ebba edith edvin edward einar elias elin elina elisabet elisabeth elizabeth ella ellen elsa elvira emelie emil
emilia emilie emily emma eric erik erika ester eva evelina fatima felicia felix filip filippa folke francesca frank
frans françois fredrik freja frida gabriel george gerd giovanni giulia gregory greta gun gunilla gunnar gunnel
gunvor gustaf gustav göran hampus hanna hannah hans harald harry hassan heather heinrich helen helena helene henrik
henry hilda hjalmar hugo håkan hélène ian ibrahim ida inga ingegerd ingela ingemar inger ingrid ingvar irene iris
isabella isak ivan jack jacob jakob james jan jane janet jason jean jeffrey jennie jennifer jenny jens jerry jesper
jessica jimmy joakim joel johan johanna john johnny jonas jonathan jonny jorge josef josefin josefine joseph joshua
josé juan julia jörgen jürgen karen karin karl karolina katarina katherine kathleen kenneth kent kerstin kevin
khadija kim kimberly kjell klara klas klaus kristian kristina kristoffer kurt larry lars laura lea leif lena lennart
leo leon liam lilly lina linda linn linnea linnéa lisa lisbeth lotta louise lova love lovisa lucas ludvig luis lukas
maj maja malin marco marcus margareta margaretha maria mariam marianne marie mark markus martin mary mathias matilda
mats matthew mattias maud max mehmet melker michael michelle miguel mikael moa mohamed mohammad mohammed mona monica
monika mustafa märit märta nancy natalia nathalie nicholas nicklas nicole niklas nils noah noel nora ola oleg olga
oliver olivia olle olof omar oscar oskar otto pamela patricia patrick patrik paul pedro per pernilla peter petra pia
pierre pontus rachel rasmus raymond rebecca richard rickard rikard robert robin roger roland rolf ronald ronja rune
rut ruth ryan saga samantha samuel sandra sanna sara sarah scott sebastian selma signe sigrid simon siv sixten sofia
sofie sonja sophie staffan stefan stella sten stephanie stephen steven stig stina sune susan susanna susanne svante
sven sverker tage theo therese thomas tilda tim timothy tina tobias tomas tommy tor torbjörn tord tore torsten tove
tuva tyler tyra ulf ulla ulrica ulrika urban ursula vera veronica victor victoria vidar viktor viktoria vilgot
vilhelm villiam viola viveka walter wei wilhelm william wilma wolfgang yasmin ylva yngve yusuf yvonne zahra zoe zoë
älva åke åsa örjan östen
"""
FIRST = frozenset(_FIRST.split())

SURNAME_ENDINGS = (
    "sson", "ström", "berg", "lund", "gren", "qvist", "kvist", "lind", "stedt", "dahl", "holm", "blom", "löf",
    "löv", "hult", "bäck", "beck", "mann", "sen", "ović", "ovic", "öberg", "åkerlund", "gård", "ander", "elius",
    "stad", "stein", "escu", "poulos", "owski", "ska",
)  # fmt: skip
