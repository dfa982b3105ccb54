/**
 * The register as it will stand once what waits is written: what the page shows while the network is down, so that the work goes on,
 * item after item. A forecast for the eye only: the law is asked when the entries are written, each as of its hour.
 */

/** @typedef {import("./types.js").Register} Register */
/** @typedef {import("./types.js").AgendaItem} AgendaItem */
/** @typedef {import("./types.js").Entry} Entry */
/** @typedef {import("./types.js").Choice} Choice */
/** @typedef {import("./types.js").Tally} Tally */
/** @typedef {{seat: string, choice: Choice}} Ballot */

/** States of an item that the council is on. */
export const OPEN = new Set(["appele", "debat", "vote_ouvert", "vote_clos"]);

/** @param {Register} known @param {Entry[]} waiting in the order they were typed @returns {Register} */
export function forecast(known, waiting) {
  const register = structuredClone(known);
  for (const entry of waiting) HAPPENS[entry.command.type]?.(register, /** @type {any} */ (entry.command), entry.at_ms);
  recount(register);
  return register;
}

/** @type {Record<string, (register: Register, command: any, at: number) => void>} */
const HAPPENS = {
  arrive: (register, { person, room, when_ms }, at) => {
    for (const seat of register.conseil)
      if (seat.id === person) Object.assign(seat, { etat: "present", salle: room, depuis_ms: when_ms ?? at, vote: !seat.suppleant_de, pouvoir_a: "" });
    register.pouvoirs = register.pouvoirs.filter((one) => one.mandant !== person);
  },
  leave: (register, { person, when_ms }, at) => {
    for (const seat of register.conseil) if (seat.id === person) Object.assign(seat, { etat: "parti", salle: "", depuis_ms: when_ms ?? at, vote: false });
  },
  lodge_proxy: (register, { proxy, writing }, at) => {
    register.pouvoirs.push({ id: proxy, mandant: writing.giver, mandataire: writing.holder, recu_ms: at, etat: writing.authenticated === false ? "a_authentifier" : "valide", conteste: false });
    for (const seat of register.conseil) if (seat.id === writing.giver) Object.assign(seat, { etat: "pouvoir", pouvoir_a: writing.holder, pouvoir_etat: "valide" });
  },
  recuse: (register, { item, seat, kind }) =>
    change(register, [item], (one) => {
      one.deports = [...one.deports.filter((known) => known.siege !== seat), { siege: seat, genre: kind ?? "interesse", enregistre: true }];
    }),
  request_ballot: (register, { item, mode, requesters }) => change(register, [item], (one) => ask(register, one, mode, (asking) => [...new Set([...asking, ...requesters])])),
  withdraw_request: (register, { item, mode, person }) => change(register, [item], (one) => ask(register, one, mode, (asking) => asking.filter((other) => other !== person))),
  lift_recusal: (register, { item, seat }) =>
    change(register, [item], (one) => {
      one.deports = one.deports.filter((known) => known.siege !== seat);
    }),
  open_sitting: (register, { president }, at) => Object.assign(register, { phase: "ouverte", ouverte_ms: at, president }),
  suspend_sitting: (register) => Object.assign(register, { phase: "suspendue" }),
  resume_sitting: (register) => Object.assign(register, { phase: "ouverte" }),
  close_sitting: (register, _, at) => Object.assign(register, { phase: "levee", levee_ms: at, courants: [] }),
  pass_presidency: (register, { president }) => Object.assign(register, { president }),
  appoint_secretaries: (register, { secretaries }) => Object.assign(register, { secretaires: secretaries }),
  call_item: (register, { items }, at) => {
    register.courants = items;
    change(register, items, (item) => Object.assign(item, { etat: "appele", appele_ms: at }));
  },
  open_debate: (register) => change(register, table(register), (item) => Object.assign(item, { etat: "debat" })),
  set_aside: (register, { item }) => change(register, [item], (one) => Object.assign(one, { etat: "inscrit" })),
  postpone_item: (register, { item }) => change(register, [item], (one) => Object.assign(one, { etat: "reporte" })),
  withdraw_item: (register, { item }) => change(register, [item], (one) => Object.assign(one, { etat: "retire" })),
  note_item: (register, { item }) => change(register, [item], (one) => Object.assign(one, { etat: "dont_acte" })),
  open_vote: (register, { mode }) =>
    change(register, register.courants, (item) => {
      // The news of it may come before its answer: it is not opened twice, under another number.
      if (item.etat === "vote_ouvert") return;
      const granted = item.scrutin_secret.accorde ? "secret" : item.scrutin_public.accorde ? "public" : "ordinaire";
      item.vote = {
        numero: (item.vote?.numero ?? 0) + 1,
        mode: mode ?? (register.plusieurs_lieux ? "public" : granted),
        president: register.president,
        voix: voices(register, item),
        bulletins: {},
        decompte: null,
        adopte: null,
        requis: null,
        preponderante: false,
        regle: "",
        absents: [],
        proclame: false,
        annule: "",
        lectures: {},
      };
      item.etat = "vote_ouvert";
    }),
  cast_ballots: (register, { ballots }) => change(register, table(register), (item) => cast(item, ballots)),
  close_vote: (register, command) => change(register, table(register), (item) => close(item, command)),
  correct_vote: (register, command) => change(register, table(register), (item) => close(item, command)),
  annul_vote: (register) => change(register, table(register), (item) => Object.assign(item, { etat: "debat", vote: null })),
  proclaim: (register) =>
    change(register, table(register), (item) => {
      if (item.vote) item.vote.proclame = true;
      item.etat = item.vote?.adopte ? "adopte" : "rejete";
    }),
  give_floor: (register, { person }, at) => {
    register.parole.file = register.parole.file.filter((wish) => wish.personne !== person);
    Object.assign(register.parole, { orateur: person, depuis_ms: at });
  },
  take_floor: (register) => Object.assign(register.parole, { orateur: "", depuis_ms: null }),
  ask_floor: (register, { person, point_of_order }, at) => register.parole.file.push({ personne: person, depuis_ms: at, rappel: point_of_order === true }),
  waive_floor: (register, { person }) => {
    register.parole.file = register.parole.file.filter((wish) => wish.personne !== person);
  },
};

/** @param {Register} register @param {string[]} ids @param {(item: AgendaItem) => unknown} how */
function change(register, ids, how) {
  for (const item of register.points) if (ids.includes(item.id)) how(item);
}

/** @param {Register} register */
const table = (register) => register.points.filter((item) => register.courants.includes(item.id) && OPEN.has(item.etat)).map((item) => item.id);

/**
 * A quarter of those present for a public ballot, a third for a secret one (VO3, VO4).
 * @param {Register} register @param {AgendaItem} item @param {string} mode @param {(asking: string[]) => string[]} how
 */
function ask(register, item, mode, how) {
  const asked = mode === "secret" ? item.scrutin_secret : item.scrutin_public;
  const present = voices(register, item).filter((voice) => !voice.pouvoir).length;
  asked.demandeurs = how(asked.demandeurs);
  asked.requis = Math.ceil(present / (mode === "secret" ? 3 : 4));
  asked.accorde = asked.demandeurs.length >= asked.requis && asked.requis > 0;
}

/** Who votes on an item: those who are there, and the proxies that they hold. @param {Register} register @param {AgendaItem} item */
function voices(register, item) {
  const out = new Set(item.deports.filter((one) => one.enregistre).map((one) => one.siege));
  const here = register.conseil.filter((seat) => seat.etat === "present" && seat.vote && !out.has(seat.suppleant_de || seat.id));
  const there = new Set(here.map((seat) => seat.id));
  const carried = register.pouvoirs.filter((one) => one.etat === "valide" && there.has(one.mandataire) && !there.has(one.mandant) && !out.has(one.mandant));
  return [
    ...here.map((seat) => ({ siege: seat.suppleant_de || seat.id, par: seat.id, pouvoir: false })),
    ...carried.map((one) => ({ siege: one.mandant, par: one.mandataire, pouvoir: true })),
  ];
}

/** @param {AgendaItem} item @param {Ballot[]} ballots */
function cast(item, ballots) {
  if (item.vote) item.vote.bulletins = { ...item.vote.bulletins, ...Object.fromEntries(ballots.map((one) => [one.seat, one.choice])) };
}

/** @param {AgendaItem} item @param {{ballots?: Ballot[], tally?: Record<string, number>}} command */
function close(item, { ballots = [], tally }) {
  const { vote } = item;
  if (!vote) return;
  cast(item, ballots);
  if (!tally && vote.mode !== "secret") for (const voice of vote.voix) vote.bulletins[voice.siege] ??= "pour";
  const said = Object.values(vote.bulletins);
  const of = (/** @type {string} */ field, /** @type {Choice} */ choice) => (tally ? (tally[field] ?? 0) : said.filter((one) => one === choice).length);
  const counted = { pour: of("for_", "pour"), contre: of("against", "contre"), abstentions: of("abstentions", "abstention"), ne_prend_pas_part: of("refusals", "ne_prend_pas_part"), blancs: tally?.blanks ?? 0, nuls: tally?.nulls ?? 0 };
  const exprimes = counted.pour + counted.contre;
  vote.decompte = { ...counted, exprimes, total: vote.voix.length };
  const chair = vote.bulletins[vote.president];
  vote.preponderante = vote.mode !== "secret" && counted.pour === counted.contre && exprimes > 0 && (chair === "pour" || chair === "contre");
  vote.requis = Math.floor(exprimes / 2) + 1;
  vote.adopte = counted.pour >= vote.requis || (vote.preponderante && chair === "pour");
  item.etat = "vote_clos";
}

/** Quorum and acts after what waits: counted as far as this page can; the register will say. @param {Register} register */
function recount(register) {
  const here = register.conseil.filter((seat) => seat.etat === "present" && seat.vote);
  const { quorum } = register;
  const moved = here.length - quorum.presents;
  Object.assign(quorum, { presents: here.length, compare: quorum.compare + moved, noms: here.map((seat) => seat.id) });
  quorum.atteint = quorum.dispense || quorum.compare >= quorum.requis;
  quorum.pouvoirs = voices(register, /** @type {AgendaItem} */ (/** @type {unknown} */ ({ deports: [] }))).filter((voice) => voice.pouvoir).length;
  const lacking = quorum.atteint ? null : `Le quorum n’est pas atteint : ${quorum.compare} présents, ${quorum.requis} requis.`;
  for (const act of ["ouvrir", "appeler", "reprendre"]) if (register.gestes[act] !== undefined) register.gestes[act] = lacking;
  for (const act of ["ouvrir_vote", "debattre", "annuler_vote", "revoter", "proclamer", "clore_vote", "suspendre"]) if (register.gestes[act] !== undefined) register.gestes[act] = null;
  const voting = register.points.some((item) => register.courants.includes(item.id) && (item.etat === "vote_ouvert" || item.etat === "vote_clos"));
  register.gestes.lever = voting ? "Un vote n’est pas proclamé : proclamez-le ou annulez-le d’abord." : null;
  for (const item of register.points) if (OPEN.has(item.etat) && register.courants.includes(item.id)) item.quorum ??= structuredClone(quorum);
}
