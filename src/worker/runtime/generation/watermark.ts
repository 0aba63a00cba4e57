import { MlflowError } from '../../../core/errors.js';
import type { JsonObject, JsonValue } from '../../../core/ports.js';
import { PyFloat } from '../../../core/serialization/pyValue.js';
import { pyStr } from '../../../core/signature/pythonText.js';
import type { LogitsProcessor } from './logitsProcessors.js';
import { largest } from './sampling.js';
import { TorchRandom } from './torchRandom.js';

interface WatermarkSettings {
  greenlistRatio: number;
  bias: number;
  hashingKey: bigint;
  seedingScheme: string;
  contextWidth: number;
}

/** Size of the table of hashes, a prime. Source: WatermarkLogitsProcessor. */
const tableSize = 1_000_003;
/** How many of the most probable tokens the self-hashing scheme looks at. Source: the same. */
const testedTokens = 40;
/** Seeds are taken modulo this. Source: the same. */
const seedModulus = 2n ** 64n - 1n;

/**
 * Favours tokens of a list that the tokens before them choose, so that a text can be recognized as this model's.
 * Source: transformers' WatermarkLogitsProcessor.
 * @throws MlflowError INVALID_PARAMETER_VALUE with transformers' texts.
 */
export function watermarkProcessor(value: JsonValue, vocabularySize: number): LogitsProcessor {
  const settings = readSettings(value);
  const { bias, contextWidth, greenlistRatio, hashingKey, seedingScheme } = settings;
  const listSize = Math.trunc(vocabularySize * greenlistRatio);
  const isSelfHash = seedingScheme === 'selfhash';
  const table = isSelfHash ? new TorchRandom(hashingKey).permutation(tableSize) : null;
  const greenlist = (ids: readonly number[]): Int32Array =>
    new TorchRandom(seedOf(ids.slice(-contextWidth), hashingKey, table)).permutation(vocabularySize, listSize);
  const isGreen = (ids: readonly number[], token: number): boolean => greenlist([...ids, token]).includes(token);
  return (ids, scores) => {
    if (ids.length < contextWidth) return;
    const favoured = isSelfHash
      ? largest(scores, Math.min(testedTokens, scores.length)).filter((token) => isGreen(ids, token))
      : greenlist(ids);
    for (const id of favoured) scores[id] = (scores[id] as number) + bias;
  };
}

function seedOf(context: readonly number[], key: bigint, table: Int32Array | null): bigint {
  const last = context.at(-1) as number;
  if (!table) return floorModulo(BigInt.asIntN(64, key * BigInt(last)), seedModulus);
  const hashOf = (id: number): bigint => BigInt((table[id % tableSize] as number) + 1);
  // Python's products overflow 64 bits.
  const products = context.map((id) => BigInt.asIntN(64, key * hashOf(id) * hashOf(last)));
  return floorModulo(
    products.reduce((least, product) => (product < least ? product : least)),
    seedModulus,
  );
}

function floorModulo(value: bigint, modulus: bigint): bigint {
  return ((value % modulus) + modulus) % modulus;
}

const names = ['greenlist_ratio', 'bias', 'hashing_key', 'seeding_scheme', 'context_width'];

function readSettings(value: JsonValue): WatermarkSettings {
  const json = isObject(value) ? value : {};
  const unknown = Object.keys(json).find((name) => !names.includes(name));
  if (unknown !== undefined) {
    throw MlflowError.invalidParameter(`WatermarkingConfig.__init__() got an unexpected keyword argument '${unknown}'`);
  }
  const settings: WatermarkSettings = {
    greenlistRatio: Number(json['greenlist_ratio'] ?? 0.25),
    bias: Number(json['bias'] ?? 2),
    hashingKey: BigInt(Math.trunc(Number(json['hashing_key'] ?? 15485863))),
    seedingScheme: pyStr(json['seeding_scheme'] ?? 'lefthash'),
    contextWidth: Number(json['context_width'] ?? 1),
  };
  const { contextWidth, greenlistRatio, seedingScheme } = settings;
  if (seedingScheme !== 'selfhash' && seedingScheme !== 'lefthash') {
    throw wrongKey('seeding_scheme', '[`selfhash`, `lefthash`]', seedingScheme);
  }
  // transformers names the scheme where it means the ratio.
  if (!(greenlistRatio >= 0 && greenlistRatio <= 1)) {
    throw wrongKey('greenlist_ratio', 'in range between 0.0 and 1.0', seedingScheme);
  }
  if (!(contextWidth >= 1)) throw wrongKey('context_width', 'a positive integer', String(contextWidth));
  if (greenlistRatio === 0 || greenlistRatio === 1) {
    throw MlflowError.invalidParameter(
      `greenlist_ratio has be in range between 0.0 and 1.0, exclusively. but found ${pyStr(new PyFloat(greenlistRatio))}`,
    );
  }
  return settings;
}

function wrongKey(key: string, correct: string, found: string): MlflowError {
  return MlflowError.invalidParameter(
    `Some of the keys in \`watermarking_config\` are defined incorrectly. \`${key}\` should be ${correct}\` but found ${found}`,
  );
}

function isObject(value: JsonValue): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
