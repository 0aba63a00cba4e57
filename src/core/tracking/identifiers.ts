import { randomInt, randomUUID } from 'node:crypto';

const adjectives = (
  'able amused brave bright calm clean clever cosmic crisp curious daring eager early fair fancy fast fond frank free gentle ' +
  'glad golden grand happy hardy honest humble keen kind lively loud lucky mellow mild modest neat nimble noble patient ' +
  'polite proud quick quiet rapid ready round sharp shiny silver smart smooth snowy solid steady still sturdy sunny swift ' +
  'tall tidy vivid warm wild wise witty young'
).split(' ');
const nouns = (
  'badger bass bat bear beaver bee bison carp cat colt cow crab crane crow deer dog dolphin dove duck eel elk falcon fawn ' +
  'finch fish fox frog gnu goat goose grouse gull hare hawk hen horse ibis jay kite koala lamb lark lion loon lynx mole ' +
  'moose moth mouse mule newt otter owl ox panda pig pug quail ram rat ray robin rook seal shark sheep shrew skunk snail ' +
  'snake sow squid stag stork swan toad trout turtle vole wasp whale wolf wren yak zebra'
).split(' ');

/** 32 lower-case hex digits. */
export function newRunId(): string {
  return randomUUID().replaceAll('-', '');
}

export function newModelId(): string {
  return `m-${newRunId()}`;
}

/** An 18-digit number as text, the first digit not zero. Source: mlflow.utils.name_utils._generate_unique_integer_id */
export function newFileStoreExperimentId(): string {
  let id = String(randomInt(1, 10));
  while (id.length < 18) id += String(randomInt(0, 10));
  return id;
}

/** An `adjective-noun-number` of at most 20 characters, as MLflow names runs and models that were given no name. */
export function newRandomName(): string {
  for (;;) {
    const adjective = adjectives[randomInt(adjectives.length)];
    const noun = nouns[randomInt(nouns.length)];
    const name = `${adjective}-${noun}-${randomInt(1001)}`;
    if (name.length <= 20) return name;
  }
}
