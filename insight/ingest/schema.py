"""The canonical tables: fields, types, and the names that files use for them, as data.

Mapping, template files, the quality page, the workspace's tables and the docs are all made from `TABLES`.
Aliases are compared after folding (lower case, without å ä ö accents, blanks, dots and dashes): see `fold`.
"""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

FieldType = Literal["id", "text", "date", "datetime", "money", "price", "number", "integer", "flag", "consent", "score"]

SQL_TYPES: dict[FieldType, str] = {
    "id": "VARCHAR",
    "text": "VARCHAR",
    "date": "DATE",
    "datetime": "TIMESTAMP",
    "money": "DECIMAL(18,2)",
    "price": "DECIMAL(18,4)",
    "number": "DECIMAL(18,3)",
    "integer": "BIGINT",
    "flag": "BOOLEAN",
    "consent": "BOOLEAN",
    "score": "DECIMAL(6,2)",
}


@dataclass(frozen=True)
class Field:
    """One column of a canonical table.

    `aliases` are folded header names in Swedish and English, best first. `required` fields must be mapped for
    the file to load as this table. `personal` names what kind of personal data the field is, if any.
    """

    name: str
    type: FieldType
    sv: str
    en: str
    aliases: tuple[str, ...] = ()
    required: bool = False
    personal: str = ""


@dataclass(frozen=True)
class Table:
    """A canonical table: its grain in words, and its fields in order."""

    name: str
    sv: str
    en: str
    fields: tuple[Field, ...]

    def field(self, name: str) -> Field:
        """The field of that name. Raises KeyError."""
        for field in self.fields:
            if field.name == name:
                return field
        raise KeyError(name)


@lru_cache(maxsize=8192)
def fold(header: str) -> str:
    """A header as it is compared: lower case, accents and separators gone ('Kund-ID ' and 'kund_id' → 'kundid')."""
    plain = unicodedata.normalize("NFKD", header.lower().replace("ø", "o").replace("æ", "ae").replace("ß", "ss"))
    return re.sub(r"[^a-z0-9%]", "", "".join(c for c in plain if not unicodedata.combining(c)))


_SHORT = {
    "kd": "kund", "kdnr": "kundnr", "kdnamn": "kundnamn", "ku": "kund", "fakt": "faktura", "faktdat": "fakturadatum",
    "ord": "order", "orddat": "orderdatum", "orddatum": "orderdatum", "ordnr": "ordernr", "best": "bestallnings",
    "medl": "medlems", "medlnr": "medlemsnr", "art": "artikel", "fors": "forsaljnings", "ink": "inkops",
    "bet": "betal", "bel": "belopp", "ant": "antal", "benamn": "benamning", "ben": "benamning", "dat": "datum",
    "num": "nummer", "trans": "transaktions", "transdat": "transaktionsdatum", "bokf": "bokforings", "nto": "netto",
    "bto": "brutto", "exkl": "exkl moms", "inkl": "inkl moms", "ex": "exkl", "cust": "customer", "inv": "invoice",
    "prod": "product", "amt": "amount", "purch": "purchase",
}  # fmt: skip


def spelled(header: str) -> str:
    """A header with its cut words written out ('Kd.nr' → 'kundnr', 'FaktDat' → 'fakturadatum'), or as it is.

    Only where two words make it, or one that ends as 'kdnr' does, so that 'Art' stays what it is.
    """
    humps = re.sub(r"(?<=[a-zåäöøæéü])(?=[A-ZÅÄÖØÆ])", " ", header[:61])
    words = re.findall(r"[^\W\d_]+|\d+", humps) if len(header) <= 60 else []
    folded = [fold(word) for word in words]
    whole = len(words) > 1 or re.search(r"(?:nr|dat|datum|namn)$", "".join(folded))
    if not whole or not any(word in _SHORT for word in folded):
        return header
    moms = any(word.startswith(("moms", "vat", "skatt")) for word in folded)
    full = [word if moms and word in ("exkl", "inkl") else _SHORT.get(word, word) for word in folded]
    return "".join(full)


_CUSTOMER_ID = Field(
    "customer_id", "id", "Kund-id", "Customer id",
    ("customerid", "kundid", "kundnr", "kundnummer", "kundensnr", "kundensnummer", "kundno", "customerno", "customernumber", "customer", "kund",
     "custid", "cust", "clientid", "clientno", "client", "klientnr", "medlemsnr", "medlemnr", "medlemsnummer", "medlemnummer", "medlemsid", "medlemid",
     "memberid", "memberno", "membernumber", "medlem", "userid", "anvandarid", "householdid", "householdkey",
     "hushallsid", "contactid", "kontaktid", "kontaktnr", "profileid", "personid", "personnr", "personnummer",
     "givarnr", "givarid", "donorid", "prenumerantnr", "prenumerantid", "kortnr", "kortnummer",
     "medlemskort", "kundkort", "bonuskort", "membercard", "loyaltycard", "bonuscard",
     "cardno", "cardid", "loyaltyid", "accountid", "accountno", "kontonr", "buyerid", "shopperid", "gastnr", "kundenummer", "kundenr", "kundeid", "kundennummer", "kundennr", "kundenid",
     "kundkod", "ftgnr", "kundklubbsnr", "kundklubbsnummer", "kundklubbnr", "kundklubbsid", "klubbnr", "klubbnummer", "klubbkort", "kundkortsnr", "kundkortnr",
     "medlemskortsnr", "medlemskortnr", "bonuskortsnr", "bonuskortnr", "profilekey", "profilnyckel", "profilid", "subscriberkey", "contactkey", "subscriberid", "customerkey", "kundnyckel", "crmid", "crmnr",
      "customercode", "customerref", "nyttkundnr", "nyttkundid", "newcustomerid", "user", "anvandare", "buyer",
     "shopper", "buyerusername", "customerusername", "effectiveuserid", "kunde", "kunden", "asiakasnumero", "asiakasnro", "asiakas", "kundreferens", "customerreference", "customeruserid",
     "customeraccount", "customeraccountnumber", "accountnumber", "accountref", "accountreference", "clientnumber",
     "clientref", "custno", "custnr", "custnum", "custnumber", "custkey", "mbrid", "mbrno", "debitor", "debitornr",
     "debitorennr", "debitorennummer", "kundekonto", "kundenkonto", "asiakastunnus", "asiakasid", "jasennumero",
     "loyaltynumber", "loyaltycardnumber", "idcustomer", "idcustomers", "requesterid", "guestid", "gastid", "visitorid", "userpseudoid", "consumerid", "consumerno", "consumernumber", "shopperreference", "shopperref", "subscriberkey", "contactkey", "memberkey", "recipientid", "externaluserid", "externalcustomerid", "organizationid", "organisationid", "externaldatareference", "externalreference",
     "associatedcontactids", "associatedcontactid", "associatedcompanyids", "associatedcompanyid", "nclient", "noclient",
     "numclient", "numeroclient", "codeclient", "idclient", "refclient", "nadherent", "klantnummer", "klantnr", "klantid",
     "codicecliente", "idcliente", "codigocliente", "ncliente", "stamkundsnr", "stamkundnr", "stamkundsnummer", "stamgastnr", "kopare", "hyresgastnr", "hyresgastid", "sourceno",
     "avsandarnr", "avsandarnummer", "betalarnr", "kunnr", "kunag", "kunrg", "nameid", "guestprofileid", "id"),
    required=True, personal="id",
)  # fmt: skip


# In a register of customers the record is the customer; elsewhere these are the deal's or the order's.
RECORD_IDS = ("recordid", "internalid", "externalid", "klaviyoid", "brazeid", "accountcode")
# The numbers that a survey gives to those who answer.
RESPONDENTS = ("respondentid", "respondent", "respondentnr", "respondentnummer", "svarandeid", "respondentkey")


def _customer_id(required: bool = True, more: tuple[str, ...] = ()) -> Field:
    return Field("customer_id", "id", _CUSTOMER_ID.sv, _CUSTOMER_ID.en, (*_CUSTOMER_ID.aliases, *more), required, "id")


CUSTOMERS = Table("customers", "Kunder", "Customers", (
    _customer_id(more=RECORD_IDS),
    Field("name", "text", "Namn", "Name", ("name", "namn", "kundnamn", "customername", "fullname", "fullstandigtnamn", "fornamnefternamn", "navn", "kundenavn", "kundename", "asiakasnimi", "asiakkaannimi", "nimi", "kokonimi", "fulltnavn", "fuldenavn", "vollstandigername"), personal="name"),
    Field("email", "text", "E-post", "Email", ("email", "epost", "mail", "emailaddress", "epostadress", "mejl", "mailadress", "sahkoposti", "sahkopostiosoite", "epostadresse", "emailadresse", "mailadresse"), personal="email"),
    Field("phone", "text", "Telefon", "Phone", ("phone", "telefon", "mobil", "mobile", "tel", "telefonnummer", "mobilnummer", "mobiltelefon", "phonenumber", "telefonnr", "mobilnr", "cellphone", "mobiltelefonnummer", "mobilnummeret", "handy", "handynummer", "puhelin", "puhelinnumero", "matkapuhelin", "tlf", "tlfnr", "mobiltlf"), personal="phone"),
    Field("birth_date", "date", "Födelsedatum", "Date of birth", ("birthdate", "fodelsedatum", "fodd", "dateofbirth", "dob", "birthday", "fodelsedag", "fodelsear", "birthyear", "yearofbirth", "fodselsdato", "fodselsdag", "fodt", "geburtsdatum", "geboren", "geburtstag", "syntymaaika", "syntymapaiva"), personal="birth_date"),
    Field("gender", "text", "Kön", "Gender", ("gender", "kon", "sex", "kjonn", "geschlecht", "sukupuoli")),
    Field("postcode", "text", "Postnummer", "Postcode", ("postcode", "postnummer", "postnr", "zip", "zipcode", "postalcode", "plz", "postleitzahl", "postinumero"), personal="address"),
    Field("city", "text", "Ort", "City", ("city", "ort", "stad", "postort", "town", "bostadsort", "by", "poststed", "postby", "bosted", "kaupunki", "postitoimipaikka", "paikkakunta", "stadt", "wohnort")),
    Field("region", "text", "Region", "Region", ("region", "lan", "county", "state", "landskap", "omrade", "area", "distrikt", "fylke", "bundesland", "maakunta")),
    Field("country", "text", "Land", "Country", ("country", "land", "countrycode", "landskod", "maa", "landekode", "maakoodi", "landeskennzeichen")),
    Field("customer_type", "text", "Kundtyp", "Customer type", ("customertype", "kundtyp", "kundkategori", "privatforetag", "b2bb2c")),
    Field("org_id", "text", "Organisationsnummer", "Organisation number", ("orgid", "orgnr", "organisationsnummer", "orgno", "orgnummer", "companyid", "vatnumber", "foretagsid", "organisasjonsnummer", "cvr", "cvrnr", "cvrnummer", "ytunnus")),
    Field("org_name", "text", "Företag", "Organisation", ("orgname", "foretag", "foretagsnamn", "company", "companyname", "organisation", "bolag", "firma", "firmanavn", "virksomhed", "bedrift", "firmenname", "unternehmen", "yritys")),
    Field("workplace_id", "text", "Arbetsställe", "Workplace", ("workplaceid", "arbetsstalle", "cfar", "arbetsplats", "workplace", "site")),
    Field("role", "text", "Roll", "Role", ("role", "roll", "befattning", "titel", "jobtitle", "title")),
    Field("industry", "text", "Bransch", "Industry", ("industry", "bransch", "sni", "snikod", "naringsgren", "sector")),
    Field("employees", "integer", "Anställda", "Employees", ("employees", "anstallda", "antalanstallda", "storlek", "companysize")),
    Field("household_id", "text", "Hushåll", "Household", ("household", "hushall", "hushallsnr")),
    Field("joined_on", "date", "Blev kund", "Joined on", ("joinedon", "joined", "joindate", "blevkund", "medlemsedan", "kundsedan", "registreringsdatum", "regdatum", "registered", "registrationdate", "signupdate", "createdat", "created", "skapad", "startdatum", "medlemsdatum", "membersince", "inskrivningsdatum", "anslutningsdatum", "gickmed", "gickmeddatum", "medlemfrom", "medlemfran", "medlemsstart", "innmeldt", "innmeldingsdato", "indmeldt", "indmeldelsesdato", "medlemsiden", "kundesiden", "mitgliedseit", "kundeseit", "eintrittsdatum", "liittymispaiva", "liittynyt", "registreringsdato", "rekisteroitymispaiva")),
    Field("join_channel", "text", "Rekryteringskanal", "Recruitment channel", ("joinchannel", "rekryteringskanal", "varvningskanal", "acquisitionchannel", "signupsource", "source", "kalla", "rekryteringsvag")),
    Field("join_store", "text", "Rekryterande butik", "Recruiting store", ("joinstore", "rekryteringsbutik", "rekryterandebutik", "varvandebutik", "signupstore", "hemmabutik", "homestore", "currentstore", "registreringsbutik", "signupshop")),
    Field("is_member", "flag", "Medlem", "Is member", ("ismember", "armedlem", "kundklubb", "klubbmedlem", "loyaltymember", "medlemja", "clubmember")),
    Field("member_level", "text", "Medlemsnivå", "Member level", ("memberlevel", "medlemsniva", "niva", "level", "tier", "medlemstyp", "medlemskategori", "membertype", "membershiptype", "status", "kundniva", "membertier", "loyaltytier", "kundklass", "bonusniva")),
    Field("left_on", "date", "Lämnade", "Left on", ("lefton", "left", "lamnade", "avslutsdatum", "uttrade", "uttradd", "uttradde", "utgick", "slutade", "slutat", "lamnat", "medlemtom", "medlemtill", "medlemskapupphor", "avgick", "avgatt", "churndate", "slutdatum", "avregistrerad", "cancelledat", "uttradesdatum", "utmeldt", "utmeldingsdato", "udmeldt", "udmeldelsesdato", "austrittsdatum", "eropaiva")),
    Field("leave_reason", "text", "Orsak till avslut", "Leave reason", ("leavereason", "orsak", "avslutsorsak", "churnreason", "uttradesorsak", "avgangsorsak")),
    Field("consent_email", "consent", "Samtycke e-post", "Email consent", ("consentemail", "emailconsent", "samtyckeepost", "epostsamtycke", "samtyckemail", "mailsamtycke", "nyhetsbrev", "newsletter", "emailoptin", "epostja", "optinemail", "samtycke", "consent", "marketingconsent", "acceptsemail", "acceptsemailmarketing", "acceptsmarketing", "epostutskick", "emailpermission", "samtykke", "nyhedsbrev", "einwilligung", "werbeeinwilligung", "suostumus", "markkinointilupa", "uutiskirje")),
    Field("consent_sms", "consent", "Samtycke sms", "SMS consent", ("consentsms", "smsconsent", "samtyckesms", "smssamtycke", "smsoptin", "smsja", "optinsms", "acceptssms", "acceptssmsmarketing", "smspermission", "smsutskick")),
    Field("consent_post", "consent", "Samtycke post", "Post consent", ("consentpost", "postconsent", "samtyckepost", "dr", "drsamtycke", "postalconsent", "adresseradreklam", "postja", "brevsamtycke", "samtyckebrev", "postsamtycke", "acceptspostal", "acceptspost", "postutskick")),
    Field("child_birth_date", "date", "Barnets födelsedatum", "Child's date of birth", ("childbirthdate", "barnetsfodelsedatum", "barnfodd", "childdob"), personal="birth_date"),
    Field("potential", "money", "Potential", "Potential", ("potential", "potentiellkop", "walletsize", "totalbudget", "shareofwalletbase", "kopkraft")),
))  # fmt: skip

TRANSACTIONS = Table("transactions", "Transaktioner", "Transactions", (
    Field("ordered_at", "datetime", "Köpdatum", "Order date", ("orderedat", "orderdate", "kopdatum", "orderdatum", "purchasedate", "inkopsdatum", "datum", "date", "invoicedate", "fakturadatum", "transactiondate", "transaktionsdatum", "purchasedat", "kvittodatum", "receiptdate", "forsaljningsdatum", "salesdate", "transactiontimestamp", "timestamp", "tidpunkt", "tid", "bokforingsdatum", "bokdatum", "kopdag", "orderedon", "closedate", "closeddate", "wontime", "wondate", "vunnendatum", "saledate", "paidat", "createdat", "gavodatum", "dato", "ordredato", "ordered", "purchased", "bought", "bestalld", "bestallt", "bestallningsdatum", "kopt", "koptdatum", "salt", "bestelldatum", "dag", "day", "manad", "month", "period", "armanad", "yearmonth", "kop", "purchase", "ordertid", "salestime", "saletime", "koptid", "capturedate", "betaldatum", "faktdatum", "beldatum", "forsdatum", "ts", "datetime", "datumtid", "datetimeutc", "unixtime", "epoch", "paivamaara", "pvm", "rechnungsdatum", "ostopaiva", "belegdatum", "buchungsdatum", "laskupaiva", "laskunpaivays", "laskunpaivamaara", "tilauspaiva", "paiva", "kjopsdato", "fakturadato", "bilagsdato", "kobsdato", "bestillingsdato", "datecommande", "datedecommande", "datefacture", "datedefacture", "dateachat", "datedachat", "datevente", "datedevente", "dateadd", "eventtimestamp", "bokad", "bokningsdatum", "bookedon", "bookingdate", "datecreated", "datedelivered", "verkoopdatum", "factuurdatum", "fechapedido", "fecha", "dataordine", "txndate", "txndt", "trxdate", "trxdt", "transdate", "transdt", "trandate", "orderdt", "invoicedt", "salesdt", "businessdate", "postingdate", "docdate", "fkdat", "budat", "bldat", "audat", "arrival", "arrivaldate", "ankomst", "ankomstdatum", "checkin", "checkindate", "starttid", "starttime"), required=True),
    Field("amount", "money", "Belopp", "Amount", ("amount", "belopp", "nettobelopp", "netto", "net", "netamount", "netsales", "salesvalue", "sales", "forsaljning", "omsattning", "revenue", "radbelopp", "radpris", "lineamount", "linetotal", "itemtotal", "itemsubtotal", "lineitemtotal", "lineitemamount", "total", "totalt", "totalamount", "totalbelopp", "summa", "sum", "value", "varde", "ordervarde", "ordervalue", "beloppinklmoms", "beloppexklmoms", "beloppsek", "beloppkr", "amountsek", "totalprice", "ordertotal", "kopbelopp", "kr", "sek", "intakt", "spend", "gavobelopp", "gava", "price_total", "subtotal", "bruttobelopp", "brutto", "gross", "belop", "betrag", "belob", "umsatz", "nettovarde", "radsumma", "radtotal", "netsalesamount", "ordersumma", "ordertotalamount", "kopsumma", "forsaljningkr", "paidamount", "totalpaid", "betalt", "lineprice", "radvarde", "rowtotal", "nettobetrag", "bruttobetrag", "gesamtbetrag", "rechnungsbetrag", "betragchf", "betrageur", "bestellwert", "loppusumma", "yhteensa", "verotonsumma", "nettosumma", "amt", "txnamt", "trxamt", "transamt", "salesamt", "netamt", "grossamt", "txnamount", "netsalesamt", "extendedprice", "extendedamount", "montant", "montantttc", "montantht", "totalttc", "totalht", "prixtotal", "bedrag", "importe", "importo", "grandtotal", "grandtotalbase", "totalpris", "totalrevenue", "roomrevenue", "grandtotalpurchased", "ursprungligtbelopp", "originalamount", "originalbelopp", "purchaserevenue", "totalsumma", "summaattbetala", "attbetala", "amountpaid", "invoiceamount", "fakturabelopp", "fakturerat", "salesamountactual", "nettoomsattning", "totalvalue", "ordertotalvalue", "moneytotalgrossall", "moneytotalnetall", "moneytotalgross", "moneytotalnet", "sumofamount", "summaavbelopp", "summaforbelopp", "slutpris", "exklmoms", "exmoms", "utanmoms", "exclvat", "exvat", "exclusivevat", "extax", "netwr", "attbetalainklmoms"), required=True),
    Field("unit_price", "price", "Pris per styck", "Unit price", ("unitprice", "price", "pris", "apris", "styckpris", "prisperst", "listpris", "salesprice", "enhetspris", "prisst", "itemprice", "einzelpreis", "stuckpreis", "stkpris", "prixunitaire", "prixunit", "yksikkohinta", "stukprijs")),
    Field("currency", "text", "Valuta", "Currency", ("currency", "valuta", "currencycode", "currencyofvalue", "valutakod", "wahrung", "valuutta", "curr", "ccy", "currencyisocode", "isocurrency", "valkod", "waerk", "waers")),
    Field("vat", "text", "Moms", "VAT", ("vat", "moms", "momsstatus", "vatincluded")),
    Field("status", "text", "Status", "Status", ("status", "orderstatus", "orderstate", "typ", "transaktionstyp", "transactiontype", "kvittotyp", "betalstatus", "type", "radtyp", "salestatus", "saletype", "paymentstatus", "betalningsstatus", "financialstatus", "fakturatyp", "dokumenttyp", "doctype", "documenttype", "forsaljningstyp", "makulerad", "makulerat", "annullerad", "cancelled", "canceled", "voided", "void", "avbokad", "struken", "cancelledat", "canceledat", "makuleringsdatum", "retur", "isreturn", "belegart", "belegtyp", "dokumentart", "tyyppi", "tila", "bilagstype", "fakturatype", "rechnungsart", "trantype", "txntype", "transtype", "linetype", "rowtype", "stage", "dealstage", "salesstage", "opportunitystage", "affarsfas", "affarsstatus", "resvstatus", "reservationstatus", "bestellstatus", "auftragsstatus", "ordrestatus", "statut")),
    _customer_id(required=False),
    Field("order_id", "id", "Ordernummer", "Order number", ("orderid", "ordernr", "ordernummer", "orderno", "ordernumber", "invoice", "invoiceno", "invoiceid", "fakturanr", "fakturanummer", "kvittonr", "kvittonummer", "kvitto", "kvittoid", "receiptid", "receiptno", "receipt", "basketid", "transactionid", "transaktionsid", "transaktionsnr", "bongnr", "bong", "kopid", "order", "invoicenumber", "verifikation", "salesid", "bokningsnr", "bokningsnummer", "bokningsid", "bookingid", "bookingnumber", "id", "faktnr", "faktnummer", "bestnr", "bestallningsnr", "bestallningsnummer", "receiptnumber", "saleid", "salenumber", "shortorderid", "tilausnumero", "rechnungsnummer", "auftragsnummer", "bestellnummer", "idorder", "dokumentnr", "dokumentnummer", "documentno", "documentnumber", "vbeln", "belnr", "orderreference", "orderref", "orderreferens")),
    Field("quantity", "number", "Antal", "Quantity", ("quantity", "antal", "qty", "kvantitet", "units", "antalvaror", "st", "cds", "items", "volym", "antalst", "numitems", "ant", "antalbiljetter", "antalplatser", "antalenheter", "antalartiklar", "antalprodukter", "antalstycken", "antalexemplar", "lineitemquantity", "menge", "anzahl", "stuckzahl", "maara", "quantite", "qte", "aantal", "antall", "cantidad", "quantita", "lineitemqty", "fkimg", "kwmeng")),
    Field("article_id", "id", "Artikelnummer", "Article number", ("articleid", "artikelnr", "artikelnummer", "artnr", "stockcode", "sku", "productid", "produktid", "itemid", "ean", "itemno", "varunr", "varunummer", "productcode", "produktnr", "artikelid", "upc", "material", "materialnr", "itemnumber", "lineitemsku", "artnummer", "varukod", "plu", "gtin", "streckkod", "barcode", "matnr")),
    Field("article", "text", "Artikel", "Article", ("article", "artikel", "benamning", "artikelbenamning", "description", "productname", "produktnamn", "product", "produkt", "itemname", "artikelnamn", "vara", "varubenamning", "beskrivning", "item", "itemdescription", "lineitemname", "varunamn", "artikeltext")),
    Field("category", "text", "Varugrupp", "Category", ("category", "kategori", "varugrupp", "productgroup", "produktgrupp", "department", "avdelning", "productcategory", "produktkategori", "huvudgrupp", "sortiment", "categoryname", "artikelgrupp")),
    Field("brand", "text", "Varumärke", "Brand", ("brand", "varumarke", "marke", "manufacturer", "leverantor")),
    Field("store", "text", "Butik", "Store", ("store", "butik", "storeid", "butiksnr", "butikid", "butiksnamn", "storename", "shop", "outlet", "forsaljningsstalle", "filial", "branch", "location", "kassa", "butiksid", "anlaggning", "hotell", "inkopsstalle", "inkopsbutik", "kopbutik", "salong", "restaurang", "varuhus", "station", "stationsnr", "destination")),
    Field("channel", "text", "Kanal", "Channel", ("channel", "kanal", "saleschannel", "forsaljningskanal", "kopkanal", "orderkanal", "saljkanal", "orderchannel", "kopstalle")),
    Field("discount", "money", "Rabatt", "Discount", ("discount", "rabatt", "rabattbelopp", "discountamount", "retaildisc", "avdrag", "rabattkr")),
    Field("cost", "money", "Varukostnad", "Cost of goods", ("cost", "kostnad", "varukostnad", "inkopspris", "cogs", "sjalvkostnad", "inpris", "costofgoods", "inkopskostnad", "purchasecost")),
    Field("margin", "money", "Täckningsbidrag (TB)", "Margin", ("margin", "tb", "tackningsbidrag", "marginal", "bruttovinst", "grossprofit", "profit", "contribution", "tb1", "tbkr", "vinst", "grossmargin", "tackningsbidragkr")),
    Field("bonus_used", "money", "Använd bonus", "Bonus used", ("bonusused", "bonus", "utnyttjadbonus", "poangrabatt", "bonuscheck", "inlostbonus", "anvandbonus")),
    Field("device", "text", "Enhet", "Device", ("device", "enhet", "devicetype", "plattform", "platform")),
    Field("delivery", "text", "Leveranssätt", "Delivery", ("delivery", "leverans", "leveranssatt", "shippingmethod", "deliverymethod", "fraktsatt")),
    Field("link", "text", "Länk i kedjan", "Link in the chain", ("link", "aterforsaljare", "reseller", "hantverkare", "craftsman", "partner", "dealer")),
    Field("campaign_id", "id", "Kampanj", "Campaign", ("campaignid", "kampanj", "campaign", "kampanjkod", "campaigncode", "kampanjid", "kampanjnr")),
))  # fmt: skip

ASSIGNMENTS = Table("assignments", "Testgrupper", "Test assignments", (
    _customer_id(),
    Field("arm", "text", "Testgrupp", "Arm", ("arm", "grupp", "testgrupp", "group", "variant", "testgroup", "cell", "treatment", "behandling", "urvalsgrupp", "ab", "abgroup", "testcell", "variation", "testvariant", "gruppe", "testgruppe", "ryhma", "testiryhma"), required=True),
    Field("test", "text", "Test", "Test", ("test", "testnamn", "experiment", "testname", "testid", "experimentid", "kampanj", "campaign", "campaignid", "utskick", "campaignname", "kampanjnamn", "utskicksnamn", "mailing")),
    Field("assigned_on", "date", "Tilldelad", "Assigned on", ("assignedon", "assigned", "assignmentdate", "tilldelad", "tilldelningsdatum", "utskicksdatum", "skickad", "sentdate", "senddate", "datum", "date", "skickdatum", "lottad", "lottningsdatum", "startdatum", "sentat", "avsant", "avsand", "avsandningsdatum", "sendtime", "senton", "utskickstid", "sent", "skickat", "skickades", "mailingdate", "startdate", "utskicksdag", "postningsdatum", "dato", "paivamaara", "tildelt", "tildelingsdato", "sendtdato", "versanddatum", "lahetyspaiva", "afsendt"), required=True),
    Field("channel", "text", "Kanal", "Channel", ("channel", "kanal", "utskickskanal", "medium")),
    Field("contact_cost", "price", "Kontaktkostnad", "Contact cost", ("contactcost", "kontaktkostnad", "kostnad", "cost", "costpercontact", "kostnadperkontakt", "kostnadkontakt", "unitcost", "styckkostnad")),
    Field("is_control", "flag", "Kontrollgrupp", "Is control", ("iscontrol", "kontroll", "control", "kontrollgrupp", "holdout", "controlgroup", "arkontroll", "hallgrupp", "holdgroup", "holdoutgroup", "hallesutanfor", "kontrollgruppe", "kontrolgruppe", "kontrolliryhma")),
    Field("delivered", "flag", "Levererad", "Delivered", ("delivered", "levererad", "levererat", "framkommen", "levererades", "framme")),
    Field("opened", "flag", "Öppnad", "Opened", ("opened", "oppnad", "oppnat", "open", "opens", "oppningar", "oppnade", "oppning", "oppnadtid", "firstopen", "opentime", "apnet", "abnet", "geoffnet", "avattu")),
    Field("clicked", "flag", "Klickad", "Clicked", ("clicked", "klickad", "klickat", "click", "klick", "clicks", "klickningar", "klickade", "klickadtid", "clicktime", "klikket", "geklickt", "klikattu")),
))  # fmt: skip

ANSWERS = Table("answers", "NPS-svar", "NPS answers", (
    _customer_id(more=("referenceid", "reference")),
    Field("score", "score", "Betyg", "Score", ("score", "betyg", "nps", "npsbetyg", "npsscore", "npspoang", "rekommendation", "rekommendera", "likelihoodtorecommend", "svar", "answer", "rating", "poang", "omdome", "npssvar", "hursannoliktattdurekommenderar", "stjarnor", "stars", "starrating", "stjarnbetyg", "antalstjarnor", "reviewrating", "reviewscore", "reviewstars", "satisfactionscore", "csat", "csatscore", "bewertung", "npsbewertung", "karakter", "npskarakter", "poengsum", "npspoengsum", "npspoeng", "vurdering", "npsvurdering", "pisteet", "npspisteet", "arvosana", "npsarvosana", "punktzahl"), required=True),
    Field("answered_on", "date", "Svarsdatum", "Answered on", ("answeredon", "answered", "svarsdatum", "besvarad", "responsedate", "datum", "date", "surveydate", "enkatdatum", "answeredat", "submittedat", "tidpunkt", "inskickad", "svarstid", "timestamp", "tidsstampel", "svarat", "svarade", "svaratden", "completed", "completedat", "datecompleted", "recordeddate", "submitdate", "submittime", "submitted", "slutford", "slutforddatum", "avslutad", "enddate", "inskickat", "reviewdate", "reviewedat", "reviewedon", "recensionsdatum", "omdomesdatum", "antwortdatum", "vastauspaiva", "svardato", "svarsdato", "datereponse", "datedereponse", "ratedat", "reviewcreatedutc", "reviewcreated", "fullfort", "fuldfort", "fullforttidspunkt", "besvart", "besvaret", "abgeschlossen", "vastattu", "dato", "paivamaara", "besvarelsesdato", "beantwortetam", "vastauspaivamaara"), required=True),
    Field("comment", "text", "Kommentar", "Comment", ("comment", "kommentar", "fritext", "verbatim", "motivering", "fritextsvar", "feedback", "comments", "varfor", "openended", "openendedresponse", "fritextkommentar", "npskommentar", "npscomment", "kommentti", "kommentarer", "begrundelse", "begrunnelse", "anmerkung", "bemerkung", "perustelu", "palaute"), personal="free_text"),
    Field("touchpoint", "text", "Kontaktpunkt", "Touchpoint", ("touchpoint", "kontaktpunkt", "motespunkt", "enkattyp", "surveytype", "survey", "enkat")),
    Field("wave", "text", "Våg", "Wave", ("wave", "vag", "matning", "omgang", "matomgang", "surveywave")),
))  # fmt: skip

CONTACTS = Table("contacts", "Utskick", "Contacts", (
    _customer_id(),
    Field("sent_at", "datetime", "Skickat", "Sent at", ("sentat", "memberfirstassociateddate", "sent", "skickat", "skickad", "sentdate", "utskicksdatum", "senddate", "datum", "date", "skickdatum", "avsant", "avsand", "sendtime", "senton", "utskickstid", "skickades", "utskicksdag", "postningsdatum", "dato", "paivamaara", "sendt", "sendtdato", "utsendt", "utsendelsesdato", "udsendt", "udsendelsesdato", "afsendt", "afsendelsesdato", "versanddatum", "versandt", "versendetam", "gesendet", "gesendetam", "lahetyspaiva", "lahetyspaivamaara", "lahetetty", "lahetysaika"), required=True),
    Field("channel", "text", "Kanal", "Channel", ("channel", "kanal", "medium", "utskickskanal", "kanava")),
    Field("message_type", "text", "Meddelandetyp", "Message type", ("messagetype", "meddelandetyp", "utskickstyp", "typ", "type", "template", "mall")),
    Field("campaign_id", "id", "Kampanj", "Campaign", ("campaignid", "kampanj", "campaign", "kampanjkod", "kampanjid", "utskick", "mailing", "campaignname", "kampanjnamn", "utskicksnamn", "kampanje", "kampanjenavn", "kampagne", "kampagnenavn", "kampagnenname", "kampanja", "kampanjannimi")),
    Field("category", "text", "Varugrupp", "Category", ("category", "kategori", "varugrupp")),
    Field("opened", "flag", "Öppnad", "Opened", ("opened", "oppnad", "oppnat", "open", "oppning", "opens", "oppningar", "oppnade", "opentime", "apnet", "apninger", "abnet", "abninger", "geoffnet", "offnungen", "avattu", "avaukset")),
    Field("clicked", "flag", "Klickad", "Clicked", ("clicked", "klickad", "klickat", "click", "klick", "clicks", "klickningar", "klickade", "clicktime", "klikket", "klikk", "klik", "geklickt", "klicks", "klikattu", "klikkaukset")),
    Field("opted_out", "flag", "Avregistrerad", "Opted out", ("optedout", "avregistrerad", "unsubscribed", "optout", "avanmald", "avregistrering", "optouts", "unsubscribes", "avmeldt", "afmeldt", "frameldt", "abgemeldet", "abmeldung")),
    Field("contact_cost", "price", "Kontaktkostnad", "Contact cost", ("contactcost", "kontaktkostnad", "kostnad", "cost")),
))  # fmt: skip

REWARDS = Table("rewards", "Förmåner", "Rewards", (
    _customer_id(),
    Field("given_on", "date", "Given", "Given on", ("givenon", "given", "assignedat", "assignedon", "awardedat", "grantedat", "earnedat", "utdelad", "utgivningsdatum", "issuedon", "issued", "utfardad", "issuedat", "datum", "date", "utskickad", "utskickat", "skickad", "skickat", "sentat", "tilldelad", "utstalld", "utstalldden", "utgiven", "delad", "awardedon"), required=True),
    Field("kind", "text", "Slag", "Kind", ("kind", "slag", "formanstyp", "rewardtype", "typ", "type", "forman", "couponupc", "kupong", "checktyp", "reward", "voucher")),
    Field("value", "money", "Värde", "Value", ("value", "varde", "belopp", "amount", "checkbelopp", "rewardvalue", "kupongvarde", "checkvarde", "checkensvarde", "bonusvarde", "bonusbelopp", "kupongbelopp", "presentkortsvarde", "vouchervalue")),
    Field("redeemed_on", "date", "Inlöst", "Redeemed on", ("redeemedon", "redeemed", "inlost", "inlosendatum", "anvand", "redemptiondate", "utnyttjad", "inlostdatum", "uttagen")),
    Field("store", "text", "Butik", "Store", ("store", "butik", "storeid", "butiksnr")),
))  # fmt: skip

EVENTS = Table("events", "Händelser", "Events", (
    _customer_id(),
    Field("at", "datetime", "Tidpunkt", "Time", ("at", "tidpunkt", "time", "timestamp", "eventtime", "eventdate", "handelsetid", "datum", "date", "ts", "datetime", "datumtid"), required=True),
    Field("kind", "text", "Händelse", "Event", ("kind", "handelse", "event", "eventtype", "eventname", "handelsetyp", "aktivitet", "activity", "type", "typ"), required=True),
    Field("step", "text", "Steg", "Step", ("step", "steg", "fas", "stage", "phase")),
    Field("channel", "text", "Kanal", "Channel", ("channel", "kanal")),
    Field("value", "number", "Värde", "Value", ("value", "varde", "poang", "points")),
))  # fmt: skip

AGREEMENTS = Table("agreements", "Avtal", "Agreements", (
    _customer_id(more=("accountcode",)),
    Field("started_on", "date", "Startade", "Started on", ("startedon", "started", "startedat", "startdatum", "startdate", "start", "avtalsstart", "fromdatum", "validfrom", "prenumerationsstart", "tecknad", "tecknat", "tecknades", "teckningsdatum", "activatedat", "subscribedat", "startdag", "franochmed", "gallerfran", "giltigfrom", "giltigfran", "giltigtfran", "giltigtfrom", "from", "aktiverad", "aktiveringsdatum", "driftsatt"), required=True),
    Field("ended_on", "date", "Upphörde", "Ended on", ("endedon", "ended", "slutdatum", "enddate", "slut", "avslutad", "upphorde", "avtalsslut", "tomdatum", "validto", "prenumerationsslut", "endedat", "cancelledat", "canceledat", "uppsagd", "uppsagningsdatum", "avslutsdatum", "sistadag", "canceldate", "cancellationdate", "churndate", "upphor", "giltigtom", "stoppdag", "stoppdatum", "stopdate", "stopp", "utgar", "utlopsdatum", "sistadatum", "tillochmed", "galltill", "gallertill", "giltigtill", "giltigttill", "giltigttom", "tom")),
    Field("bound_until", "date", "Bunden till", "Bound until", ("bounduntil", "bundentill", "bundentom", "bundettill", "bundettom", "bundentillochmed", "bindningstid", "bindningstidtom", "bindningsdatum", "minimumterm")),
    Field("plan", "text", "Avtalsform", "Plan", ("plan", "avtal", "avtalsform", "abonnemang", "prenumeration", "subscription", "produkt", "agreement", "plannamn", "tjanst", "medlemskap", "korttyp", "avtalstyp", "abonnemangstyp", "prenumerationsform")),
    Field("fee", "money", "Avgift", "Fee", ("fee", "avgift", "manadsavgift", "pris", "price", "monthlyfee", "belopp", "mrr", "manadspris", "manadskostnad", "manadsbelopp", "monthlyprice", "recurringamount", "arsavgift", "premie", "arspremie", "manadspremie", "medlemsavgift", "prispermanad", "avgiftpermanad", "kostnadpermanad", "manadshyra", "hyra", "hyraman", "hyrapermanad", "hyramanad", "hyrakr", "monthlyrent", "unitamount", "planamount", "planunitprice", "prismanad", "avgiftmanad", "prisman", "avgiftman", "pricepermonth")),
))  # fmt: skip

IDENTITIES = Table("identities", "Andra id", "Identities", (
    _customer_id(),
    Field("other_id", "id", "Annat id", "Other id", ("otherid", "annatid", "aliasid", "alias", "externtid", "externalid", "webid", "kortnr", "sourceid", "gammaltid", "oldid", "otherids", "gammaltkundnr", "gammaltkundid", "gammaltkundnummer", "tidigarekundnr", "oldcustomerid", "previousid", "formerid", "webbid", "webbkundnr", "onlineid", "appid", "externkundnr", "externtkundnr", "cookieid"), required=True, personal="id"),
    Field("kind", "text", "Slag av id", "Kind of id", ("kind", "slag", "idtyp", "idtype", "kalla", "system", "typ")),
))  # fmt: skip

TABLES: dict[str, Table] = {
    table.name: table
    for table in (CUSTOMERS, TRANSACTIONS, ASSIGNMENTS, ANSWERS, CONTACTS, REWARDS, EVENTS, AGREEMENTS, IDENTITIES)
}
