"""The rules of the séance: their articles, one French sentence each, and what the register does about them.

Kinds: C computed, E enforced (a refusal), W warned (goes on, flagged in the register), L logged. A refusal and a flag both name
their rule here, so that a page can say the article in plain French. « Règle de l'outil » is said of a choice of ours that no text
imposes. Articles are those of the code général des collectivités territoriales unless said otherwise.
"""

from collections.abc import Mapping

import msgspec

from regie.errors import Fact, Refusal


class Rule(msgspec.Struct, frozen=True):
    """One rule: its id, its article, what it says to a clerk, and its kinds (letters of C, E, W, L)."""

    id: str
    kinds: str
    article: str
    sentence: str

    def cited(self, since_2022: bool) -> str:
        """The article to name. Since August 2022 the articles of the 2020 decree hold only through the house rules."""
        return _SINCE_2022.get(self.id, self.article) if since_2022 else self.article


_HOUSE = "L.5211-11-1, règlement intérieur"
_SINCE_2022 = {
    "CV8": "L.5211-11-1",
    "CV9": "règlement intérieur",
    "TC2": "L.5211-11-1",
    "TC6": "L.5211-11-1",
    **dict.fromkeys(("TC1", "TC3", "TC4", "TC5", "TC7", "TC10"), _HOUSE),
}

_TABLE = """
# Convocation
CV1 | CE | L.2121-12 | La convocation part cinq jours francs avant la séance, avec la note de synthèse.
CV2 | E | L.5211-1 | Un EPCI convoque toujours à cinq jours francs, avec la note de synthèse.
CV3 | CE | L.2121-11 | Sous 3 500 habitants, la convocation part trois jours francs avant la séance.
CV4 | E | L.2121-11 et L.2121-12 | En urgence il reste un jour franc au moins, et le conseil se prononce d'abord sur l'urgence.
CV5 | C | L.2121-7 et L.5211-8 | L'installation : trois jours francs en commune, cinq en EPCI.
CV6 | LW | L.2121-10 | Chaque conseiller reçoit la convocation avec ordre du jour, date, heure et lieu.
CV7 | LW | CE 9 mars 2007 n° 290687 | Une question ajoutée hors délai ne peut pas être mise au vote.
CV8 | E | R.5211-2 et L.5211-11-1 | La réunion en plusieurs lieux doit figurer sur la convocation envoyée.
CV9 | LW | R.5211-2 | La convocation est affichée au siège, sur le site et dans chaque salle désignée.
CV10 | CLW | L.5211-40-2 | Les conseillers non communautaires reçoivent liste et procès-verbal sous un mois.
CV11 | WE | L.5211-11-1 | Au moins une réunion par semestre se tient en un seul lieu.
# Quorum
QU1 | C | L.2121-17 | Le quorum est de plus de la moitié des membres en exercice.
QU2 | CL | L.2121-17 | Les sièges vacants ne comptent pas parmi les membres en exercice.
QU3 | E | L.2121-17 | Les absents représentés ne comptent pas dans le quorum.
QU4 | CE | L.2121-17 | Le quorum doit être atteint à l'ouverture, à la reprise et à l'appel de chaque point.
QU5 | C | L.2121-17 | Un présent sorti avant le vote est réputé s'abstenir, hors du décompte.
QU6 | L | CAA Nantes 11 mars 2003 n° 00NT00977 | La séance peut continuer dès que le quorum est retrouvé.
QU7 | CE | L.2121-17 al. 2 | La seconde convocation laisse trois jours francs au moins avant la séance.
QU8 | E | L.2121-17 al. 2 | La dispense de quorum ne vaut que pour les questions déjà inscrites la première fois.
QU9 | E | L.2121-17 al. 2 | Une convocation d'urgence n'est pas une seconde convocation : le quorum y est exigé.
QU10 | CE | L.2131-11 | Les conseillers intéressés ne comptent pas parmi les présents du point.
QU11 | CW | L.2131-11 et L.1111-6 II | Les représentants visés ne comptent ni en exercice ni présents pour ce point.
QU12 | C | L.2121-14, CE 22 mai 1986 | L'ordonnateur ne compte pas dans le quorum du vote de son compte.
QU13 | C | RM n° 10690, 14 mars 1994 | Refuser de prendre part au vote n'ôte rien au quorum.
QU14 | CE | L.5211-11-1 | Le quorum additionne les salles ; une personne n'est que dans une seule salle.
QU15 | CEL | L.5211-6 | Le suppléant siège si le titulaire absent en a avisé ; un siège n'a qu'une voix.
QU16 | W | L.5211-6, RM n° 16075 | Sans avis du titulaire, le suppléant assiste sans prendre part au vote.
# Pouvoirs
PR1 | E | L.2121-20 | Le pouvoir est écrit, signé, daté, et désigne le mandataire et la séance.
PR2 | E | RM n° 1540 | L'auteur d'un pouvoir envoyé par courriel doit être authentifié avec certitude.
PR3 | E | L.2121-20 | Un conseiller ne peut porter davantage de pouvoirs : le premier reçu est gardé.
PR4 | E | L.2121-20 | Un pouvoir est révocable à tout moment ; il ne peut plus servir.
PR5 | CEW | L.2121-20 | Sauf maladie constatée, un pouvoir ne vaut pas plus de trois séances consécutives.
PR6 | C | L.2121-20 | Le mandant présent vote lui-même : son pouvoir cesse à son arrivée.
PR7 | CW | L.2121-20 | Le mandataire sorti ne vote plus : le pouvoir qu'il porte est suspendu.
PR8 | E | L.2121-20 | Un pouvoir reçu ne se transmet pas : le mandataire doit être présent lui-même.
PR9 | CE | L.2121-20, règlement intérieur | Le règlement intérieur dit si un pouvoir peut être remis en séance.
PR10 | E | L.2121-20 | Le porteur exprime deux votes distincts : le sien et celui du mandant.
PR11 | C | L.2121-20 | Le mandataire n'est lié par aucune consigne.
PR12 | C | L.2121-21 et L.2121-18 | Le quart et le tiers se comptent sur les présents, sans les pouvoirs.
PR13 | C | L.2131-11 | Un élu intéressé ne vote ni lui-même, ni par pouvoir, ni pour autrui.
PR14 | C | L.2121-20 | Un pouvoir ne vaut à la seconde séance que s'il la vise.
PR15 | CW | CE 10 mars 1976 n° 88946 | Le résultat dépend de pouvoirs contestés.
PR16 | L | L.2121-20 | Le procès-verbal nomme le mandant et la date du pouvoir.
Q25 | E | L.5211-6 | Un pouvoir ne se donne qu'entre titulaires, jamais à un suppléant ni par lui.
# Votes
VO1 | C | L.2121-20 | La majorité absolue se compte sur les suffrages exprimés.
VO2 | CE | L.2121-20 | Pour, contre, abstentions, refus, blancs et nuls doivent faire le nombre des votants.
VO3 | CE | L.2121-21 | Le scrutin public, demandé par le quart des présents, veut le nom et le sens de chaque vote.
VO4 | C | L.2121-21 1° | Le scrutin est secret si le tiers des présents le réclame.
VO5 | E | L.2121-21, CE 15 mai 1908 Souet | Demandes concurrentes : le scrutin secret l'emporte.
VO6 | E | L.2121-21 | Le scrutin secret veut une demande du tiers pour ce vote, ou une nomination.
VO7 | CE | L.2121-20 al. 3 | À égalité, la voix du président de séance est prépondérante, sauf scrutin secret.
VO8 | W | L.2121-20 al. 3 | Le président n'ayant pas exprimé de vote, l'égalité n'est pas départagée : non adopté.
VO9 | CE | L.2121-20 al. 3 | Au scrutin secret l'égalité vaut rejet, et nul vote n'est rattaché à un nom.
VO10 | CW | L.2121-20 | Aucun suffrage exprimé : il n'y a pas de majorité, non adopté.
VO11 | E | L.2121-21 2° | Une nomination se vote au scrutin secret, sauf décision unanime contraire.
VO12 | CE | L.2121-21 2° | Majorité absolue aux deux premiers tours, relative au troisième ; à égalité le plus âgé.
VO13 | E | L.2121-21 al. 6 | Une seule candidature après appel : la nomination prend effet, lecture en est donnée.
VO14 | E | CE 5 juillet 2021 n° 433537 | Le conseil se prononce sur chaque projet ; un vote groupé veut l'accord de tous.
VO15 | EC | L.2121-14 et L.1612-12 | Au vote de son compte l'ordonnateur se retire et ne préside pas.
VO16 | C | textes spéciaux | Certains votes demandent une majorité qualifiée.
VO17 | E | L.2121-20 | Le vote est acquis à la proclamation : ensuite, un nouveau vote seulement.
VO18 | E | L.5211-11-1 | À distance, le scrutin est public, par appel nominal ou vote électronique.
VO19 | C | L.2121-33 | Les délégués dans les organismes extérieurs sont désignés comme les nominations.
VO20 | LE | L.2121-14 | Le président de séance préside chaque point ; intéressé ou absent, il est remplacé.
# Déports
DP1 | W | L.2131-11 | Un conseiller intéressé qui prend part au vote rend la délibération illégale.
DP2 | LE | L.2131-11 | L'élu intéressé s'abstient de débattre et de voter ; il est prudent qu'il sorte.
DP3 | C | L.1111-6 I | Le représentant de la collectivité n'est pas intéressé du seul fait de cette désignation.
DP4 | C | L.1111-6 II | Contrat, garantie ou aide à l'organisme : son représentant ne participe pas.
DP5 | C | L.2131-11 | Deux calculs de quorum : l'intéressé reste en exercice, le représentant n'y compte plus.
# Publicité et huis clos
HC0 | E | L.2121-7 et L.5211-11 | Le conseil se réunit à la mairie, au siège ou en un lieu régulièrement choisi.
HC1 | C | L.2121-18 | Les séances sont publiques et peuvent être retransmises.
HC2 | CE | L.2121-18 | Le huis clos veut trois membres ou le maire, sans débat, et la majorité des voix présentes ou représentées.
HC3 | E | L.5211-11 | Dans un EPCI, le huis clos veut la demande de cinq membres ou du président.
HC4 | E | règle de l'outil | À huis clos, chaque salle confirme que le public est sorti avant que l'on débatte.
HC5 | L | CE 27 avril 1994 Rancé n° 145597 | Le procès-verbal mentionne les questions traitées à huis clos.
HC6 | W | CE 19 mai 2004 Vincly n° 248577 | Le motif du huis clos doit pouvoir être dit.
HC7 | L | CAA Bordeaux 24 juin 2003 n° 99BX01857 | Presse et public peuvent enregistrer sans trouble.
HC8 | L | L.2121-16 | Le président de séance a seul la police de l'assemblée.
# Plusieurs lieux
TC1 | E | R.5211-2 al. 1 | Une salle ne s'ouvre que si une délibération l'a désignée.
TC2 | E | L.5211-11-1 | Chaque salle admet le public et la séance est diffusée en direct sur le site.
TC3 | EL | R.5211-2 al. 3 et L.5211-11-1 | Le son seul ne vaut qu'à défaut d'image, et plus depuis août 2022.
TC4 | EW | R.5211-2 al. 3 | Un agent tient chaque salle pendant toute la séance.
TC5 | W | R.5211-2 al. 4 | L'agent de la salle est désigné par un acte ; l'employeur et la convention sont connus.
TC6 | E | R.5211-2 al. 5 et L.5211-11-1 | Le règlement intérieur fixe d'abord les modalités de la réunion à distance.
TC7 | E | R.5211-2-1 | La séance commence quand tous les conseillers, dans leurs salles, ont un accès effectif.
TC8 | E | L.5211-11-1 | Ce point ne peut pas être traité en plusieurs lieux.
TC9 | E | L.5211-11-1 | En plusieurs lieux, tout vote a lieu au scrutin public.
TC10 | CE | R.5211-2-2 | Le vote secret demandé à distance reporte le point à une séance en un seul lieu.
TC11 | E | L.2121-21 et L.5211-11-1 | Une nomination à distance veut l'unanimité pour renoncer au secret.
TC12 | E | L.5211-11-1 | Le conseil municipal et le bureau ne se réunissent pas en plusieurs lieux.
Q12 | W | L.5211-11-1 | Le budget primitif est exclu à distance : pour un autre acte budgétaire, un seul lieu est plus sûr.
Q21 | W | L.5211-11-1 | Le président siège dans une salle distante : si elle est coupée, la séance ne peut qu'être levée.
TC13 | C | loi n° 2020-1379 art. 6 | La première séance à distance délibère sur l'identification et le scrutin.
# Liaisons perdues
TL1 | L | règle de l'outil | Liaison perdue avec une salle : la parole est gelée.
TL2 | E | règle de l'outil | Une salle manque : on ne délibère pas sans elle, le président suspend.
TL3 | L | règle de l'outil | Liaison perdue pendant un vote : il est annulé et repris en entier.
TL4 | C | règle de l'outil | Liaison perdue après la proclamation : le résultat demeure.
TL5 | E | règle de l'outil | Au retour d'une salle, on en fait l'appel avant de reprendre.
TL6 | EW | règle de l'outil | Reprendre sans une salle expose à un recours : motif, délai et quorum sont exigés.
TL7 | E | règle de l'outil | Une salle manque : le vote ne peut pas s'ouvrir.
TL8 | E | règle de l'outil | Une image figée ne vaut départ qu'après une minute, sur déclaration de l'agent.
TL9 | W | L.5211-11-1 | La diffusion en direct est interrompue alors qu'elle est obligatoire.
TL10 | E | règle de l'outil | La salle du président est perdue : son suppléant ne peut que lever la séance.
# Procès-verbal
PV1 | E | L.2121-15 | Le secrétaire de séance est un membre présent du conseil.
PV2 | E | L.2121-15 | Le procès-verbal comporte toutes ses mentions obligatoires.
PV3 | EW | L.2121-15 | Le procès-verbal est arrêté au commencement de la séance suivante, puis signé.
PV4 | CW | L.2121-15 | Le procès-verbal est publié dans la semaine qui suit la séance où il est arrêté.
PV5 | L | L.2121-15 | L'original est conservé dans des conditions qui assurent sa pérennité.
PV6 | C | L.2121-25 | La liste des délibérations examinées paraît dans la semaine.
PV7 | C | L.2121-23 et R.2121-9 | Les délibérations sont numérotées sans trou, dans l'ordre.
PV8 | L | L.2121-26 et R.2131-1 | Procès-verbaux et délibérations sont communicables à toute personne.
# Autres
RG1 | E | régimes d'exception | Un régime de crise veut une date de son temps, ou la base légale qui le rétablit.
AC1 | EW | loi n° 2005-102 art. 47 | Une rediffusion n'est dite accessible qu'avec sous-titres relus et transcription.
AC2 | C | RGAA 4 | Sous-titres, transcription, clavier, pas de lecture automatique.
AC3 | L | L.2121-21 | Un conseiller infirme peut se faire assister pour voter.
SE1 | C | décret n° 2010-112 | Le système est homologué, ses journaux sont scellés.
SE2 | C | RGS | La télétransmission garde ses certificats hors de l'outil.
SE3 | C | guides ANSSI et CNIL | Échanges chiffrés, aucun traceur de tiers.
SE4 | C | règle de l'outil | Le vote secret se fait sur papier ; l'outil ne fait que compter.
P1 | W | RGPD art. 13 | Les personnes filmées sont informées avant la diffusion, par une affiche à chaque porte.
P2 | L | L.2121-18 | Les élus en séance ne peuvent pas s'opposer à l'enregistrement.
P3 | L | RGPD art. 21 | Le public et les agents peuvent s'opposer à être filmés.
P4 | L | L.2121-15 | Le secrétaire élu n'est filmé que s'il parle, l'agent auxiliaire jamais.
P5 | L | règle de l'outil | Le fonctionnaire assis près du président peut être masqué.
P6 | W | CNIL | Un point nominatif ou sensible est signalé d'avance.
P7 | L | RGPD art. 5, C. patrimoine L.212-2 | Chaque durée de conservation est fixée ; rien n'est détruit sans visa.
P8 | L | CRPA L.311-1 | Les enregistrements conservés sont communicables une fois le procès-verbal arrêté.
P9 | L | RGPD art. 32 | L'accès est réservé aux personnes habilitées, et les lectures sont tracées.
P10 | L | RGPD art. 30 | Le traitement est inscrit au registre.
P11 | L | RGPD art. 28 | Le relais vers des plateformes tierces est coupé par défaut.
P12 | L | RGPD art. 5 | Les dates de naissance ne servent qu'à départager une élection.
P13 | L | L.2121-18 | Rien n'est capté pour le public pendant le huis clos.
P14 | E | règle de l'outil | Nul lien entre un votant et un vote secret n'est conservé.
P15 | L | RGPD art. 9 | Seuls les noms des scrutins publics sont publiés.
P16 | L | CRPA L.312-1-2 | Les données privées sont occultées avant la mise en ligne.
"""
"""One rule a line: id | kinds | article | sentence.

P1 warns and refuses nothing: a live broadcast that the law wants (L.5211-11-1) does not stop for a box that was not ticked. The
check before the séance stays red, the register keeps the warning.
"""


def _read(table: str) -> Mapping[str, Rule]:
    lines = (line.split(" | ") for line in table.strip().splitlines() if not line.startswith("#"))
    rules = [Rule(id_, kinds, article, sentence) for id_, kinds, article, sentence in lines]
    return {rule.id: rule for rule in rules}


RULES: Mapping[str, Rule] = _read(_TABLE)

NOT_YET: Mapping[str, str] = {
    "CV10": "the mailing list of councillors outside the community belongs to the documents; its deadline is in delays",
    "AC1": "publication of the replay is outside the register",
    "P6": "names in a title are searched when the agenda is imported, outside the register",
}
"""Rules marked E or W that nothing raises here, and why."""


class Unlawful(Refusal):
    """A command that a rule forbids. Its facts: ``regle``, ``article``, ``phrase``, and figures; never a name."""

    code = "contraire_au_droit"

    def __init__(self, rule: str, message: str, /, **figures: Fact) -> None:
        law = RULES[rule]
        facts = {**figures, "regle": law.id, "article": law.article, "phrase": law.sentence}
        super().__init__(message, code=f"regle_{law.id.lower()}", **facts)
        self.rule = law

    def cite(self, since_2022: bool) -> None:
        """Name the article as it stands under the law of the séance."""
        self.facts["article"] = self.rule.cited(since_2022)
