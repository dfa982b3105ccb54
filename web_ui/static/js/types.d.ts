/** What the server says, as the pages read it. Mirrors regie/board.py, regie/domain and the HTTP contract. */

export type LayoutName = "plein" | "pip" | "deux" | "document" | "quatre";
export type SlateName = "avant" | "suspension" | "huis_clos" | "scrutin" | "panne" | "fin" | "passage_masque" | "retard";
export type SeanceState = "a_venir" | "en_direct" | "suspendue" | "terminee";
export type SourceState = "connecting" | "live" | "stale" | "down";

export interface Shot {
  sources: string[];
  layout?: LayoutName;
}
export interface Title {
  name: string;
  function?: string;
  group?: string;
}
export interface SourceStatus {
  id: string;
  name: string;
  kind: string;
  state: SourceState;
  decoding?: "none" | "keyframes" | "catching_up" | "full";
  reason?: string;
  width?: number;
  height?: number;
  fps?: number;
  latency_ms?: number;
  has_sound?: boolean;
  drops?: number;
  repeats?: number;
  reconnects?: number;
}
export interface OutputStatus {
  id: string;
  name: string;
  host: string;
  state: "stopped" | "connecting" | "live" | "retrying";
  reason?: string;
  kbps?: number;
  dropped?: number;
  reconnects?: number;
  since_ms?: number;
}
export interface InputStatus {
  source: string;
  name?: string;
  kind?: string;
  remote?: boolean;
  gain_db?: number;
  muted?: boolean;
  closed?: boolean;
  delay_ms?: number;
  pan?: number;
  high_pass_hz?: number;
  gate_db?: number;
  solo?: boolean;
  automix?: boolean;
  levelled?: boolean;
  sends?: string[];
}
export interface Alarm {
  code: string;
  subject?: string;
  since_ms?: number;
  severe?: boolean;
}
export interface Recording {
  on?: boolean;
  file?: string;
  seconds?: number;
  bytes?: number;
  dropped?: number;
  verified?: boolean | null;
  reason?: string;
}
export interface Counters {
  frames?: number;
  skipped?: number;
  encoder_queue?: number;
  encoder_ms?: number;
  encoder_dropped?: number;
  mixer_ms?: number;
  cpu?: number;
  rss_mb?: number;
  uplink_kbps?: number;
  disk_free_gb?: number;
  disk_hours?: number;
  loop_lag_ms?: number;
}
export interface EngineStatus {
  epoch: { run: string; utc_ns: number };
  now: number;
  width: number;
  height: number;
  fps: number;
  programme: Shot;
  preview: Shot;
  transition_permille?: number;
  pending?: Shot | null;
  stand_in?: string | null;
  excluded?: string[];
  title?: Title | null;
  logo?: boolean;
  antenna?: { on?: boolean; slate?: SlateName; recovering?: boolean; since_ms?: number };
  sources?: SourceStatus[];
  outputs?: OutputStatus[];
  sound_outputs?: { id: string; name: string; mix: string; playing: boolean; reason?: string; waiting_ms?: number; restarts?: number }[];
  recording?: Recording;
  webtv?: { seance?: string; segments?: number; seconds?: number; behind_ms?: number; reason?: string };
  inputs?: InputStatus[];
  counters?: Counters;
  delay?: { target_ms?: number; held_ms?: number; needed_ms?: number; safe?: boolean; changing?: string; left_ms?: number };
  masks?: MaskStatus[];
  /** The next masks hold a picture instead of showing the slate. */
  frozen?: boolean;
  /** Suspended: no microphone is in any mix, the rooms see the slate. */
  recess?: boolean;
  alarms?: Alarm[];
  sync?: { source: string; running?: boolean; offset_ms?: number | null; events?: number } | null;
}
export type MaskKind = "son" | "image" | "son_et_image";
/** A mask as the engine applies it; `end` null while it is open. */
export interface MaskStatus {
  id: string;
  hides: MaskKind;
  start: number;
  end?: number | null;
  gone?: number;
  held?: boolean;
  alone?: boolean;
  silent?: boolean;
  by?: string;
  opened_ms: number;
  closed_ms?: number | null;
}
/** A mask as the register tells it. */
export interface MaskLine {
  id: string;
  genre: MaskKind;
  qui: string;
  point: string;
  motif: string;
  parti_ms: number;
  debut_ms: number | null;
  fin_ms: number | null;
  ouvert: boolean;
}
/** What may name somebody and has not left yet. */
export interface Proposal {
  point: string;
  noms: string[];
  parole: boolean;
  debut_ms: number;
  duree_ms: number;
  rang?: number | null;
}
export interface Secret {
  huis_clos: boolean;
  arme: { point: string; suivant: string };
  proposition?: Proposal | null;
  masques: MaskLine[];
}
export interface Confidentiality {
  recul_ms: number;
  ecoute_ms: number;
  retard_sensible_s: number;
  masquent: string[];
  /** The keys have a connection of their own. */
  touches: boolean;
}
export interface Levels {
  inputs?: Record<string, [number, number]>;
  programme?: [number, number];
  antenna?: [number, number];
  voices?: Record<string, number>;
  automatic?: Record<string, [number, number]>;
  mixes?: Record<string, [number, number]>;
  loudness?: { momentary?: number; short_term?: number; integrated?: number; true_peak?: number; target?: number };
}
/** The automatic director: regie/directing/news.py. */
export interface DirectorSeat {
  id: string;
  name: string;
  person?: string;
  group?: string;
  president?: boolean;
  button?: string | null;
  speaking?: boolean;
  on_air?: boolean;
  excluded?: boolean;
  absent?: boolean;
  cameras?: string[];
}
export interface DirectorCut {
  utc_ms: number;
  shot: Shot;
  why: string;
}
export interface DirectorNews {
  active?: boolean;
  mode?: string;
  back_ms?: number | null;
  back_of_ms?: number;
  why?: string;
  waiting?: string | null;
  holder?: string | null;
  candidate?: string | null;
  requests?: string[];
  seats?: DirectorSeat[];
  excluded_microphones?: string[];
  cuts?: DirectorCut[];
  conference?: string;
  document?: string | null;
  learning?: { seat: string; learnt?: Record<string, string>; heard?: string | null } | null;
}
export interface Seance {
  id: string;
  titre: string;
  etat: SeanceState;
  prevue_utc?: number | null;
  ouverte_utc?: number | null;
  terminee_utc?: number | null;
  duree_s?: number | null;
  rejeu?: string | null;
}
export interface Person {
  id: string;
  nom: string;
  fonction?: string;
  groupe?: string;
}
export interface Item {
  numero: number;
  titre: string;
  etat?: "a_venir" | "en_cours" | "traite" | "reporte";
  /** Seconds from the beginning of the picture. */
  debut_s?: number | null;
  resultat?: { adopte: boolean; phrase: string } | null;
  pieces?: { titre: string; genre: string; octets: number; adresse: string }[];
}
export interface Town {
  nom: string;
  organe: string;
  couleur: string;
  couleur_texte: string;
  logo?: string | null;
  site?: string | null;
  contact?: string | null;
}
export type HeadState = "unknown" | "ready" | "moving" | "arrived" | "altered" | "lost";
export interface Framing {
  pan: number;
  tilt: number;
  zoom: number;
}
/** A camera that is turned. Mirrors regie/cameras/news.py. */
export interface Head {
  source: string;
  name: string;
  state: HeadState;
  since_utc_ms: number;
  detail: string;
  model: string;
  framing: Framing | null;
  target: Framing | null;
  eta_s: number | null;
  field: number | null;
  field_measured?: boolean;
  preset: string | null;
  on_air: boolean;
  preview: boolean;
  locked: boolean;
  move_until_utc_ms: number | null;
  driven: boolean;
  zones: string[];
  excluded: boolean;
  veiled: boolean;
  can: { memories: number; tally: boolean; limits: boolean; absolute?: boolean; image?: boolean; freeze?: boolean; pan: [number, number]; tilt: [number, number]; zoom: number };
  scan?: { done: number; total: number } | null;
  scan_failure?: string;
}
export interface Heads {
  cameras: Head[];
  book: number;
}
export interface PresetView {
  preset: {
    id: string;
    camera: string;
    name: string;
    pan: number;
    tilt: number;
    zoom: number;
    places?: string[];
    room?: boolean;
    on_air?: boolean;
    memory?: number | null;
    by_memory?: boolean;
  };
  scope: "place" | "groupe" | "salle" | "libre";
  usable: boolean;
  zones: string[];
  thumbnail: number | null;
}
export interface Zone {
  name: string;
  corners: [number, number][];
}
export interface PresetBook {
  version: number;
  presets: PresetView[];
  zones: Record<string, Zone[]>;
  seats: Record<string, Zone[]>;
  fields: Record<string, number>;
}
export interface PlaceInfo {
  id: string;
  nom: string;
  elu: string | null;
  groupe: string;
  micros: string[];
}
export interface Panorama {
  camera: string;
  pan: [number, number];
  tilt: [number, number];
  taken_utc_ms: number;
}
/** A line of the check before a séance. */
export interface CheckLine {
  code: string;
  titre: string;
  etat: "bon" | "attente" | "attention" | "rouge";
  phrase: string;
  faire: string;
}
export interface Readiness {
  lignes: CheckLine[];
  rouges: string[];
  attendu: boolean;
}
/** A recording; what is null is not known until it was read again. */
export interface RecordingFile {
  fichier: string;
  octets: number;
  adresse: string;
  duree_s: number | null;
  defauts: string[] | null;
  sha256: string | null;
}
/** Where the council is in its agenda, now. */
export interface Rundown {
  points: { id: string; numero: number; titre: string; etat: "a_venir" | "en_cours" | "traite" | "reporte"; appele_utc: number | null }[];
  suivant: string;
  empeche: string | null;
}
/** The state as the console receives it: over the WebSocket, or from /api/v1/etat. */
export interface ConsoleState {
  moteur: EngineStatus | null;
  /** Of the pages themselves, beside the engine's. */
  alarmes?: Alarm[];
  seance: Seance | null;
  ville?: Town;
  elus?: Person[];
  points?: Item[];
  conducteur?: Rundown;
  fondu_ms?: number;
  retard_s?: number;
  secret?: Secret;
  confidentialite?: Confidentiality;
  places?: PlaceInfo[];
}
export interface PublicState {
  ville: Town;
  seance: Seance | null;
  antenne: { en_direct: boolean; panneau: SlateName | null };
  phrase: string;
  orateur?: string;
  direct: string | null;
  rejeu: string | null;
  points: Item[];
  renditions: { id: string; nom: string }[];
}
export interface Session {
  nom: string;
  roles: string[];
  /** The only room whose entries this account makes; empty for all. */
  salle?: string;
  csrf: string;
  doit_changer: boolean;
  dehors: boolean;
}
export type EngineCommand = { type: string } & Record<string, unknown>;
/** The end of a command: `code` empty when it was carried out. */
export interface Outcome {
  code: string;
  message: string;
}

/** The part of hls.js that the player uses. */
/** One hidden passage, live or afterwards; instants in UTC ms. */
export interface ReviewRow {
  id: string;
  start_ms: number;
  end_ms: number | null;
  hides: "son" | "image" | "son_et_image";
  how: "direct" | "retrait";
  item: string;
  who: string;
  reason: string;
  asked_ms: number;
  effective_ms: number | null;
}
export interface Suggestion {
  point: string;
  titre: string;
  noms: string[];
  signale: boolean;
  debut_ms: number;
  fin_ms: number;
}
export interface Review {
  seance: string;
  titre: string;
  terminee: boolean;
  lecture: string;
  passages: ReviewRow[];
  decalages: [number, number][];
  propositions: Suggestion[];
  en_cours: number;
  validee_par: string | null;
  validee_ms: number | null;
  a_jour: boolean;
  rejeu_public: boolean;
  exports: string[];
}
export interface HlsLevel {
  url: string[];
  height: number;
  bitrate: number;
}
export interface Hls {
  levels: HlsLevel[];
  nextLevel: number;
  loadLevel: number;
  currentLevel: number;
  liveSyncPosition: number | null;
  loadSource(url: string): void;
  attachMedia(video: HTMLMediaElement): void;
  startLoad(position?: number): void;
  stopLoad(): void;
  recoverMediaError(): void;
  swapAudioCodec(): void;
  destroy(): void;
  trigger(event: string, data: unknown): void;
  on(event: string, listener: (event: string, data: any) => void): void;
}
export interface HlsModule {
  default: { new (config: Record<string, unknown>): Hls; isSupported(): boolean };
  Events: Record<string, string>;
  ErrorTypes: Record<string, string>;
}
