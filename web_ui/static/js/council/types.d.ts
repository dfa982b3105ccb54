/** The legal register as the pages of the séance read it. Mirrors web_ui/register_view.py and register_lines.py. */

export type SeatState = "present" | "absent" | "parti" | "pouvoir";
export type Choice = "pour" | "contre" | "abstention" | "ne_prend_pas_part";
export type Mode = "ordinaire" | "public" | "secret";

export interface Seat {
  id: string;
  nom: string;
  rang: number;
  groupe: string;
  place: string;
  x: number | null;
  y: number | null;
  suppleant_de: string;
  etat: SeatState;
  vote: boolean;
  salle: string;
  depuis_ms: number | null;
  arrive_ms: number | null;
  sejour: number | null;
  annulable_ms: number;
  pouvoir_a: string;
  pouvoir_etat: string;
  porte: string[];
}
export interface Proxy {
  id: string;
  mandant: string;
  mandataire: string;
  recu_ms: number;
  etat: "valide" | "a_authentifier" | "suspendu" | "caduc";
  conteste: boolean;
}
export interface Quorum {
  presents: number;
  compare: number;
  requis: number;
  en_exercice: number;
  pouvoirs: number;
  atteint: boolean;
  dispense: boolean;
  noms: string[];
  representes: string[];
  ecartes: string[];
}
export interface Tally {
  pour: number;
  contre: number;
  abstentions: number;
  ne_prend_pas_part: number;
  blancs: number;
  nuls: number;
  exprimes: number;
  total: number;
}
export interface Voice {
  siege: string;
  par: string;
  pouvoir: boolean;
}
export interface Vote {
  numero: number;
  mode: Mode;
  president: string;
  voix: Voice[];
  bulletins: Record<string, Choice>;
  decompte: Tally | null;
  adopte: boolean | null;
  requis: number | null;
  preponderante: boolean;
  regle: string;
  absents: string[];
  proclame: boolean;
  annule: string;
  /** Rooms that have read their members' voices: as they were said, or not. */
  lectures: Record<string, boolean>;
}
export interface BallotRequest {
  demandeurs: string[];
  requis: number;
  accorde: boolean;
}
export interface Election {
  secret_impose: boolean;
  secret_leve: boolean;
  appel_ms: number | null;
  candidats: { id: string; nom: string }[];
  tours: {
    tour: number;
    voix: Record<string, number>;
    blancs: number;
    nuls: number;
    non_votants: number;
    requis: number;
    elu: string;
    au_benefice_de_l_age: boolean;
  }[];
  nomme: string;
}
export interface AgendaItem {
  id: string;
  rang: number;
  titre: string;
  type: string;
  rapporteur: string;
  signale: boolean;
  votable: boolean;
  etat: string;
  appele_ms: number | null;
  deliberation: number | null;
  cause: string;
  deports: { siege: string; genre: string; enregistre: boolean }[];
  scrutin_public: BallotRequest;
  scrutin_secret: BallotRequest;
  quorum: Quorum | null;
  vote: Vote | null;
  election: Election | null;
}
export interface Room {
  id: string;
  nom: string;
  ouverte: boolean;
  testee: boolean;
  agent: boolean;
  public: boolean;
  public_sorti: boolean;
  liaison: string;
  perdue_ms: number | null;
  presents: number;
}
export interface Register {
  seance: string;
  n: number;
  maintenant_ms: number;
  collectivite: string;
  organe: string;
  regime: string;
  plusieurs_lieux: boolean;
  phase: "convoquee" | "ouverte" | "suspendue" | "levee";
  ouverte_ms: number | null;
  levee_ms: number | null;
  president: string;
  chef: string;
  secretaires: string[];
  conseil: Seat[];
  pouvoirs: Proxy[];
  quorum: Quorum;
  points: AgendaItem[];
  courants: string[];
  parole: {
    orateur: string;
    depuis_ms: number | null;
    accorde_ms: number;
    tour_ms: number;
    point_ms: number;
    file: { personne: string; depuis_ms: number; rappel: boolean }[];
    temps: Record<string, number>;
  };
  salles: Room[];
  conseils: { etape: string; regle: string; salle: string }[];
  huis_clos: { demandeurs: string[]; par_le_president: boolean; requis: number; recevable: boolean; tenu: boolean };
  plans_restreints: boolean;
  gestes: Record<string, string | null>;
}
export interface Line {
  n: number;
  genre: string;
  phrase: string;
  auteur: string;
  salle: string;
  sujet: string;
  acte_ms: number;
  ecrit_ms: number;
  seance_ms: number | null;
  passage: string | null;
  image_ms: number | null;
  public_ms: number | null;
  /** What takes this entry back at once. */
  retour: Command | null;
}
export interface Warned {
  regle: string;
  article: string;
  phrase: string;
}
export type Command = { type: string } & Record<string, unknown>;

/** Something typed. `late`: it waited for the network; `written`: its rank in the register; `refused`: the register did not take it after all, somebody has to say. */
export interface Entry {
  key: string;
  command: Command;
  label: string;
  at_ms: number;
  late: boolean;
  /** The séance it was typed for. */
  seance: string;
  /** The server may have it. */
  sent?: boolean;
  written?: number;
  refused?: { code: string; message: string };
}
export interface Answer {
  code: string;
  message: string;
  n?: number;
  warnings?: Warned[];
  waiting?: boolean;
}
