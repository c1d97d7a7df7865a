/** Words whose full stop belongs to them, wherever they stand and in any spelling of capitals. */
const ANYWHERE = [
  // Titles and names.
  'mr mrs ms dr drs prof profs rev hon pres gov gen lt lieut col maj capt cpl sgt pvt pfc cmdr comdr adm brig ens spc',
  'sen sens rep reps supt insp det atty treas jr sr esq messrs mme mlle msgr miss wm jos alex st ste mt ft rt ph ph.d ed.d',
  // Places, firms.
  'rd ave blvd ct sq bldg dept univ assn asst assoc corp co inc ltd bros cos intl natl ind plc elec bhd bancorp cie sys',
  'ala ariz az calif colo conn dak fla ga kan kans ky md mich minn mo mont neb nev okla penn tenn va vt wis wisc wyo',
  // Months, days.
  'jan feb mar apr jun jul aug sep sept oct nov dec mon tue tues wed thu thurs fri',
  'etc al vs cf est tel ext adj adv',
]
  .flatMap((line) => line.split(' '))
  .filter((word) => !['miss', 'az'].includes(word));

/** Ordinary words unless they begin with a capital. */
const CAPITALISED = 'Miss Ark Del Ill La Mass Ore Pa Tex Wash'.split(' ');
const AS_WRITTEN = [...CAPITALISED, ...CAPITALISED.map((word) => word.toUpperCase()), 'Az', 'AZ'].concat(
  'Mfg mfg Pty pty Pte pte Mtg'.split(' '),
);

/** Only before a number: "no. 5", "fig. 2". */
const BEFORE_NUMBER = 'ca no nos fig figs pp art prop op'.split(' ');

const lowered = new Set(ANYWHERE);
const exact = new Set(AS_WRITTEN);
const numbered = new Set(BEFORE_NUMBER);

/**
 * Whether the full stop after a word belongs to the word.
 * @param rest the text after the full stop
 */
export function keepsFullStop(word: string, rest: string): boolean {
  const lower = word.toLowerCase();
  return lowered.has(lower) || exact.has(word) || (numbered.has(lower) && /^\s*\d/.test(rest));
}
