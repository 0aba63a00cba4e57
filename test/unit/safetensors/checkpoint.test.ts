import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { MlflowError, type ErrorReason } from '../../../src/core/errors.js';
import { readCheckpointTensors } from '../../../src/core/safetensors/checkpoint.js';
import { readSafetensorsHeader } from '../../../src/core/safetensors/header.js';

function encode(header: unknown, dataBytes: number, options: { lengthField?: bigint; raw?: string } = {}): Buffer {
  const text = Buffer.from(options.raw ?? JSON.stringify(header));
  const prefix = Buffer.alloc(8);
  prefix.writeBigUInt64LE(options.lengthField ?? BigInt(text.length));
  return Buffer.concat([prefix, text, Buffer.alloc(dataBytes)]);
}

const f32 = (shape: number[], begin: number, end: number) => ({ dtype: 'F32', shape, data_offsets: [begin, end] });

async function headerOf(bytes: Uint8Array, sizeBytes: number | null = bytes.length) {
  return readSafetensorsHeader({
    name: 'x.safetensors',
    sizeBytes: sizeBytes ?? undefined,
    read: async (offset, length) => bytes.subarray(offset, offset + length),
  });
}

function refuses(reason: ErrorReason, text: RegExp) {
  return (error: unknown) => {
    assert.ok(MlflowError.is(error));
    assert.equal(error.reason, reason);
    assert.match(error.message, text);
    return true;
  };
}

describe('safetensors header', () => {
  it('gives names, dtypes, shapes and absolute positions', async () => {
    const bytes = encode({ __metadata__: { format: 'pt' }, b: f32([2], 4, 12), a: f32([], 0, 4) }, 12);
    const header = await headerOf(bytes);
    assert.deepEqual(
      header.tensors.map(({ name, shape, offsetBytes, lengthBytes }) => [name, shape, offsetBytes, lengthBytes]),
      [
        ['a', [], header.headerBytes, 4],
        ['b', [2], header.headerBytes + 4, 8],
      ],
    );
    assert.deepEqual(header.metadata, { format: 'pt' });
  });

  it('reads tensors without elements and files without tensors', async () => {
    assert.equal((await headerOf(encode({ e: f32([0, 7], 0, 0) }, 0))).tensors.length, 1);
    assert.equal((await headerOf(encode({}, 0))).tensors.length, 0);
  });

  const hostile: [string, Buffer, RegExp][] = [
    ['an empty file', Buffer.alloc(0), /less than the 8 bytes/],
    ['a header that claims 2^60 bytes', encode({}, 0, { lengthField: 1n << 60n }), /claims 1152921504606846976 bytes/],
    ['a header longer than the file', encode({}, 0, { lengthField: 5000n }), /only 10 bytes/],
    ['text that is not JSON', encode(null, 0, { raw: '{"a":' }), /not JSON/],
    ['a header that is a list', encode(null, 0, { raw: '[]' }), /begin with `\{`/],
    ['a header that begins with space', encode(null, 0, { raw: ' {}' }), /begin with `\{`/],
    ['an unknown dtype', encode({ a: { dtype: 'Q4', shape: [1], data_offsets: [0, 4] } }, 4), /unknown dtype "Q4"/],
    [
      'a dtype named like an object property',
      encode({ a: { dtype: 'toString', shape: [], data_offsets: [0, 0] } }, 0),
      /unknown dtype/,
    ],
    ['a negative dimension', encode({ a: f32([-1], 0, 4) }, 4), /impossible shape/],
    ['a fractional dimension', encode({ a: f32([0.5], 0, 2) }, 2), /impossible shape/],
    [
      'dimensions whose product overflows',
      encode({ a: f32([2 ** 31, 2 ** 31, 2 ** 31], 0, 4) }, 4),
      /impossible number/,
    ],
    ['a size that does not fit the shape', encode({ a: f32([3], 0, 4) }, 4), /needs 12 bytes/],
    ['offsets in the wrong order', encode({ a: f32([1], 8, 4) }, 8), /before its begin/],
    ['offsets that are text', encode({ a: { dtype: 'F32', shape: [1], data_offsets: ['0', '4'] } }, 4), /data_offsets/],
    ['overlapping tensors', encode({ a: f32([2], 0, 8), b: f32([2], 4, 12) }, 12), /overlaps/],
    ['a hole between tensors', encode({ a: f32([1], 0, 4), b: f32([1], 8, 12) }, 12), /hole/],
    ['offsets beyond the file', encode({ a: f32([1024], 0, 4096) }, 4), /cut off/],
    ['bytes after the last tensor', encode({ a: f32([1], 0, 4) }, 9), /5 bytes after/],
    ['an entry that is a number', encode({ a: 3 }, 0), /not an object/],
    ['metadata that is not text', encode({ __metadata__: { a: 1 } }, 0), /__metadata__/],
  ];
  for (const [what, bytes, text] of hostile) {
    it(`refuses ${what}`, () => assert.rejects(headerOf(bytes), refuses('safetensorsInvalid', text)));
  }

  it('refuses a header that ends early where the size is unknown', () =>
    assert.rejects(headerOf(encode({}, 0, { lengthField: 50n }), null), refuses('safetensorsInvalid', /ends/)));
});

describe('checkpoint folder', () => {
  let folder: string;
  before(async () => (folder = await mkdtemp(path.join(tmpdir(), 'safetensors-'))));
  after(() => rm(folder, { recursive: true }));

  it('adds up parameters, bytes and dtypes over shards', async () => {
    await writeFile(path.join(folder, 'm-1.safetensors'), encode({ a: f32([2, 3], 0, 24) }, 24));
    const half = { dtype: 'BF16', shape: [4], data_offsets: [0, 8] };
    await writeFile(path.join(folder, 'm-2.safetensors'), encode({ b: half }, 8));
    const index = { weight_map: { a: 'm-1.safetensors', b: 'm-2.safetensors' } };
    await writeFile(path.join(folder, 'model.safetensors.index.json'), JSON.stringify(index));
    const checkpoint = await readCheckpointTensors(folder);
    assert.equal(checkpoint.parameterCount, 10);
    assert.equal(checkpoint.weightsBytes, 32);
    assert.deepEqual(checkpoint.parametersByDtype, { F32: 6, BF16: 4 });
    assert.equal(checkpoint.tensors.get('b')?.file, path.join(folder, 'm-2.safetensors'));
  });

  const indexes: [string, unknown, ErrorReason, RegExp][] = [
    [
      'an index that leaves the folder',
      { weight_map: { a: '../../etc/passwd' } },
      'safetensorsInvalid',
      /not a file name/,
    ],
    ['an index with a Windows path', { weight_map: { a: 'c:\\x' } }, 'safetensorsInvalid', /not a file name/],
    ['an index without a map', {}, 'safetensorsInvalid', /weight_map/],
    ['an index that names a missing shard', { weight_map: { a: 'm-9.safetensors' } }, 'shardMissing', /m-9/],
    [
      'an index that names a tensor its shard lacks',
      { weight_map: { q: 'm-1.safetensors' } },
      'safetensorsInvalid',
      /"q"/,
    ],
  ];
  for (const [what, index, reason, text] of indexes) {
    it(`refuses ${what}`, async () => {
      await writeFile(path.join(folder, 'model.safetensors.index.json'), JSON.stringify(index));
      await assert.rejects(readCheckpointTensors(folder), refuses(reason, text));
    });
  }

  it('says that pickled weights are not read, and what to do', async () => {
    const pickled = await mkdtemp(path.join(tmpdir(), 'safetensors-'));
    await writeFile(path.join(pickled, 'pytorch_model.bin'), 'x');
    await assert.rejects(
      readCheckpointTensors(pickled),
      refuses('pickledWeights', /pytorch_model\.bin.*python engine/),
    );
    await rm(pickled, { recursive: true });
  });

  it('says that weights are missing', () =>
    assert.rejects(readCheckpointTensors(path.join(folder, 'no')), refuses('fileMissing', /holds no weights/)));
});
