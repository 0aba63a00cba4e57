import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, describe, it } from 'node:test';
import { InferenceEngine } from '../../src/worker/engine/inferenceEngine.js';
import { Tokenizer } from '../../src/worker/tokenizer/tokenizer.js';
import { runPython } from '../helpers/python.js';

/** Python: trains pieces on a little text, writes Marian's files, and tells ids and texts. */
const script = `
import io, json, random, sys
import sentencepiece
from transformers import MarianTokenizer
question = json.load(sys.stdin)
rng = random.Random(5)
words = ["haus", "häuser", "river", "rivière", "groß", "größer", "the", "of", "ship", "shipping", "ships", "été", "don't", "3.14", "2024", "straße", "coöperate", "naïve", "ﬁne", "Ⅳ", "日本", "語", "привет", "мир", "slowly", "quick", "quickly", "quicker"]
lines = [" ".join(rng.choice(words) for _ in range(rng.randint(3, 12))) + rng.choice([".", "!", " ?", ""]) for _ in range(3000)]
answers = []
for number, (kind, options) in enumerate(question["kinds"]):
    folder = f"{question['folder']}/{number}"
    import os; os.makedirs(folder)
    pieces = []
    for name in ("source", "target"):
        model = io.BytesIO()
        sentencepiece.SentencePieceTrainer.train(sentence_iterator=iter(lines if name == "source" else [l.upper() + " " + l for l in lines]), model_writer=model, vocab_size=170, hard_vocab_limit=False, minloglevel=2, **options)
        open(f"{folder}/{name}.spm", "wb").write(model.getvalue())
        processor = sentencepiece.SentencePieceProcessor(model_proto=model.getvalue())
        pieces.append([processor.id_to_piece(i) for i in range(processor.get_piece_size())])
    # Some pieces have no id, as where the vocabulary was cut.
    known = [p for p in dict.fromkeys(pieces[0] + pieces[1]) if p not in ("<s>", "</s>", "<unk>") and rng.random() > 0.04]
    vocab = {p: i for i, p in enumerate(["</s>", "<unk>", *known, ">>fra<<", ">>deu_Latn<<", "<pad>"])}
    json.dump(vocab, open(f"{folder}/vocab.json", "w"))
    extra = {}
    if kind == "two":
        other = {p: i for i, p in enumerate(["</s>", "<unk>", *pieces[1][3:], "<pad>"])}
        json.dump(other, open(f"{folder}/target_vocab.json", "w"))
        extra = dict(separate_vocabs=True, target_vocab_file=f"{folder}/target_vocab.json")
    tokenizer = MarianTokenizer(source_spm=f"{folder}/source.spm", target_spm=f"{folder}/target.spm", vocab=f"{folder}/vocab.json", source_lang="en", target_lang="fr", model_max_length=40, **extra)
    tokenizer.save_pretrained(folder + "/saved")
    texts = question["texts"] + [" ".join(rng.choice(words + list("xyzЖ☃.,")) for _ in range(rng.randint(1, 30))) for _ in range(60)]
    outputs = [[rng.randrange(len(vocab) - 5) for _ in range(rng.randint(1, 15))] for _ in range(60)]
    answers.append({
        "folder": folder + "/saved",
        "texts": texts,
        "ids": [tokenizer(text)["input_ids"] for text in texts],
        "cut": [tokenizer(text, truncation=True, max_length=9)["input_ids"] for text in texts],
        "pairs": [tokenizer(text, "the ship")["input_ids"] for text in texts],
        "outputs": outputs,
        "decoded": [tokenizer.decode(ids, skip_special_tokens=True) for ids in outputs],
    })
print(json.dumps(answers))
`;

/** Python: a tiny translator with such a tokenizer, saved by real MLflow, and what it answers. */
const translator = `
import json, sys, torch, mlflow, transformers as T
folder, saved = json.load(sys.stdin)
tokenizer = T.MarianTokenizer.from_pretrained(folder)
pad = tokenizer.pad_token_id
torch.manual_seed(3)
config = T.MarianConfig(vocab_size=len(tokenizer.encoder), d_model=32, encoder_layers=1, decoder_layers=1, encoder_attention_heads=2, decoder_attention_heads=2, encoder_ffn_dim=32, decoder_ffn_dim=32, max_position_embeddings=64, pad_token_id=pad, eos_token_id=0, forced_eos_token_id=0, decoder_start_token_id=pad, scale_embedding=True, init_std=0.7)
model = T.MarianMTModel(config).eval()
model.generation_config = T.GenerationConfig(bad_words_ids=[[pad]], decoder_start_token_id=pad, pad_token_id=pad, eos_token_id=0, forced_eos_token_id=0, num_beams=3, max_length=24)
model.name_or_path = "tiny/marian"
mlflow.transformers.save_model(T.pipeline("translation_en_to_fr", model=model, tokenizer=tokenizer), saved, pip_requirements=["x"])
loaded = mlflow.pyfunc.load_model(saved)
print(json.dumps([loaded.predict(text) for text in ["the river", ">>fra<< the quick ships of the river.", ["häuser", ">>deu_Latn<< groß"]]]))
`;

interface Answer {
  folder: string;
  texts: string[];
  ids: number[][];
  cut: number[][];
  pairs: number[][];
  outputs: number[][];
  decoded: string[];
}

const texts = [
  'the river',
  '>>fra<< the river',
  '>>fra<<the river',
  '>>xyz<< the river',
  'the >>fra<< river',
  '>>fra<< a >>deu_Latn<< b',
  '>>fra<<',
  ' >>fra<< ship',
  '',
  ' ',
  '   two   spaces\tand\na line ',
  'ﬁne Ⅳ ｆｕｌｌ é',
  'the</s>river <pad> <unk> ships',
  '☃☃ snow 😀',
  '▁the ▁ river',
  '<s>the',
];

describe("Marian's tokenizer, from the files that it alone has", () => {
  const folders: string[] = [];
  let written: string | undefined;
  after(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true }))));

  for (const [generation, transformers] of [
    ['old', 4],
    ['new', 5],
  ] as const) {
    it(`ids and texts are those of transformers ${transformers}`, async () => {
      const folder = await mkdtemp(path.join(tmpdir(), 'marian-'));
      folders.push(folder);
      const kinds = [
        ['one', {}],
        ['two', {}],
        ['one', { normalization_rule_name: 'identity' }],
        ['one', { user_defined_symbols: ['ship', '3.'] }],
      ];
      const answers = await runPython<Answer[]>(generation, script, { folder, kinds, texts });
      if (generation === 'old') written = answers[0]!.folder;
      for (const answer of answers) {
        const tokenizer = await Tokenizer.load(answer.folder, transformers);
        const alike = (ask: (text: string) => number[], wanted: number[][]): void => {
          for (const [i, text] of answer.texts.entries()) assert.deepEqual(ask(text), wanted[i], text);
        };
        alike((text) => tokenizer.encode(text), answer.ids);
        alike((text) => tokenizer.encode(text, { truncation: true, maxLength: 9 }), answer.cut);
        alike((text) => tokenizer.encode(text, { pair: 'the ship' }), answer.pairs);
        const decoded = answer.outputs.map((ids) => tokenizer.decode(ids, { skipSpecialTokens: true }));
        assert.deepEqual(decoded, answer.decoded);
      }
    });
  }

  it('a translator that MLflow saved with them answers as mlflow.pyfunc', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'marian-'));
    folders.push(folder);
    const saved = path.join(folder, 'translator');
    const wanted = await runPython<unknown[]>('old', translator, [written, saved]);
    const engine = new InferenceEngine();
    const { handle } = await engine.load({ modelPath: saved, modelUri: saved, device: 'cpu', precision: 'fp32' });
    const asked = ['the river', '>>fra<< the quick ships of the river.', ['häuser', '>>deu_Latn<< groß']];
    for (const [i, data] of asked.entries()) {
      assert.deepEqual((await engine.predict({ handle, data })).predictions, wanted[i]);
    }
    await engine.unload({ handle });
  });
});
