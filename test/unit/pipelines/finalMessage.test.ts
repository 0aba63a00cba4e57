import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { JsonObject } from '../../../src/core/ports.js';
import { TransformersVersion } from '../../../src/core/transformers/transformersVersion.js';
import { openFinalMessage } from '../../../src/worker/pipelines/finalMessage.js';
import { textGenerationSettings } from '../../../src/worker/pipelines/textGenerationSettings.js';

const plain = (messages: JsonObject[]): string =>
  messages.map(({ role, content }) => `<${String(role)}>${String(content)}</s>`).join('');
const trimming = (messages: JsonObject[]): string =>
  messages.map(({ role, content }) => `<${String(role)}>${String(content).trim()}</s>`).join('');
const chat = (text: string): JsonObject[] => [
  { role: 'user', content: 'Say so' },
  { role: 'assistant', content: text },
];

describe('a chat whose last message goes on', () => {
  const open = (text: string, version: string, render = plain) =>
    openFinalMessage(chat(text), new TransformersVersion(version), render);

  it('ends with the message, its last space kept where the release and the template keep it', () => {
    const begin = '<user>Say so</s><assistant>';
    assert.equal(open('So be', '5.23.0'), `${begin}So be`);
    assert.equal(open('So be ', '5.23.0'), `${begin}So be `);
    assert.equal(open('So be ', '5.23.0', trimming), `${begin}So be`);
    assert.equal(open('So be ', '4.57.1'), `${begin}So be `);
    assert.equal(open('So be ', '4.52.4'), `${begin}So be `);
    assert.equal(open('So be ', '4.52.4', trimming), `${begin}So be`);
    assert.equal(open('So be ', '4.48.3'), `${begin}So be `);
    assert.equal(open('So be ', '4.46.3'), `${begin}So be`);
  });

  it('is found by its place and not by its words, which the template may write after it', () => {
    const repeating = (messages: JsonObject[]): string => `${plain(messages)}So`;
    assert.equal(open('So', '5.23.0', repeating), '<user>Say so</s><assistant>So');
    assert.equal(open('So', '4.52.4', repeating), '<user>Say so</s><assistant>So</s>So');
  });

  it('goes on in the last text of a message of several parts', () => {
    const parts: JsonObject[] = [{ role: 'assistant', content: [{ type: 'text', text: 'So be' }, { type: 'image' }] }];
    const render = (messages: JsonObject[]): string =>
      (messages[0]!['content'] as JsonObject[])
        .map(({ text }) => (text === undefined ? '' : `[${String(text)}]`))
        .join('');
    assert.equal(openFinalMessage(parts, new TransformersVersion('5.23.0'), render), '[So be');
  });

  it('is refused in the words of the release where the template leaves the message out', () => {
    const silent = (): string => 'nothing';
    assert.throws(() => open('So be', '5.23.0', silent), /does not appear in the chat .*Rendered chat:\nnothing$/s);
    assert.throws(() => open('So be', '4.46.3', silent), { message: 'substring not found' });
  });
});

describe('stop_sequence', () => {
  const settings = (version: string) =>
    textGenerationSettings({ stop_sequence: 'w9' }, new TransformersVersion(version), '');

  it('is an end token up to transformers 4 and a text that ends the answer since 5', () => {
    assert.deepEqual([settings('4.43.4').stopSequence, settings('4.43.4').stopStrings], ['w9', []]);
    assert.deepEqual([settings('5.23.0').stopSequence, settings('5.23.0').stopStrings], [undefined, ['w9']]);
  });
});
