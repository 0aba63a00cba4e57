import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, describe, it } from 'node:test';
import { InferenceEngine } from '../../src/worker/engine/inferenceEngine.js';
import { runPython } from '../helpers/python.js';

/** Python: a pipeline of Dolly's class whose model repeats the prompt, two line breaks and an answer; saved with each setting. */
const makeInstructionModels = `
import json, sys, torch, transformers, mlflow
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
asked = json.load(sys.stdin)
letters = sorted(pre_tokenizers.ByteLevel.alphabet())
inner = Tokenizer(models.BPE({letter: i for i, letter in enumerate(letters)}, []))
inner.pre_tokenizer, inner.decoder = pre_tokenizers.ByteLevel(add_prefix_space=False), decoders.ByteLevel()
answer = ["\\n\\n", "A:", " first", "\\n", " second", "  third"]
inner.add_tokens(answer)
inner.add_special_tokens(["<end>"])
tokenizer = transformers.PreTrainedTokenizerFast(tokenizer_object=inner, eos_token="<end>", pad_token="<end>", clean_up_tokenization_spaces=False)
chain = [tokenizer.encode("?")[-1], *(tokenizer.convert_tokens_to_ids(word) for word in [*answer, "<end>"])]
torch.manual_seed(0)
end = chain[-1]
config = transformers.GPT2Config(vocab_size=len(tokenizer), n_embd=64, n_layer=1, n_head=2, n_positions=64, bos_token_id=end, eos_token_id=end, tie_word_embeddings=False)
model = transformers.GPT2LMHeadModel(config).eval()
with torch.no_grad():
    model.transformer.wpe.weight.zero_()
    for part in [model.transformer.h[0].attn.c_proj, model.transformer.h[0].mlp.c_proj]:
        part.weight.zero_()
    model.lm_head.weight.zero_()
    # Nothing but the last token decides, and each token of the answer follows the one before it.
    for token, following in zip(chain, chain[1:]):
        model.lm_head.weight[following] = model.transformer.ln_f(model.transformer.wte.weight[token])

class InstructionTextGenerationPipeline(transformers.TextGenerationPipeline):
    pass

pipe = InstructionTextGenerationPipeline(model=model, tokenizer=tokenizer, task="text-generation")
answers = []
for i, settings in enumerate(asked["settings"]):
    folder = f"{asked['root']}/{i}"
    mlflow.transformers.save_model(pipe, folder, model_config={"max_new_tokens": 12, "do_sample": False, **settings}, pip_requirements=["x"])
    loaded = mlflow.pyfunc.load_model(folder)
    instance = loaded.metadata.flavors["transformers"]["instance_type"]
    answers.append({"folder": folder, "instance": instance, "answers": [loaded.predict(data) for data in asked["inputs"]]})
print(json.dumps(answers))
`;

const prompt = 'What is it?';
const settings = [
  {},
  { include_prompt: true, collapse_whitespace: true },
  { include_prompt: false },
  { include_prompt: false, collapse_whitespace: true },
];
const expected = [
  'What is it?\n\nA: first\n second  third',
  'What is it? A: first second third',
  'first\n second  third',
  'first second third',
];

for (const generation of ['new', 'old'] as const) {
  const root = await mkdtemp(path.join(tmpdir(), 'instructions-'));
  const engine = new InferenceEngine();
  after(() => rm(root, { recursive: true, force: true }));
  const inputs = [prompt, [prompt, 'Or what?']];
  const models = await runPython<{ folder: string; instance: string; answers: string[][] }[]>(
    generation,
    makeInstructionModels,
    { root, settings, inputs },
  );

  describe(`a Dolly-style pipeline of the ${generation} Python, and here`, () => {
    for (const [i, { folder, instance, answers }] of models.entries()) {
      it(`answers with the prompt and the line breaks that ${JSON.stringify(settings[i])} asks for (N6)`, async () => {
        assert.equal(instance, 'InstructionTextGenerationPipeline');
        assert.deepEqual(answers[0], [expected[i]]);
        const { handle } = await engine.load({ modelPath: folder, modelUri: folder, device: 'cpu', precision: 'fp32' });
        try {
          for (const [j, data] of inputs.entries())
            assert.deepEqual((await engine.predict({ handle, data })).predictions, answers[j]);
        } finally {
          await engine.unload({ handle });
        }
      });
    }
  });
}
