import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, describe, it } from 'node:test';
import type { JsonObject } from '../../src/core/ports.js';
import { TransformersVersion } from '../../src/core/transformers/transformersVersion.js';
import { Tokenizer } from '../../src/worker/tokenizer/tokenizer.js';
import { runPython } from '../helpers/python.js';

interface PythonChat {
  className: string;
  folder: string;
  version: string;
  chats: { messages: JsonObject[]; addGenerationPrompt: boolean; text?: string; error?: string }[];
}

const script = `
import json, sys, warnings
warnings.filterwarnings("ignore")
import transformers as T
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
T.logging.set_verbosity_error()
question = json.load(sys.stdin)
user, assistant, system = ({"role": role, "content": f" {role} says "} for role in ("user", "assistant", "system"))
conversations = [[user], [user, assistant, user], [system, user], [system, user, assistant], [user, system, user], [user, user], [{"role": "tool", "content": "x"}], [{"role": "user", "content": ""}]]
names = ["GPT2", "Bloom", "GPTNeoX", "Whisper", "Llama", "CodeLlama", "Cohere", "Qwen2", "Blenderbot"]
answer = []
for name in [*names, "PreTrained"]:
    for tokens in ({"bos_token": "<s>", "eos_token": "</s>"}, {}):
        tokenizer_class = getattr(T, f"{name}TokenizerFast")
        inner = Tokenizer(models.BPE({"<s>": 0, "</s>": 1, "a": 2, "<unk>": 3}, []))
        inner.pre_tokenizer, inner.decoder = pre_tokenizers.ByteLevel(), decoders.ByteLevel()
        tokenizer = tokenizer_class(tokenizer_object=inner, **tokens)
        for token in ("bos_token", "eos_token"):
            if token not in tokens: setattr(tokenizer, token, None)
        folder = f"{question['folder']}/{name}-{len(tokens)}"
        tokenizer.save_pretrained(folder)
        record = {"className": tokenizer_class.__name__, "folder": folder, "version": T.__version__, "chats": []}
        answer.append(record)
        for messages in conversations:
            for add in (False, True):
                entry = {"messages": messages, "addGenerationPrompt": add}
                try:
                    entry["text"] = tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=add)
                except Exception as e:
                    entry["error"] = str(e)
                record["chats"].append(entry)
print(json.dumps(answer))
`;

describe('chats of tokenizers without a template, in releases before 4.44', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'chats-'));
  const answers = await runPython<PythonChat[]>('old', script, { folder });
  after(() => rm(folder, { recursive: true }));

  for (const { className, folder: tokenizerFolder, version, chats } of answers) {
    it(`${className} of ${path.basename(tokenizerFolder)} writes them as Python`, async () => {
      const tokenizer = await Tokenizer.load(tokenizerFolder, 4, className, new TransformersVersion(version));
      for (const { messages, addGenerationPrompt, text, error } of chats) {
        const write = (): string => tokenizer.applyChatTemplate(messages, { addGenerationPrompt });
        if (error === undefined) assert.equal(write(), text, JSON.stringify(messages));
        else assert.throws(write, { message: error }, JSON.stringify(messages));
      }
    });
  }

  it('a release that has no such ways refuses chats', async () => {
    const [first] = answers;
    const tokenizer = await Tokenizer.load(first!.folder, 4, first!.className, new TransformersVersion('4.44.0'));
    assert.throws(
      () => tokenizer.applyChatTemplate([{ role: 'user', content: 'x' }]),
      /tokenizer\.chat_template is not/,
    );
  });
});
